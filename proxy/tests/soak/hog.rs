//! A busy loop on one CPU, in a process of its own.

use std::process::{Child, Command, Stdio};

/// Runs until dropped.
pub(crate) struct Hog(Child);

impl Hog {
    pub(crate) fn start(cpu: usize) -> Self {
        let mut command = Command::new("taskset");
        command.args(["-c", &cpu.to_string(), "sh", "-c", "while :; do :; done"]).stdin(Stdio::null());
        Self(command.spawn().expect("taskset (of util-linux) is there"))
    }
}

impl Drop for Hog {
    fn drop(&mut self) {
        // It may only have ended by a signal from outside.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
