//! Processes that must not outlive us: what tests start.
//!
//! A leashed process ends when its [`Leash`] is dropped, and also when our own process dies in any way, SIGKILL included:
//! a shell beside it waits for the end of a pipe that only we hold open. (PR_SET_PDEATHSIG would be tied to the thread
//! that started the process, and threads of tests come and go.)

use std::fs::File;
use std::path::Path;
use std::process::{Child, ChildStdin, Stdio};

use crate::Error;
use crate::process::Program;

/// Runs the program beside a watcher that reads the pipe. The shell's status is the program's.
const SCRIPT: &str = r#"
exec 3<&0
signal=$1
shift
"$@" 3<&- </dev/null &
program=$!
{ read -r _ <&3; kill -s "$signal" "$program"; } 2>/dev/null &
watcher=$!
wait "$program"
status=$?
kill "$watcher" 2>/dev/null
exit "$status"
"#;

/// A running process that ends with us.
#[derive(Debug)]
pub struct Leash {
    shell: Child,
    pipe: Option<ChildStdin>,
}

impl Leash {
    /// Starts `program`. `signal` is the name, such as `TERM`, of what ends it. What it writes goes to `log`.
    ///
    /// # Errors
    /// When the log cannot be made or the program not started.
    pub fn start(program: &Program, signal: &str, log: &Path) -> Result<Self, Error> {
        let log_file = File::create(log).map_err(Error::path("create", log))?;
        let same_file = log_file.try_clone().map_err(Error::path("create", log))?;
        let mut command = program.command(&["/bin/sh", "-c", SCRIPT, "leash", signal]);
        command.stdin(Stdio::piped()).stdout(log_file).stderr(same_file);
        let mut shell = command.spawn().map_err(Error::path("start", &program.path))?;
        let pipe = shell.stdin.take();
        Ok(Self { shell, pipe })
    }

    /// Whether the program has ended.
    #[must_use]
    pub fn has_ended(&mut self) -> bool {
        !matches!(self.shell.try_wait(), Ok(None))
    }

    /// Ends the program and says whether it left with status 0.
    #[must_use]
    pub fn stop(mut self) -> bool {
        self.pipe = None;
        self.shell.wait().is_ok_and(|status| status.success())
    }
}

impl Drop for Leash {
    fn drop(&mut self) {
        self.pipe = None;
        // An error would mean that it was waited for already.
        let _ended = self.shell.wait();
    }
}
