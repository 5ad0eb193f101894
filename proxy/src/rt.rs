//! The executor: glommio, and the only file that names it.
//!
//! It pins a thread and schedules tasks; sockets, timers and sleep belong to the ring. Two rules keep it honest
//! (`runtime-notes/` has the story): it must never park, so the main future is the ring's driver and is always runnable;
//! and nothing on a worker may be woken from another thread, except through a doorbell of the ring.

use std::future::{Future, poll_fn};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use crate::ring::Ring;

/// Longer than a process lives: when this timer fires, the executor looks at its own rings and may park.
const NEVER: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

/// Runs `main` on the calling thread, pinned to `cpu`, until it ends. Tasks that still run then are leaked, so the
/// process should exit soon after.
///
/// # Errors
/// When the executor cannot be made: no io_uring, or the CPU is not ours.
pub(crate) fn run<F: Future>(cpu: usize, main: F) -> io::Result<F::Output> {
    let executor = glommio::LocalExecutorBuilder::new(glommio::Placement::Fixed(cpu))
        .io_memory(0)
        .ring_depth(8)
        .preempt_timer(NEVER)
        .make()
        .map_err(|error| io::Error::other(error.to_string()))?;
    Ok(executor.run(main))
}

/// Starts a task on the calling worker. A panic ends the task alone; `on_panic` is told.
pub(crate) fn spawn(ring: &Rc<Ring>, task: impl Future<Output = ()> + 'static, on_panic: impl FnOnce() + 'static) {
    ring.note_local_wake();
    let mut task = Box::pin(task);
    let mut on_panic = Some(on_panic);
    let guarded = poll_fn(move |cx| match catch_unwind(AssertUnwindSafe(|| task.as_mut().poll(cx))) {
        Ok(poll) => poll,
        Err(_) => {
            if let Some(tell) = on_panic.take() {
                tell();
            }
            Poll::Ready(())
        }
    });
    glommio::spawn_local(guarded).detach();
}

/// Lets every other runnable task run once.
pub(crate) async fn yield_now() {
    let mut yielded = false;
    poll_fn(|cx| {
        if yielded {
            return Poll::Ready(());
        }
        yielded = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
