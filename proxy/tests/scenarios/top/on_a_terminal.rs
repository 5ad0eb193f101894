//! On a terminal it has a screen of its own, colours unless they are not wanted, and leaves everything as it was.

use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use crate::harness::{Client, Config, GUARD, Gateway, Upstream};

const ENTER: &str = "\x1b[?1049h";
const LEAVE: &str = "\x1b[?25h\x1b[?1049l";

/// What `script`, which lends a terminal, shows until `ready` holds.
struct Terminal {
    child: Child,
    output: Receiver<Vec<u8>>,
    shown: String,
}

impl Terminal {
    fn start(gateway: &Gateway, environment: &[(&str, &str)]) -> Self {
        let program = env!("CARGO_BIN_EXE_supplex");
        // The shell is interrupted as well, and has to go on to tell how it finds the terminal.
        let line = format!(
            "trap : INT; '{program}' top --interval 100ms --admin http://{}; \
             stty -a | tr ' ' '\\n' | grep -x -e echo -e icanon; echo ended",
            gateway.admin_address()
        );
        let mut command = Command::new("script");
        command
            .args(["--quiet", "--flush", "--command", &line, "/dev/null"])
            .env_remove("NO_COLOR")
            .env("SHELL", "/bin/sh");
        command.envs(environment.iter().copied()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("script is part of Debian's base system");
        let mut pipe = child.stdout.take().expect("piped");
        let (sender, output) = channel();
        thread::spawn(move || {
            let mut piece = [0; 4096];
            while let Ok(length) = pipe.read(&mut piece) {
                if length == 0 || sender.send(piece[..length].to_vec()).is_err() {
                    return;
                }
            }
        });
        Self { child, output, shown: String::new() }
    }

    fn until(&mut self, what: &str) {
        while !self.shown.contains(what) {
            let piece = self.output.recv_timeout(GUARD).unwrap_or_else(|_| panic!("{what:?} in {:?}", self.shown));
            self.shown += &String::from_utf8_lossy(&piece);
        }
    }

    /// Presses a key and waits for the end; everything that was shown.
    fn end(mut self, key: &[u8]) -> String {
        self.child.stdin.as_mut().expect("piped").write_all(key).expect("the terminal is there");
        self.until("ended\r\n");
        drop(self.child.stdin.take());
        let status = self.child.wait().expect("it ends");
        assert!(status.success(), "{status:?}");
        self.shown
    }
}

#[test]
fn on_a_terminal() {
    let upstream = Upstream::saying("ok");
    let gateway = Gateway::start(&Config::to(&upstream));
    assert_eq!(Client::connect(&gateway).get("/").status(), 200);
    for (key, environment, coloured) in [(b"q", &[][..], true), (b"\x03", &[("NO_COLOR", "1")][..], false)] {
        let mut terminal = Terminal::start(&gateway, environment);
        terminal.until("requests/s");
        terminal.until("not probed");
        let shown = terminal.end(key);
        let (before, rest) = shown.split_once(ENTER).expect("it takes a screen of its own");
        let (drawn, after) = rest.split_once(LEAVE).expect("it gives it back");
        assert_eq!(before, "");
        assert!(drawn.contains("\x1b[HSupplex") || drawn.contains("\x1b[H\x1b[1mSupplex"), "{drawn:?}");
        assert_eq!(drawn.contains("\x1b[1m"), coloured, "{drawn:?}");
        assert_eq!(after.lines().collect::<Vec<_>>(), ["icanon", "echo", "ended"], "keys are read as before");
    }
}
