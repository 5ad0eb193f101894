//! A receiver of OTLP that others wrote: `oteltap` from PyPI, in an environment of its own below `target/`.

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use super::wait_for;

const PACKAGE: &str = "oteltap==1.0.0";

/// A running receiver.
pub(crate) struct Receiver {
    child: Child,
    port: u16,
    folder: TempDir,
}

impl Receiver {
    /// Installs it if it was never installed, starts it and waits until it listens.
    pub(crate) fn start() -> Self {
        let program = install();
        let folder = tempfile::tempdir().expect("a folder");
        let output = File::create(folder.path().join("out")).expect("a file");
        // It cannot say which port the system gave it, so it is told one that was free a moment ago.
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|socket| socket.local_addr());
        let port = free.expect("a port").port();
        let mut command = Command::new(program);
        command.arg("--port").arg(port.to_string()).env("PYTHONUNBUFFERED", "1");
        let child = command.stdin(Stdio::null()).stdout(output).stderr(Stdio::null()).spawn().expect("it starts");
        let receiver = Self { child, port, folder };
        wait_for("the receiver", || TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok());
        receiver
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Waits until it has received so many spans, and returns them as it tells them.
    pub(crate) fn wait_for(&self, count: usize) -> Vec<Value> {
        wait_for(&format!("{count} spans"), || {
            let text = fs::read_to_string(self.folder.path().join("out")).unwrap_or_default();
            let spans: Vec<Value> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
            (spans.len() >= count).then_some(spans)
        })
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program, once it is installed. Others wait meanwhile.
fn install() -> PathBuf {
    let us = std::env::current_exe().expect("this program");
    let target = us.ancestors().nth(3).expect("target/PROFILE/deps/THIS");
    let folder = target.join("otlp-receiver");
    fs::create_dir_all(&folder).expect("a folder");
    let lock = File::create(folder.join("lock")).expect("a file");
    lock.lock().expect("nobody holds it for ever");
    let program = folder.join("venv/bin/oteltap");
    if !program.exists() {
        run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(folder.join("venv")), &folder);
        let mut pip = Command::new(folder.join("venv/bin/pip"));
        run(pip.args(["install", "--quiet", "--disable-pip-version-check", PACKAGE]), &folder);
    }
    program
}

fn run(command: &mut Command, folder: &Path) {
    let output = command.current_dir(folder).stdin(Stdio::null()).output();
    let output = output.unwrap_or_else(|error| panic!("{command:?} cannot be run, see `make test`: {error}"));
    assert!(output.status.success(), "{command:?} failed: {}", String::from_utf8_lossy(&output.stderr));
}
