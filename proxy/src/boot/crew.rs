//! The workers as threads: how they are started, and how their end is noticed.
//!
//! A worker that ends while nobody asked for it ends the process: it had a share of the connections, and a supervisor
//! that starts everything anew is better than a gateway that serves most of the time.

use std::any::Any;
use std::io;
use std::os::fd::OwnedFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::access_log::LogSender;
use crate::link::limits::QuestionSender;
use crate::link::spans::SpanSender;
use crate::link::{Mailbox, Messages};
use crate::ring;
use crate::sidecar::Member;
use crate::worker::{self, Start};

/// That a worker's thread ended, and how.
#[derive(Debug)]
pub(crate) struct Ended {
    /// Its number.
    pub(crate) worker: usize,
    /// `None` after a drain; otherwise why.
    pub(crate) failure: Option<String>,
}

/// The receiving end of a mailbox, for the worker to come.
pub(crate) type Inbox = (OwnedFd, Messages);

/// Makes the workers' mailboxes and blocks. Nobody runs yet, so that each can be left its configuration first.
///
/// # Errors
/// When the system has no descriptor left.
pub(crate) fn assemble(cpus: &[usize]) -> io::Result<(Vec<Member>, Vec<Inbox>)> {
    let mut crew = Vec::with_capacity(cpus.len());
    let mut inboxes = Vec::with_capacity(cpus.len());
    for &cpu in cpus {
        let (own, bell) = ring::eventfd()?;
        let (mailbox, messages) = Mailbox::new(bell);
        crew.push(Member { mailbox, block: Arc::default(), cpu });
        inboxes.push((own, messages));
    }
    Ok((crew, inboxes))
}

/// Starts the threads. Each tells its end on the channel.
///
/// # Errors
/// When the system has no thread left.
pub(crate) fn start(
    crew: &[Member],
    inboxes: Vec<Inbox>,
    log: &LogSender,
    questions: &QuestionSender,
    spans: &SpanSender,
) -> io::Result<UnboundedReceiver<Ended>> {
    let (sender, ends) = unbounded_channel();
    for (index, ((bell, messages), member)) in inboxes.into_iter().zip(crew).enumerate() {
        let start = Start {
            index,
            cpu: member.cpu,
            bell,
            messages,
            peers: crew.iter().map(|member| member.mailbox.clone()).collect(),
            blocks: crew.iter().map(|member| Arc::clone(&member.block)).collect(),
            log: log.clone(),
            questions: questions.clone(),
            spans: spans.clone(),
        };
        let sender = sender.clone();
        std::thread::Builder::new()
            .name(format!("worker-{index}"))
            .spawn(move || watch(index, &sender, || worker::run(start)))?;
    }
    Ok(ends)
}

/// Runs a worker and tells how it ended.
fn watch(worker: usize, ends: &UnboundedSender<Ended>, run: impl FnOnce() -> io::Result<()>) {
    let failure = match catch_unwind(AssertUnwindSafe(run)) {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(error.to_string()),
        Err(panic) => Some(format!("it panicked: {}", panic_message(&*panic))),
    };
    // When nobody listens the process is ending anyway.
    let _ = ends.send(Ended { worker, failure });
}

fn panic_message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::Message;

    fn end_of(run: impl FnOnce() -> io::Result<()>) -> Ended {
        let (sender, mut ends) = unbounded_channel();
        watch(3, &sender, run);
        ends.try_recv().expect("an end")
    }

    #[test]
    fn every_way_to_end_is_told() {
        assert_eq!(end_of(|| Ok(())).failure, None);
        let refused = end_of(|| Err(io::Error::other("no ring")));
        assert_eq!((refused.worker, refused.failure.as_deref()), (3, Some("no ring")));
        let panicked = end_of(|| panic!("at the {}", "disco"));
        assert_eq!(panicked.failure.as_deref(), Some("it panicked: at the disco"));
    }

    #[test]
    fn assembled_mailboxes_hold_messages_before_anybody_runs() {
        let (crew, inboxes) = assemble(&[5, 7]).expect("descriptors");
        assert_eq!(crew.iter().map(|member| member.cpu).collect::<Vec<_>>(), [5, 7]);
        crew[1].mailbox.post(Message::Drain(std::time::Duration::ZERO)).expect("room");
        assert!(inboxes[0].1.is_empty());
        assert!(matches!(inboxes[1].1.take().next(), Some(Message::Drain(_))));
    }
}
