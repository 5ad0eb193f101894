//! Processes that outlive the runner: started, recognised again, and stopped.
//!
//! A number alone does not name a process: numbers are used again. An [`Identity`] also has the start time and the boot,
//! and signals go through a pidfd that was opened before these were compared, so a stranger is never signalled.

use std::fs::{File, OpenOptions};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::account::Account;

/// One process, and no other that may get its number later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The process id.
    pub pid: u32,
    /// When it started, in clock ticks since the boot: field 22 of `/proc/PID/stat`.
    pub started: u64,
    /// Which boot that was.
    pub boot: String,
}

/// A live process that was checked to be the one that was meant.
#[derive(Debug)]
pub struct Handle(OwnedFd);

/// How a process is asked to stop, and how long it may take.
#[derive(Clone, Copy, Debug)]
pub struct Stop {
    /// The polite signal.
    pub signal: Signal,
    /// After this long comes SIGKILL.
    pub grace: Duration,
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// It was not there any more.
    Gone,
    /// It went when asked.
    Politely,
    /// It had to be killed.
    Killed,
}

impl Identity {
    /// The identity of the process that has this number now.
    ///
    /// # Errors
    /// When there is none.
    pub fn of(pid: u32) -> Result<Self, Error> {
        let started = start_time(pid);
        let started = started.ok_or_else(|| Error::State(format!("process {pid} ended at once")))?;
        Ok(Self { pid, started, boot: boot() })
    }

    /// A handle to the process, if it still lives.
    #[must_use]
    pub fn open(&self) -> Option<Handle> {
        let pid = i32::try_from(self.pid).ok().and_then(Pid::from_raw)?;
        let handle = Handle(pidfd_open(pid, PidfdFlags::empty()).ok()?);
        // In this order: the handle holds on to whatever has the number, and only then that is compared.
        let same = start_time(self.pid) == Some(self.started) && boot() == self.boot;
        (same && !handle.ended_within(Duration::ZERO)).then_some(handle)
    }

    /// Whether the process lives. One that ended and was not collected yet does not.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        self.open().is_some()
    }

    /// Sends a signal, and waits for nothing. Says whether the process was there to get it.
    ///
    /// # Errors
    /// When we may not signal it.
    pub fn signal(&self, signal: Signal) -> Result<bool, Error> {
        let Some(handle) = self.open() else { return Ok(false) };
        handle.signal(signal, self.pid).map(|()| true)
    }

    /// Stops the process and waits until it is gone.
    ///
    /// # Errors
    /// When we may not signal it, or even SIGKILL does not end it.
    pub fn stop(&self, stop: Stop) -> Result<Stopped, Error> {
        let Some(handle) = self.open() else { return Ok(Stopped::Gone) };
        handle.signal(stop.signal, self.pid)?;
        if handle.ended_within(stop.grace) {
            return Ok(Stopped::Politely);
        }
        handle.signal(Signal::KILL, self.pid)?;
        if handle.ended_within(Duration::from_secs(10)) {
            return Ok(Stopped::Killed);
        }
        Err(Error::State(format!("process {} does not end, not even by SIGKILL", self.pid)))
    }
}

impl Handle {
    fn signal(&self, signal: Signal, pid: u32) -> Result<(), Error> {
        match pidfd_send_signal(&self.0, signal) {
            // It ended in the meantime.
            Err(rustix::io::Errno::SRCH) => Ok(()),
            other => other.map_err(|error| Error::Io { doing: format!("signal process {pid}"), error: error.into() }),
        }
    }

    /// Waits until the process has ended, at most for `limit`. Says whether it has.
    #[must_use]
    pub fn ended_within(&self, limit: Duration) -> bool {
        let deadline = std::time::Instant::now() + limit;
        loop {
            let left = deadline.saturating_duration_since(std::time::Instant::now());
            let timeout = Timespec::try_from(left).ok();
            match poll(&mut [PollFd::new(&self.0, PollFlags::IN)], timeout.as_ref()) {
                Err(rustix::io::Errno::INTR) => {}
                outcome => return outcome.is_ok_and(|ready| ready > 0),
            }
        }
    }
}

