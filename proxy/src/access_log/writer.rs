//! The thread that writes the access log.
//!
//! It outlives every error: what cannot be written is counted and said once a minute on standard error, and the next
//! lines are tried again. A closed pipe is such an error (the process ignores SIGPIPE, as every Rust program does).

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, select_biased};
use supplex_engine::config::AccessLog;
use supplex_engine::stats::Counter;

use super::Order;

/// How often a failing log is mentioned.
const MENTION_EVERY: Duration = Duration::from_secs(60);
/// How long a target that cannot take more now (a non-blocking terminal or pipe) is given before its lines are lost.
const PATIENCE: Duration = Duration::from_secs(1);

/// The state of the thread.
pub(super) struct Writer {
    lines: Receiver<Vec<u8>>,
    orders: Receiver<Order>,
    returns: Sender<Vec<u8>>,
    failures: Arc<Counter>,
    target: Option<AccessLog>,
    output: Option<File>,
    mentioned: Option<Instant>,
}

impl Writer {
    pub(super) fn new(
        lines: Receiver<Vec<u8>>,
        orders: Receiver<Order>,
        returns: Sender<Vec<u8>>,
        failures: Arc<Counter>,
    ) -> Self {
        Self { lines, orders, returns, failures, target: None, output: None, mentioned: None }
    }

    /// Writes until told to end, or until nobody is left to write for.
    pub(super) fn run(mut self) {
        loop {
            select_biased! {
                recv(self.orders) -> order => match order {
                    Ok(Order::Target(target)) => self.retarget(target),
                    Ok(Order::End(done)) => return self.finish(&done),
                    Err(_) => return self.write_queued(),
                },
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

    fn retarget(&mut self, target: Option<AccessLog>) {
        self.target = target;
        self.output = None;
        self.open();
    }

    fn open(&mut self) {
        let Some(target) = &self.target else { return };
        let opened = match target {
            AccessLog::Stdout => io::stdout().as_fd().try_clone_to_owned().map(File::from),
            AccessLog::File(path) => OpenOptions::new().append(true).create(true).open(path),
        };
        match opened {
            Ok(file) => self.output = Some(file),
            Err(error) => self.fail(&error),
        }
    }

    fn write(&mut self, lines: Vec<u8>) {
        if self.target.is_some() && self.output.is_none() {
            self.open();
        }
        if let Some(output) = &self.output
            && let Err(error) = write_all(output, &lines)
        {
            self.fail(&error);
            if matches!(self.target, Some(AccessLog::File(_))) {
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
                Some(AccessLog::File(path)) => path.display().to_string(),
                _ => "standard output".to_owned(),
            };
            tracing::error!("the access log cannot be written to {place}: {error} ({} so far)", self.failures.get());
        }
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
