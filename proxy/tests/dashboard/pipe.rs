//! The DevTools protocol over the pipe that Chromium offers for it: JSON messages, each ended by a zero byte.
//!
//! No port, no WebSocket and no library: the browser reads commands from descriptor 3 and writes to descriptor 4, and ends
//! when the pipe does, however the test ends.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

/// How long a single command may take before the browser is given up as hanging; the machine may be busy.
pub(crate) const GUARD: Duration = Duration::from_secs(60);

/// A browser with its pipe.
pub(crate) struct Pipe {
    child: Child,
    commands: Option<ChildStdin>,
    messages: Receiver<Value>,
    next: u64,
    events: Vec<Value>,
    _profile: TempDir,
}

impl Pipe {
    /// Starts the browser with a profile of its own.
    pub(crate) fn start() -> Self {
        let program = supplex_stack::programs::find("chromium")
            .unwrap_or_else(|| panic!("chromium is missing; install it with: sudo apt-get install chromium"));
        let profile = tempfile::tempdir().expect("a folder for the profile");
        let mut child = command(&program, profile.path()).spawn().expect("the browser starts");
        let (sender, messages) = channel();
        let mut output = BufReader::new(child.stdout.take().expect("piped"));
        thread::spawn(move || {
            let mut message = Vec::new();
            while output.read_until(0, &mut message).is_ok_and(|length| length > 0) {
                message.pop();
                let parsed = serde_json::from_slice(&message).expect("the browser writes JSON");
                if sender.send(parsed).is_err() {
                    return;
                }
                message.clear();
            }
        });
        let commands = child.stdin.take();
        Self { child, commands, messages, next: 0, events: Vec::new(), _profile: profile }
    }

    /// Runs a command, in the session of a page if one is given, and returns its result.
    pub(crate) fn run(&mut self, session: Option<&str>, method: &str, parameters: &Value) -> Value {
        self.try_run(session, method, parameters).unwrap_or_else(|error| panic!("{method} {parameters}: {error}"))
    }

    /// As [`Pipe::run`]; what the browser says against it is the error.
    pub(crate) fn try_run(&mut self, session: Option<&str>, method: &str, parameters: &Value) -> Result<Value, Value> {
        self.next += 1;
        let number = self.next;
        let mut command = json!({ "id": number, "method": method, "params": parameters });
        if let Some(session) = session {
            command["sessionId"] = session.into();
        }
        let mut bytes = command.to_string().into_bytes();
        bytes.push(0);
        let commands = self.commands.as_mut().expect("open until it is dropped");
        commands.write_all(&bytes).and_then(|()| commands.flush()).expect("the browser listens");
        loop {
            let message = self.messages.recv_timeout(GUARD).unwrap_or_else(|error| panic!("{method}: {error}"));
            if message["id"] == number {
                let error = message["error"].clone();
                return if error.is_null() { Ok(message["result"].clone()) } else { Err(error) };
            }
            self.events.push(message);
        }
    }

    /// The events so far, those of the latest command included.
    pub(crate) fn events(&mut self) -> &[Value] {
        self.events.extend(self.messages.try_iter());
        &self.events
    }

    /// Forgets the events so far.
    pub(crate) fn forget(&mut self) {
        self.events.clear();
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        // The browser ends with its pipe, and clears up behind itself; it is only made to when it does not.
        drop(self.commands.take());
        let ended = crate::harness::poll(|| self.child.try_wait().ok().flatten());
        if ended.is_none() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// Through a shell, which puts the pipes where the browser looks for them.
fn command(program: &Path, profile: &Path) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", r#"exec "$0" "$@" 3<&0 4>&1 </dev/null >/dev/null"#]).arg(program).args([
        "--headless=new",
        "--remote-debugging-pipe",
        // Tests run as root, where the sandbox cannot be had; the browser sees nothing but the gateway.
        "--no-sandbox",
        "--disable-gpu",
        "--hide-scrollbars",
        "--disable-dev-shm-usage",
        "--disable-extensions",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-default-browser-check",
        "--no-first-run",
        "--no-proxy-server",
        "--lang=en-GB",
    ]);
    command.arg(format!("--user-data-dir={}", profile.display())).arg("about:blank");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    command
}
