//! The gateway under test: the real binary with a configuration of its own.

mod control;

use std::fs::{self, File};
use std::net::SocketAddr;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use super::{Config, GUARD};

/// A running gateway. When dropped it is told to drain, and must end with exit code 0.
pub(crate) struct Gateway {
    child: Child,
    address: SocketAddr,
    folder: TempDir,
    told: AtomicBool,
}

impl Gateway {
    /// Starts it and waits until it is ready.
    pub(crate) fn start(config: &Config) -> Self {
        Self::launch(Command::new(env!("CARGO_BIN_EXE_supplex")), config)
    }

    /// As [`Gateway::start`], kept to one CPU.
    pub(crate) fn start_on(cpu: usize, config: &Config) -> Self {
        let mut command = Command::new("taskset");
        command.arg("-c").arg(cpu.to_string()).arg(env!("CARGO_BIN_EXE_supplex"));
        Self::launch(command, config)
    }

    fn launch(mut command: Command, config: &Config) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the scenario");
        let path = |name: &str| folder.path().join(name);
        fs::write(path("config.toml"), config.text()).expect("the configuration is written");
        let stderr = File::create(path("stderr")).expect("a file for the log");
        let mut child = command
            .arg("run")
            .arg("--config")
            .arg(path("config.toml"))
            .arg("--ready-file")
            .arg(path("ready.json"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(stderr)
            .spawn()
            .expect("the binary starts");
        let ready = poll(|| match fs::read(path("ready.json")) {
            Ok(bytes) => Some(serde_json::from_slice::<Value>(&bytes).expect("the ready file is JSON")),
            Err(_) => match child.try_wait() {
                Ok(Some(status)) => {
                    let log = fs::read_to_string(path("stderr")).unwrap_or_default();
                    panic!("the gateway ended with {status} instead of getting ready:\n{log}\n{}", config.text())
                }
                _ => None,
            },
        });
        let ready = ready.unwrap_or_else(|| panic!("not ready:\n{}", fs::read_to_string(path("stderr")).unwrap()));
        let address = ready["listeners"]["public"].as_str().and_then(|text| text.parse().ok());
        let address = address.unwrap_or_else(|| panic!("no address of the listener in {ready}"));
        Self { child, address, folder, told: AtomicBool::new(false) }
    }

    /// Where the listener `public` listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Resident memory now, in bytes.
    pub(crate) fn memory(&self) -> u64 {
        self.status("VmRSS:")
    }

    /// The most resident memory since the start, in bytes.
    pub(crate) fn memory_peak(&self) -> u64 {
        self.status("VmHWM:")
    }

    fn status(&self, key: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("the gateway runs");
        let line = status.lines().find_map(|line| line.strip_prefix(key)).expect("the kernel tells");
        let kilobytes = line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number");
        kilobytes * 1024
    }

    /// Sends SIGTERM, once: a second one would cut the drain short.
    pub(crate) fn tell_to_end(&self) {
        if self.told.swap(true, Ordering::SeqCst) {
            return;
        }
        let told = Command::new("kill").arg("-TERM").arg(self.child.id().to_string()).status();
        assert!(told.is_ok_and(|status| status.success()), "the gateway can be told to end");
    }

    fn stop(&mut self) -> Option<ExitStatus> {
        self.tell_to_end();
        poll(|| self.child.try_wait().ok().flatten())
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let ended = match self.child.try_wait() {
            Ok(None) => self.stop(),
            Ok(Some(status)) => Some(status),
            Err(_) => None,
        };
        if ended.is_none() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
        let well = ended.is_some_and(|status| status.code() == Some(0));
        if thread::panicking() || !well {
            let log = fs::read_to_string(self.folder.path().join("stderr")).unwrap_or_default();
            eprintln!("the gateway ended with {ended:?}; it wrote:\n{log}");
        }
        assert!(well || thread::panicking(), "the gateway does not end as it should");
    }
}

/// Asks until there is an answer; `None` when the guard has passed.
pub(crate) fn poll<T>(mut ask: impl FnMut() -> Option<T>) -> Option<T> {
    let start = Instant::now();
    loop {
        let answer = ask();
        if answer.is_some() || start.elapsed() > GUARD {
            return answer;
        }
        thread::sleep(Duration::from_millis(2));
    }
}
