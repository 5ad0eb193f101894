//! The access log: a thread of its own that writes what the workers hand it.
//!
//! A worker collects finished JSON lines in a buffer and hands the whole buffer over about every tick; when the writer is
//! behind, the worker drops the buffer and counts its lines. The writer never holds up a worker. Where to read on:
//! `access_log/writer.rs` for the thread.

mod writer;

use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, TryRecvError, TrySendError, bounded, unbounded};
use supplex_engine::config::LogTarget;
use supplex_engine::stats::Counter;

/// Buffers on their way to the writer at most.
const BUFFERS_MOST: usize = 256;

/// A worker's way to the writer.
#[derive(Clone, Debug)]
pub(crate) struct LogSender {
    lines: Sender<Vec<u8>>,
    /// Written buffers come back, so that the hot path need not allocate.
    spare: Receiver<Vec<u8>>,
}

impl LogSender {
    /// Hands whole lines over, each with its newline. Never blocks.
    ///
    /// # Errors
    /// The lines, when the writer is behind or has ended.
    pub(crate) fn try_send(&self, lines: Vec<u8>) -> Result<(), Vec<u8>> {
        self.lines.try_send(lines).map_err(|error| match error {
            TrySendError::Full(lines) | TrySendError::Disconnected(lines) => lines,
        })
    }

    /// An empty buffer, one that was written before if there is any.
    #[must_use]
    pub(crate) fn spare(&self) -> Vec<u8> {
        match self.spare.try_recv() {
            Ok(mut buffer) => {
                buffer.clear();
                buffer
            }
            Err(TryRecvError::Empty | TryRecvError::Disconnected) => Vec::new(),
        }
    }
}

/// What the writer is told beside lines.
#[derive(Debug)]
enum Order {
    /// Write there from now on; `None` discards. The same target is opened anew, as after a rotation.
    Target(Option<LogTarget>),
    /// Open the target anew.
    Reopen,
    /// Write out what is there, say so, and end.
    End(Sender<()>),
}

/// The sidecar's way to the writer. Not through the workers' queue, so that it gets through when that is full.
#[derive(Clone, Debug)]
pub(crate) struct LogControl {
    orders: Sender<Order>,
    failures: Arc<Counter>,
}

impl LogControl {
    /// Has the log written there from now on; `None` discards it. A file is opened anew even if it is the same, so that a
    /// rotated log continues in a new file.
    pub(crate) fn retarget(&self, target: Option<LogTarget>) {
        // Fails only when the writer has ended, and then there is nothing to write.
        let _ = self.orders.send(Order::Target(target));
    }

    /// Has the log's file opened anew, because it was rotated.
    pub(crate) fn reopen(&self) {
        let _ = self.orders.send(Order::Reopen);
    }

    /// Waits until everything handed over so far is written, but not longer than `most`. Ends the writer.
    pub(crate) fn end(&self, most: Duration) {
        let (done, wait) = bounded(1);
        if self.orders.send(Order::End(done)).is_ok() {
            let _ = wait.recv_timeout(most);
        }
    }

    /// Writes that failed, each with the lines it held.
    #[must_use]
    pub(crate) fn failures(&self) -> u64 {
        self.failures.get()
    }
}