fn start_time(pid: u32) -> Option<u64> {
    start_time_in(&std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// The name of a program stands in parentheses and may itself contain spaces and parentheses.
fn start_time_in(stat: &str) -> Option<u64> {
    let (_, after_name) = stat.rsplit_once(')')?;
    after_name.split_ascii_whitespace().nth(19)?.parse().ok()
}

fn boot() -> String {
    std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default().trim().to_owned()
}

/// What to start.
#[derive(Debug)]
pub struct Program {
    /// The program.
    pub path: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// Variables beside our own.
    pub environment: Vec<(&'static str, String)>,
    /// Under which account; `None` for ours.
    pub account: Option<Account>,
    /// In which folder; the account must be able to enter it.
    pub folder: PathBuf,
}

impl Program {
    /// The command, through `wrapper` if there is one.
    pub(crate) fn command(&self, wrapper: &[&str]) -> Command {
        let mut words = wrapper.iter().map(PathBuf::from).chain([self.path.clone()]);
        let mut command = Command::new(words.next().unwrap_or_default());
        command.args(words).args(&self.arguments).current_dir(&self.folder);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        if let Some(account) = self.account {
            account.apply(&mut command);
        }
        command
    }

    /// Starts the program in a session of its own, so that neither the end of the terminal nor Ctrl-C reaches it. What it
    /// writes is appended to `log`.
    ///
    /// # Errors
    /// When the log cannot be opened or the program not started.
    pub fn start_detached(&self, log: &Path) -> Result<Identity, Error> {
        let log_file = append(log)?;
        let same_file = log_file.try_clone().map_err(Error::path("open", log))?;
        // `setsid` becomes the program, so the number of the one is the number of the other.
        let mut command = self.command(&["setsid"]);
        command.stdin(Stdio::null()).stdout(log_file).stderr(same_file);
        let child = command.spawn().map_err(Error::path("start", &self.path))?;
        Identity::of(child.id())
    }
}

fn append(log: &Path) -> Result<File, Error> {
    OpenOptions::new().create(true).append(true).open(log).map_err(Error::path("open", log))
}

/// The last lines of a log.
#[must_use]
pub fn tail(log: &Path) -> String {
    const LINES: usize = 20;
    let text = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    let last = &lines[lines.len().saturating_sub(LINES)..];
    last.iter().map(|line| format!("  | {line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const STOP: Stop = Stop { signal: Signal::TERM, grace: Duration::from_secs(60) };

    fn shell(script: &str, folder: &Path) -> Identity {
        let arguments = vec!["-c".to_owned(), script.to_owned()];
        let folder = folder.to_owned();
        let program = Program { path: "/bin/sh".into(), arguments, environment: vec![], account: None, folder };
        program.start_detached(&program.folder.join("log")).expect("starts")
    }

    #[test]
    fn a_process_is_recognised_and_stopped() {
        let folder = tempfile::tempdir().expect("a folder");
        let process = shell("exec sleep 1000", folder.path());
        assert!(process.is_alive());
        assert_eq!(process.stop(STOP).expect("stops"), Stopped::Politely);
        assert!(!process.is_alive(), "what ended and was not collected does not live");
        assert_eq!(process.stop(STOP).expect("is gone"), Stopped::Gone);
    }

    #[test]
    fn a_process_that_does_not_listen_is_killed() {
        let folder = tempfile::tempdir().expect("a folder");
        let process = shell("trap '' TERM; echo deaf; while :; do sleep 1000; done", folder.path());
        // Only after it said so is it deaf.
        while !std::fs::read_to_string(folder.path().join("log")).is_ok_and(|log| log.contains("deaf")) {
            std::thread::yield_now();
        }
        let stop = Stop { grace: Duration::from_millis(50), ..STOP };
        assert_eq!(process.stop(stop).expect("is killed"), Stopped::Killed);
    }

    #[test]
    fn a_stranger_with_the_same_number_is_left_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let process = shell("exec sleep 1000", folder.path());
        let earlier = Identity { started: process.started - 1, ..process.clone() };
        let other_boot = Identity { boot: "another".into(), ..process.clone() };
        for stranger in [earlier, other_boot] {
            assert_eq!(stranger.stop(STOP).expect("does nothing"), Stopped::Gone);
        }
        assert!(process.is_alive());
        process.stop(STOP).expect("stops");
    }

    #[test]
    fn the_start_time_is_found_behind_any_name() {
        let fields: Vec<String> = (4..30).map(|field| field.to_string()).collect();
        let stat = format!("7 (a) S 1 (b)) S {}", fields.join(" "));
        assert_eq!(start_time_in(&stat), Some(22));
        assert_eq!(start_time_in("7 (cut"), None);
    }
}
