//! The loop of a worker, and how it sleeps.
//!
//! One task, the driver, makes a pass over the ring each time it is polled and stays runnable for ever, so that the
//! executor never parks by itself. It sleeps in the ring, and only when nobody else can run: the executor's queue is
//! first in, first out, so every task that was woken before the driver's last pass has been polled since, and a task
//! woken after it was woken by this pass (counted by `reap`) or by another task (counted by
//! [`Ring::note_local_wake`]). If neither happened, the driver is alone.
//!
//! A sleep is bounded by the tick. Should a wake ever come by a way that is not counted, it costs one tick of delay and
//! not a hang.

use std::io;
use std::rc::Rc;

use io_uring::types::{SubmitArgs, Timespec};

use super::Ring;

/// `IORING_ENTER_GETEVENTS`.
const GETEVENTS: u32 = 1;

/// What one pass did.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Pass {
    /// Nanoseconds slept.
    pub slept: u64,
}

impl Ring {
    /// Remembers how many local wakes there were, for [`Ring::pass`].
    pub(crate) fn local_wakes(&self) -> u64 {
        self.local_wakes.get()
    }

    /// One pass: hands queued operations to the kernel, takes completions and wakes their tasks. Sleeps until the next
    /// completion, at most `patience` nanoseconds, if no task can be runnable: nothing was woken here, nor locally since
    /// the count `seen`.
    ///
    /// # Errors
    /// When the kernel refuses the ring altogether; the worker cannot go on.
    pub(crate) fn pass(self: &Rc<Self>, seen: u64, patience: u64) -> io::Result<Pass> {
        self.enter()?;
        let mut woken = self.reap();
        let mut pass = Pass::default();
        let idle = woken == 0 && self.local_wakes.get() == seen && self.inner.borrow().backlog.is_empty();
        if idle && patience > 0 {
            let before = self.precise_now();
            self.sleep(patience)?;
            let after = self.precise_now();
            self.clock.set(after);
            pass.slept = after - before;
            woken += self.reap();
        } else {
            self.clock.set(self.precise_now());
        }
        let _ = woken;
        Ok(pass)
    }

    /// Submits, and lets the kernel run its deferred work; never blocks.
    fn enter(&self) -> io::Result<()> {
        let inner = &mut *self.inner.borrow_mut();
        inner.flush_backlog();
        let (queued, work) = {
            let submission = inner.uring.submission();
            (submission.len() as u32, submission.taskrun() || submission.cq_overflow())
        };
        if queued == 0 && !work {
            return Ok(());
        }
        // SAFETY: no signal mask is passed; the entries were checked when they were pushed.
        let result = unsafe { inner.uring.submitter().enter::<libc::sigset_t>(queued, 0, GETEVENTS, None) };
        result.map(|_| ()).or_else(tolerate)
    }

    fn sleep(&self, patience: u64) -> io::Result<()> {
        let inner = &mut *self.inner.borrow_mut();
        let timeout = Timespec::new().sec(patience / 1_000_000_000).nsec((patience % 1_000_000_000) as u32);
        let arguments = SubmitArgs::new().timespec(&timeout);
        inner.uring.submitter().submit_with_args(1, &arguments).map(|_| ()).or_else(tolerate)
    }
}

/// A full completion queue, a signal or an ended sleep is no failure: the next pass goes on.
fn tolerate(error: io::Error) -> io::Result<()> {
    match error.raw_os_error() {
        Some(libc::ETIME | libc::EINTR | libc::EBUSY | libc::EAGAIN) => Ok(()),
        _ => Err(error),
    }
}