/// Starts the writer, which discards until it is told where to write.
///
/// # Errors
/// When the system has no thread left.
pub(crate) fn start() -> std::io::Result<(LogSender, LogControl)> {
    let (lines, receiver) = bounded(BUFFERS_MOST);
    let (returns, spare) = bounded(BUFFERS_MOST);
    let (orders, orders_in) = unbounded();
    let failures = Arc::new(Counter::default());
    let writer = writer::Writer::new(receiver, orders_in, returns, Arc::clone(&failures));
    std::thread::Builder::new().name("access-log".into()).spawn(move || writer.run())?;
    Ok((LogSender { lines, spare }, LogControl { orders, failures }))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    fn file(path: &Path) -> Option<LogTarget> {
        Some(LogTarget::File(path.to_path_buf()))
    }

    fn wait_for_text(path: &Path, text: &str) {
        while fs::read_to_string(path).unwrap_or_default() != text {
            std::thread::yield_now();
        }
    }

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn lines_are_appended_to_a_file_and_all_of_them_before_the_end() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("logs/access.log");
        fs::create_dir_all(folder.path().join("logs")).expect("a folder");
        fs::write(&path, "before\n").expect("written");
        let (sender, control) = start().expect("a writer");
        control.retarget(file(&path));
        for line in 0..100 {
            let mut lines = sender.spare();
            lines.extend_from_slice(format!("{line}\n").as_bytes());
            sender.try_send(lines).expect("room");
        }
        control.end(LONG);
        let text = fs::read_to_string(&path).expect("a log");
        let expected: String = std::iter::once("before\n".into()).chain((0..100).map(|n| format!("{n}\n"))).collect();
        assert_eq!(text, expected);
        assert_eq!(control.failures(), 0);
        assert!(sender.try_send(b"late\n".to_vec()).is_err(), "the writer has ended");
    }

    #[test]
    fn written_buffers_come_back_empty_with_their_memory() {
        let (sender, control) = start().expect("a writer");
        let mut lines = Vec::with_capacity(4096);
        lines.extend_from_slice(b"one\n");
        sender.try_send(lines).expect("room");
        control.end(LONG);
        let spare = sender.spare();
        assert!(spare.is_empty() && spare.capacity() >= 4096);
        assert_eq!(sender.spare().capacity(), 0, "there is only the one");
    }

    #[test]
    fn the_same_target_again_opens_a_new_file_after_a_rotation() {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, old) = (folder.path().join("access.log"), folder.path().join("access.log.1"));
        let (sender, control) = start().expect("a writer");
        control.retarget(file(&path));
        sender.try_send(b"first\n".to_vec()).expect("room");
        wait_for_text(&path, "first\n");
        fs::rename(&path, &old).expect("renamed");
        control.retarget(file(&path));
        sender.try_send(b"second\n".to_vec()).expect("room");
        control.end(LONG);
        assert_eq!(fs::read_to_string(&old).expect("the old log"), "first\n");
        assert_eq!(fs::read_to_string(&path).expect("the new log"), "second\n");
    }

    #[test]
    fn a_file_that_was_renamed_or_removed_is_left_without_being_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, old) = (folder.path().join("access.log"), folder.path().join("access.log.1"));
        let (sender, control) = start().expect("a writer");
        control.retarget(file(&path));
        sender.try_send(b"first\n".to_vec()).expect("room");
        wait_for_text(&path, "first\n");
        fs::rename(&path, &old).expect("renamed");
        while !path.exists() {
            std::thread::yield_now();
        }
        sender.try_send(b"second\n".to_vec()).expect("room");
        wait_for_text(&path, "second\n");
        fs::remove_file(&path).expect("removed");
        fs::write(&path, "of somebody else\n").expect("written");
        while fs::read_to_string(&path).expect("a log").lines().count() < 2 {
            sender.try_send(b"third\n".to_vec()).expect("room");
            std::thread::sleep(Duration::from_millis(10));
        }
        control.end(LONG);
        assert_eq!(fs::read_to_string(&old).expect("the old log"), "first\n");
        assert!(fs::read_to_string(&path).expect("a log").starts_with("of somebody else\nthird\n"));
        assert_eq!(control.failures(), 0);
    }

    #[test]
    fn a_log_that_cannot_be_opened_anew_goes_on_in_the_old_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let inside = folder.path().join("logs");
        let path = inside.join("access.log");
        fs::create_dir(&inside).expect("a folder");
        let (sender, control) = start().expect("a writer");
        control.retarget(file(&path));
        sender.try_send(b"first\n".to_vec()).expect("room");
        wait_for_text(&path, "first\n");
        let moved = folder.path().join("moved");
        fs::rename(&inside, &moved).expect("renamed");
        control.reopen();
        while control.failures() == 0 {
            std::thread::yield_now();
        }
        sender.try_send(b"second\n".to_vec()).expect("room");
        control.end(LONG);
        assert_eq!(fs::read_to_string(moved.join("access.log")).expect("the log"), "first\nsecond\n");
    }

    #[test]
    fn a_target_that_cannot_be_written_is_counted_and_survived() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("access.log");
        let (sender, control) = start().expect("a writer");
        control.retarget(file(&folder.path().join("missing/access.log")));
        sender.try_send(b"lost\n".to_vec()).expect("room");
        while control.failures() < 2 {
            std::thread::yield_now();
        }
        control.retarget(file(&path));
        sender.try_send(b"kept\n".to_vec()).expect("room");
        control.end(LONG);
        assert_eq!(fs::read_to_string(&path).expect("a log"), "kept\n");
    }
}
