//! Child processes that never outlive the bench: each is the leader of its own process group, and the group is stopped when
//! the guard is dropped, on an error, or on Ctrl-C.
//!
//! A signal sets a flag and stops every group; whatever the bench was waiting for then fails, and the bench ends by the same
//! way as after any other error, guards and temporary folders included. A second signal ends it at once.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

static INTERRUPTED: AtomicBool = AtomicBool::new(false);
static GROUPS: Mutex<Vec<Pid>> = Mutex::new(Vec::new());

/// How long a group may take to end before it is killed.
const PATIENCE: Duration = Duration::from_secs(3);

/// A running child and its process group.
#[derive(Debug)]
pub(crate) struct Process {
    name: String,
    child: Child,
    group: Pid,
    log: PathBuf,
}

impl Process {
    /// Starts a program pinned to one CPU, in its own group, with its output in a file.
    pub(crate) fn start(name: &str, cpu: usize, program: &Path, args: &[&str], log: &Path) -> io::Result<Self> {
        let output = File::create(log)?;
        let mut command = pinned(cpu, program);
        command.args(args).stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
        let (child, group) = spawn(&mut command, name)?;
        Ok(Process { name: name.to_owned(), child, group, log: log.to_owned() })
    }

    /// The id of the process group, which is the id of the child as well.
    pub(crate) fn group(&self) -> Pid {
        self.group
    }

    /// Fails, with the last lines of its output, when the child has ended.
    pub(crate) fn check_alive(&mut self) -> io::Result<()> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => Err(io::Error::other(format!(
                "{} ended with {status}; its last words:\n{}",
                self.name,
                tail(&self.log)
            ))),
        }
    }

    /// Waits until the condition holds, the child ends, or ten seconds have passed.
    pub(crate) fn wait_until(&mut self, what: &str, mut ready: impl FnMut() -> bool) -> io::Result<()> {
        let give_up = Instant::now() + Duration::from_secs(10);
        while !ready() {
            check_interrupted()?;
            self.check_alive()?;
            if Instant::now() > give_up {
                let words = tail(&self.log);
                return Err(io::Error::other(format!(
                    "{} did not {what} within 10 s; its output:\n{words}",
                    self.name
                )));
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        stop(&mut self.child, self.group);
    }
}

/// Runs a program pinned to one CPU to its end and gives back what it printed, errors last.
pub(crate) fn output_of(name: &str, cpu: usize, program: &Path, args: &[&str]) -> io::Result<String> {
    let mut command = pinned(cpu, program);
    command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let (mut child, group) = spawn(&mut command, name)?;
    let result = read_to_end(&mut child);
    stop(&mut child, group);
    check_interrupted()?;
    let (status, out, err) = result?;
    let text = out + &err;
    if status.success() { Ok(text) } else { Err(io::Error::other(format!("{name} ended with {status}:\n{text}"))) }
}

/// Watches for Ctrl-C and its like from a thread of its own.
pub(crate) fn stop_on_signals() -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let watch = async {
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let mut hang_up = signal(SignalKind::hangup())?;
        loop {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
                _ = hang_up.recv() => {}
            }
            let again = INTERRUPTED.swap(true, Ordering::SeqCst);
            for group in groups().iter() {
                let _ = kill_process_group(*group, if again { Signal::KILL } else { Signal::TERM });
            }
            if again {
                std::process::exit(130);
            }
        }
    };
    std::thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || -> io::Result<()> { runtime.block_on(watch) })?;
    Ok(())
}

/// Fails once a signal has asked the bench to end.
pub(crate) fn check_interrupted() -> io::Result<()> {
    if was_interrupted() { Err(io::Error::new(io::ErrorKind::Interrupted, "stopped by a signal")) } else { Ok(()) }
}

/// Whether a signal has asked the bench to end.
pub(crate) fn was_interrupted() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}

fn pinned(cpu: usize, program: &Path) -> Command {
    let mut command = Command::new("taskset");
    command.arg("-c").arg(cpu.to_string()).arg(program);
    command
}

fn spawn(command: &mut Command, name: &str) -> io::Result<(Child, Pid)> {
    use std::os::unix::process::CommandExt;
    // Under the lock, so that a signal either finds the group in the list or is seen by the check.
    let mut groups = groups();
    check_interrupted()?;
    let child =
        command.process_group(0).spawn().map_err(|error| io::Error::other(format!("cannot start {name}: {error}")))?;
    let group = Pid::from_child(&child);
    groups.push(group);
    Ok((child, group))
}

fn stop(child: &mut Child, group: Pid) {
    let _ = kill_process_group(group, Signal::TERM);
    let give_up = Instant::now() + PATIENCE;
    while matches!(child.try_wait(), Ok(None)) && Instant::now() < give_up {
        std::thread::sleep(Duration::from_millis(5));
    }
    // Whatever is left of the group, the leader's own children included.
    let _ = kill_process_group(group, Signal::KILL);
    let _ = child.wait();
    groups().retain(|known| *known != group);
}

fn read_to_end(child: &mut Child) -> io::Result<(ExitStatus, String, String)> {
    let (mut out, mut err) = (String::new(), String::new());
    if let Some(mut stdout) = child.stdout.take() {
        stdout.read_to_string(&mut out)?;
    }
    if let Some(mut stderr) = child.stderr.take() {
        stderr.read_to_string(&mut err)?;
    }
    Ok((child.wait()?, out, err))
}

fn tail(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}

fn groups() -> MutexGuard<'static, Vec<Pid>> {
    GROUPS.lock().unwrap_or_else(PoisonError::into_inner)
}
