//! A real Redis of a test's own, and what can be done to it. It ends with the test, also when that panics.

use std::process::Command;
use std::time::Duration;

use redis::{Client, FromRedisValue, RedisResult, cmd};
use supplex_engine::config::Redis;
use supplex_engine::config::redis::Place;
use supplex_stack::redis::Temporary;

/// Time that is enough for any answer on a busy machine, so that only a server that is made slow is slow.
const AMPLE: Duration = Duration::from_secs(2);

/// The server.
pub(in super::super) struct Server {
    temporary: Temporary,
    process: u32,
}

impl Server {
    pub(in super::super) async fn start() -> Self {
        let temporary = Temporary::start().await.expect("Redis starts");
        let mut server = Self { temporary, process: 0 };
        server.note_process();
        server
    }

    fn note_process(&mut self) {
        let info: String = self.run(&["INFO", "server"]).expect("it answers");
        let line = info.lines().find_map(|line| line.strip_prefix("process_id:")).expect("it tells its process");
        self.process = line.trim().parse().expect("a number");
    }

    /// How a gateway is told of it.
    pub(in super::super) fn settings(&self) -> Redis {
        Redis { place: Place::Url(self.temporary.url().into()), timeout: AMPLE }
    }

    /// Where it is, as a URL.
    pub(in super::super) fn url(&self) -> String {
        self.temporary.url()
    }

    /// Runs a command as somebody else.
    pub(in super::super) fn run<T: FromRedisValue>(&self, words: &[&str]) -> RedisResult<T> {
        let client = Client::open(self.temporary.url())?;
        cmd(words[0]).arg(&words[1..]).query(&mut client.get_connection()?)
    }

    pub(in super::super) fn port(&self) -> u16 {
        self.temporary.address().port()
    }

    pub(in super::super) fn password(&self) -> String {
        let url = self.temporary.url();
        url.trim_start_matches("redis://:").split('@').next().expect("a password").to_owned()
    }

    /// Sends a signal, by its name without SIG.
    pub(in super::super) fn signal(&self, name: &str) {
        let sent = Command::new("kill").arg(format!("-{name}")).arg(self.process.to_string()).status();
        assert!(sent.is_ok_and(|status| status.success()), "the server is there");
    }

    /// Starts it again after it was ended.
    pub(in super::super) async fn start_again(&mut self) {
        self.temporary.start_again().await.expect("Redis starts again");
        self.note_process();
    }

    /// Ends it.
    pub(in super::super) fn stop(&mut self) {
        self.temporary.stop();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A stopped process does not see that it is told to end. It may also be gone.
        let _ = Command::new("kill")
            .args(["-CONT", &self.process.to_string()])
            .stderr(std::process::Stdio::null())
            .status();
    }
}
