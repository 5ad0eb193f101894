//! Stops processes and threads for a while, and lets them go on whatever happens.
//!
//! A process is stopped by SIGSTOP. A single thread cannot be stopped by a signal, which always means the whole process; it
//! can be as a debugger does it, by ptrace, and only the thread that began that can end it. So a thread of ours does both.

use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use nix::sys::ptrace;
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::Pid;
use rustix::process::Signal;
use supplex_stack::process::Identity;

/// A process that is stopped as long as this lives.
#[derive(Debug)]
pub struct StoppedProcess(Identity);

impl StoppedProcess {
    /// Stops it.
    ///
    /// # Errors
    /// In words, when it is not there.
    pub fn stop(process: &Identity) -> Result<Self, String> {
        match process.signal(Signal::STOP) {
            Ok(true) => Ok(Self(process.clone())),
            Ok(false) => Err(format!("process {} has ended", process.pid)),
            Err(error) => Err(error.to_string()),
        }
    }
}

impl Drop for StoppedProcess {
    fn drop(&mut self) {
        // It may have ended, and then nothing has to go on.
        let _gone = self.0.signal(Signal::CONT);
    }
}

/// The main thread of a process, stopped as long as this lives. All its other threads run.
#[derive(Debug)]
pub struct StoppedThread {
    release: Option<mpsc::Sender<()>>,
    keeper: Option<JoinHandle<()>>,
}

impl StoppedThread {
    /// Stops the main thread of the process, and returns when it stands still.
    ///
    /// # Errors
    /// In words, when the system does not allow it.
    pub fn stop_main(process: &Identity) -> Result<Self, String> {
        let tid = i32::try_from(process.pid).map(Pid::from_raw).map_err(|error| error.to_string())?;
        let (release, released) = mpsc::channel::<()>();
        let (tell, told) = mpsc::channel();
        let keep = move || {
            let stands = stop(tid);
            let stopped = stands.is_ok();
            // Who waits for it has gone if this fails, and then the channel below is closed as well.
            let _listening = tell.send(stands);
            if stopped {
                // Ends with a word or without one, when the other end is dropped.
                let _word = released.recv();
                if let Err(error) = ptrace::detach(tid, None) {
                    eprintln!("supplex-chaos: thread {tid} was not let go: {error}");
                }
            }
        };
        let keeper = thread::Builder::new().name("keeper".into()).spawn(keep).map_err(|error| error.to_string())?;
        let stopped = Self { release: Some(release), keeper: Some(keeper) };
        told.recv().map_err(|_| "the keeper ended".to_owned())??;
        Ok(stopped)
    }
}

fn stop(tid: Pid) -> Result<(), String> {
    let in_words = |doing: &str, error: nix::Error| format!("ptrace does not {doing} thread {tid}: {error}");
    ptrace::seize(tid, ptrace::Options::empty()).map_err(|error| in_words("attach to", error))?;
    ptrace::interrupt(tid).map_err(|error| in_words("interrupt", error))?;
    waitpid(tid, Some(WaitPidFlag::__WALL)).map(drop).map_err(|error| in_words("stop", error))
}

impl Drop for StoppedThread {
    fn drop(&mut self) {
        self.release = None;
        if let Some(keeper) = self.keeper.take() {
            // It does nothing that can panic.
            let _ended = keeper.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    fn state(pid: u32) -> String {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("it is there");
        let (_, fields) = stat.rsplit_once(')').expect("a name");
        fields.split_ascii_whitespace().next().expect("a state").to_owned()
    }

    fn wait_for(pid: u32, states: &[&str]) {
        while !states.contains(&state(pid).as_str()) {
            thread::yield_now();
        }
    }

    #[test]
    fn what_was_stopped_goes_on() {
        let mut child = Command::new("sleep").arg("1000").stdin(Stdio::null()).spawn().expect("starts");
        let process = Identity::of(child.id()).expect("lives");
        let stopped = StoppedProcess::stop(&process).expect("stops");
        wait_for(child.id(), &["T"]);
        drop(stopped);
        wait_for(child.id(), &["S"]);

        let stopped = StoppedThread::stop_main(&process).expect("stops");
        assert_eq!(state(child.id()), "t", "stands still when the call returns");
        drop(stopped);
        wait_for(child.id(), &["S"]);
        child.kill().expect("kills");
        child.wait().expect("ends");
        assert!(StoppedThread::stop_main(&process).is_err(), "there is nothing to stop");
    }
}
