//! How a snapshot reaches the workers, and how they say that they run it.
//!
//! A message per worker, then a look at their blocks: nothing comes back through a queue, so a worker that is busy costs
//! only patience. Nothing here blocks the thread.

use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

use supplex_engine::config::{ListenerId, Snapshot};
use tokio::time::{Instant, sleep};

use super::Member;
use super::registry::Registry;
use crate::link::{Assignment, Message};

/// How long workers get to take a snapshot over. A worker looks into its mailbox at every turn of its loop.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(2);

/// The message for each worker. `sockets` are those of new listeners, by worker.
pub(crate) fn assignments(
    registry: &mut Registry,
    snapshot: &Arc<Snapshot>,
    sockets: Vec<Vec<(ListenerId, OwnedFd)>>,
) -> Vec<Message> {
    let mut sockets = sockets.into_iter();
    let assignment = |blocks| {
        let sockets = sockets.next().unwrap_or_default();
        Message::Configure(Box::new(Assignment { snapshot: Arc::clone(snapshot), blocks, sockets, keys: Vec::new() }))
    };
    registry.assign(snapshot).into_iter().map(assignment).collect()
}

/// Leaves each worker its message, and tries again while a mailbox is full. Gives up after [`PATIENCE`].
pub(crate) async fn deliver(crew: &[Member], messages: Vec<Message>) {
    let mut pending: Vec<_> = crew.iter().zip(messages).collect();
    let deadline = Instant::now() + PATIENCE;
    loop {
        pending = pending
            .into_iter()
            .filter_map(|(member, message)| Some((member, member.mailbox.post(message).err()?)))
            .collect();
        if pending.is_empty() || Instant::now() >= deadline {
            return;
        }
        sleep(PAUSE).await;
    }
}

/// The workers that do not run this snapshot.
#[must_use]
pub(crate) fn behind(crew: &[Member], generation: u64, resolution: u64) -> Vec<usize> {
    let runs =
        |member: &Member| (member.block.generation.get(), member.block.resolution.get()) == (generation, resolution);
    crew.iter().enumerate().filter(|(_, member)| !runs(member)).map(|(number, _)| number).collect()
}

/// Waits until every worker runs the snapshot.
///
/// # Errors
/// The workers that still did not after [`PATIENCE`].
pub(crate) async fn acknowledged(crew: &[Member], snapshot: &Snapshot) -> Result<(), Vec<usize>> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let behind = behind(crew, snapshot.generation, snapshot.resolution);
        if behind.is_empty() {
            return Ok(());
        }
        if Instant::now() >= deadline {
            return Err(behind);
        }
        sleep(PAUSE).await;
    }
}

/// Worker numbers for a message: `worker 1` or `workers 0, 2`.
#[must_use]
pub(crate) fn name_workers(numbers: &[usize]) -> String {
    let list = numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    format!("{} {list}", if numbers.len() == 1 { "worker" } else { "workers" })
}

#[cfg(test)]
mod tests {
    use super::super::sample::{block_on, crew, snapshot};
    use super::*;

    #[test]
    fn each_worker_gets_its_own_blocks_and_sockets_and_is_behind_until_it_says_so() {
        block_on(async {
            let (crew, mailboxes) = crew(2);
            let snapshot = Arc::new(snapshot(4, &["a"], &[]));
            let socket = || OwnedFd::from(std::net::TcpListener::bind("127.0.0.1:0").expect("a socket"));
            let sockets = (0..2).map(|_| vec![(ListenerId(0), socket())]).collect();
            let messages = assignments(&mut Registry::new(2), &snapshot, sockets);
            deliver(&crew, messages).await;
            for mailbox in &mailboxes {
                let Some(Message::Configure(assignment)) = mailbox.take().next() else { panic!("no assignment") };
                assert_eq!((assignment.snapshot.generation, assignment.sockets.len()), (4, 1));
            }
            assert_eq!(behind(&crew, 4, 0), [0, 1]);
            crew[1].block.generation.set(4);
            assert_eq!(behind(&crew, 4, 0), [0]);
            crew[0].block.generation.set(4);
            assert_eq!(acknowledged(&crew, &snapshot).await, Ok(()));
        });
    }

    #[test]
    fn a_full_mailbox_is_tried_again() {
        block_on(async {
            let (crew, mailboxes) = crew(1);
            while crew[0].mailbox.post(Message::Drain(Duration::ZERO)).is_ok() {}
            let snapshot = Arc::new(snapshot(1, &["a"], &[]));
            let messages = assignments(&mut Registry::new(1), &snapshot, Vec::new());
            let reader = async {
                tokio::task::yield_now().await;
                mailboxes[0].take().find(|message| matches!(message, Message::Configure(_))).is_none()
            };
            let ((), was_full) = tokio::join!(deliver(&crew, messages), reader);
            assert!(was_full);
            assert!(matches!(mailboxes[0].take().next(), Some(Message::Configure(_))));
        });
    }

    #[test]
    fn workers_are_named_in_plain_words() {
        assert_eq!(name_workers(&[1]), "worker 1");
        assert_eq!(name_workers(&[0, 2]), "workers 0, 2");
    }
}
