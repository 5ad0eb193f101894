//! A real Redis of a scenario's own. It ends with the scenario, also when that panics.

use std::process::{Command, Stdio};

use supplex_stack::redis::Temporary;
use tokio::runtime::Runtime;

/// The server.
pub(crate) struct Redis {
    temporary: Temporary,
    runtime: Runtime,
    process: String,
}

impl Redis {
    pub(crate) fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let temporary = runtime.block_on(Temporary::start()).expect("Redis starts");
        let mut redis = Self { temporary, runtime, process: String::new() };
        redis.note_process();
        redis
    }

    fn note_process(&mut self) {
        let info: String = self.run(&["INFO", "server"]);
        let line = info.lines().find_map(|line| line.strip_prefix("process_id:")).expect("it tells its process");
        line.trim().clone_into(&mut self.process);
    }

    /// The `[redis]` table of a configuration.
    pub(crate) fn table(&self, timeout: &str) -> String {
        format!("[redis]\nurl = \"{}\"\ntimeout = \"{timeout}\"\n", self.temporary.url())
    }

    /// Runs a command and waits for the reply.
    pub(crate) fn run<T: redis::FromRedisValue>(&self, words: &[&str]) -> T {
        let client = redis::Client::open(self.temporary.url()).expect("a URL");
        let mut connection = client.get_connection().expect("it listens");
        redis::cmd(words[0]).arg(&words[1..]).query(&mut connection).expect("a reply")
    }

    /// Sends a signal, by its name without SIG.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").arg(format!("-{name}")).arg(&self.process).status();
        assert!(sent.is_ok_and(|status| status.success()), "the server is there");
    }

    /// Starts it again after it was killed.
    pub(crate) fn start_again(&mut self) {
        self.runtime.block_on(self.temporary.start_again()).expect("Redis starts again");
        self.note_process();
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        // A stopped process does not see that it is told to end. It may also be gone.
        let _ = Command::new("kill").args(["-CONT", &self.process]).stderr(Stdio::null()).status();
    }
}
