//! The lines of a worker that the writer does not have yet.

use std::cell::RefCell;

use supplex_engine::config::LogFormat;

use super::line::Line;
use super::{combined, json};
use crate::access_log::LogSender;

/// Lines are handed over when they fill this many bytes, and at every tick.
const HAND_OVER_AT: usize = 32 * 1024;

/// The lines of this worker that have not been handed over.
pub(in crate::worker) struct LogBuffer {
    lines: RefCell<Vec<u8>>,
    sender: LogSender,
}

impl LogBuffer {
    pub(in crate::worker) fn new(sender: LogSender) -> Self {
        Self { lines: RefCell::default(), sender }
    }

    /// Adds a line. Returns how many lines were dropped, because the writer is behind.
    pub(super) fn write(&self, format: &LogFormat, line: &Line<'_>) -> u64 {
        let mut lines = self.lines.borrow_mut();
        match format {
            LogFormat::Json(fields) => json::write(&mut lines, fields, line),
            LogFormat::Combined => combined::write(&mut lines, line),
        }
        let full = lines.len() >= HAND_OVER_AT;
        drop(lines);
        if full { self.hand_over() } else { 0 }
    }

    /// Gives what there is to the writer. Returns how many lines were dropped.
    pub(in crate::worker) fn hand_over(&self) -> u64 {
        let mut lines = self.lines.borrow_mut();
        if lines.is_empty() {
            return 0;
        }
        let full = std::mem::replace(&mut *lines, self.sender.spare());
        match self.sender.try_send(full) {
            Ok(()) => 0,
            Err(mut dropped) => {
                let count = memchr::memchr_iter(b'\n', &dropped).count() as u64;
                dropped.clear();
                *lines = dropped;
                count
            }
        }
    }
}
