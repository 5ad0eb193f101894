//! The thread that writes the access log.
//!
//! It outlives every error: what cannot be written is counted and said once a minute on standard error, and the next
//! lines are tried again. A closed pipe is such an error (the process ignores SIGPIPE, as every Rust program does).
//!
//! A log file that was renamed or removed is left behind for a new one within a second, also when nobody says so; one
//! that has grown too large is nobody's business here.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, never, select_biased, tick};
use supplex_engine::config::LogTarget;
use supplex_engine::stats::Counter;

use super::Order;

/// How often a failing log is mentioned.
const MENTION_EVERY: Duration = Duration::from_secs(60);
/// How long a target that cannot take more now (a non-blocking terminal or pipe) is given before its lines are lost.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often it is looked whether the file still has its name.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The state of the thread.
pub(super) struct Writer {
    lines: Receiver<Vec<u8>>,
    orders: Receiver<Order>,
    returns: Sender<Vec<u8>>,
    failures: Arc<Counter>,
    target: Option<LogTarget>,
    output: Option<File>,
    /// Says when to look whether the file still has its name; never without a file.
    looks: Receiver<Instant>,
    mentioned: Option<Instant>,
}

impl Writer {
    pub(super) fn new(
        lines: Receiver<Vec<u8>>,
        orders: Receiver<Order>,
        returns: Sender<Vec<u8>>,
        failures: Arc<Counter>,
    ) -> Self {
        Self { lines, orders, returns, failures, target: None, output: None, looks: never(), mentioned: None }
    }

    /// Writes until told to end, or until nobody is left to write for.
    pub(super) fn run(mut self) {
        loop {
            select_biased! {
                recv(self.orders) -> order => match order {
                    Ok(Order::Target(target)) => self.retarget(target),
                    Ok(Order::Reopen) => self.reopen(),
                    Ok(Order::End(done)) => return self.finish(&done),
                    Err(_) => return self.write_queued(),
                },
                recv(self.looks) -> _ => self.look(),
                recv(self.lines) -> lines => {
                    let Ok(lines) = lines else { return };
                    // An order that was given before the lines were handed over counts for them.
                    let end = self.obey();
                    self.write(lines);
                    if let Some(done) = end {
                        return self.finish(&done);
                    }
                },
            }
        }
    }

    /// Follows the orders at hand, up to the one to end.
    fn obey(&mut self) -> Option<Sender<()>> {
        loop {
            match self.orders.try_recv().ok()? {
                Order::Target(target) => self.retarget(target),
                Order::Reopen => self.reopen(),
                Order::End(done) => return Some(done),
            }
        }
    }

    fn finish(&mut self, done: &Sender<()>) {
        self.write_queued();
        // Nobody waits any more when the end took too long.
        let _ = done.send(());
    }

    fn write_queued(&mut self) {
        while let Ok(lines) = self.lines.try_recv() {
            self.write(lines);
        }
    }

    fn retarget(&mut self, target: Option<LogTarget>) {
        self.looks = match &target {
            Some(LogTarget::File(_)) => tick(LOOK_EVERY),
            Some(LogTarget::Stdout) | None => never(),
        };
        self.target = target;
        self.output = None;
        self.reopen();
    }

    /// Opens the target. What is open stays so when it cannot be opened anew: its lines are better there than lost.
    fn reopen(&mut self) {
        let Some(target) = &self.target else { return };
        let opened = match target {
            LogTarget::Stdout => io::stdout().as_fd().try_clone_to_owned().map(File::from),
            LogTarget::File(path) => OpenOptions::new().append(true).create(true).open(path),
        };
        match opened {
            Ok(file) => self.output = Some(file),
            Err(error) => self.fail(&error),
        }
    }

    /// Goes on in a new file if the one that is open was renamed or removed, or another one put in its place.
    fn look(&mut self) {
        if let (Some(LogTarget::File(path)), Some(output)) = (&self.target, &self.output)
            && has_lost_its_name(output, path)
        {
            self.reopen();
        }
    }

    fn write(&mut self, lines: Vec<u8>) {
        if self.output.is_none() {
            self.reopen();
        }
        if let Some(output) = &self.output
            && let Err(error) = write_all(output, &lines)
        {
            self.fail(&error);
            if matches!(self.target, Some(LogTarget::File(_))) {
                // The disk may have been mounted anew; standard output has nothing to open again.
                self.output = None;
            }
        }
        // With enough spare buffers around, this one is freed.
        let _ = self.returns.try_send(lines);
    }

    fn fail(&mut self, error: &io::Error) {
        self.failures.increment();
        if self.mentioned.is_none_or(|at| at.elapsed() >= MENTION_EVERY) {
            self.mentioned = Some(Instant::now());
            let place = match &self.target {
                Some(LogTarget::File(path)) => path.display().to_string(),
                _ => "standard output".to_owned(),
            };
            tracing::error!("the access log cannot be written to {place}: {error} ({} so far)", self.failures.get());
        }
    }
}

/// Whether `path` names another file by now, or none.
fn has_lost_its_name(file: &File, path: &Path) -> bool {
    let identity = |found: fs::Metadata| (found.dev(), found.ino());
    match (file.metadata(), fs::metadata(path)) {
        (Ok(open), Ok(named)) => identity(open) != identity(named),
        (Ok(_), Err(error)) => error.kind() == io::ErrorKind::NotFound,
        (Err(_), _) => false,
    }
}

fn write_all(mut output: &File, mut bytes: &[u8]) -> io::Result<()> {
    let mut waited = Duration::ZERO;
    while !bytes.is_empty() {
        match output.write(bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock && waited < PATIENCE => {
                let pause = Duration::from_millis(5);
                std::thread::sleep(pause);
                waited += pause;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_pipe_is_an_error_and_no_death() {
        let (reader, writer) = io::pipe().expect("a pipe");
        drop(reader);
        let error = write_all(&File::from(std::os::fd::OwnedFd::from(writer)), b"line\n").expect_err("closed");
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    }
}
