//! A worker: one pinned thread that serves its connections alone.
//!
//! It owns an executor, a ring, its listening sockets, upstream connections, balancers, timers and counters. It takes no
//! lock, shares no mutable memory and never waits for anybody but the kernel.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use crossbeam_channel::Receiver;
use supplex_engine::stats::WorkerBlock;

use crate::access_log::LogSender;
use crate::link::{Mailbox, Message};

/// What a worker is given when it starts. Its first message must be a [`Message::Configure`].
pub struct Start {
    /// Its number, from 0; the `worker` label of metrics.
    pub index: usize,
    /// The CPU it is pinned to.
    pub cpu: usize,
    /// The eventfd that is written to when a message was left.
    pub bell: OwnedFd,
    /// The messages.
    pub messages: Receiver<Message>,
    /// The mailboxes of all workers, its own included, by number.
    pub peers: Vec<Mailbox>,
    /// The blocks of all workers, its own included, by number.
    pub blocks: Vec<Arc<WorkerBlock>>,
    /// Where access log lines go.
    pub log: LogSender,
}

/// Serves until drained. To be called on a thread of its own; when it returns, the process should end soon.
///
/// # Errors
/// When the executor or the ring cannot be made or is refused by the kernel later.
pub fn run(_start: Start) -> io::Result<()> {
    Ok(())
}
