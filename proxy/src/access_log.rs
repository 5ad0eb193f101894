//! The access log: a thread of its own that writes what the workers hand it.
//!
//! A worker collects finished JSON lines in a buffer and hands the whole buffer over about every tick; when the writer is
//! behind, the worker drops the buffer and counts its lines. The writer never holds up a worker.

use crossbeam_channel::{Receiver, Sender, TryRecvError, TrySendError, bounded};
use supplex_engine::config::AccessLog;

/// Buffers on their way to the writer at most.
const BUFFERS_MOST: usize = 256;

/// What the writer is told.
#[derive(Debug)]
pub enum Entry {
    /// Whole lines, each with its newline.
    Lines(Vec<u8>),
    /// Write there from now on; `None` discards.
    Target(Option<AccessLog>),
    /// Write out what is there and end.
    End,
}

/// A worker's way to the writer.
#[derive(Clone, Debug)]
pub struct LogSender {
    entries: Sender<Entry>,
    /// Written buffers come back, so that the hot path need not allocate.
    spare: Receiver<Vec<u8>>,
}

impl LogSender {
    /// Hands lines over. Never blocks.
    ///
    /// # Errors
    /// The lines, when the writer is behind or has ended.
    pub fn try_send(&self, lines: Vec<u8>) -> Result<(), Vec<u8>> {
        self.entries.try_send(Entry::Lines(lines)).map_err(|error| match error {
            TrySendError::Full(Entry::Lines(lines)) | TrySendError::Disconnected(Entry::Lines(lines)) => lines,
            _ => Vec::new(),
        })
    }

    /// An empty buffer, one that was written before if there is any.
    #[must_use]
    pub fn spare(&self) -> Vec<u8> {
        match self.spare.try_recv() {
            Ok(mut buffer) => {
                buffer.clear();
                buffer
            }
            Err(TryRecvError::Empty | TryRecvError::Disconnected) => Vec::new(),
        }
    }
}
