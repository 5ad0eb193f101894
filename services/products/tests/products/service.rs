//! A running catalogue for a test: the real program on a Postgres of its own. Both end with the value.

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use supplex_stack::http::Answer;
use supplex_stack::postgres;
use supplex_stack::service::Process;

const PROGRAM: &str = env!("CARGO_BIN_EXE_svc-products");

pub(crate) struct Service {
    process: Process,
    pub(crate) postgres: postgres::Temporary,
    url: String,
}

async fn start(url: &str) -> Process {
    Process::start(Path::new(PROGRAM), vec![("DATABASE_URL", url.to_owned())]).await.expect("starts")
}

impl Service {
    pub(crate) async fn empty() -> Self {
        let postgres = postgres::Temporary::start().await.expect("Postgres starts");
        let url = postgres.database("products").await.expect("a database");
        Self { process: start(&url).await, postgres, url }
    }

    pub(crate) async fn seeded() -> Self {
        let service = Self::empty().await;
        assert!(service.seed(&[]).contains("200 new"));
        service
    }

    /// Another process on the same database.
    pub(crate) async fn another(&self) -> Process {
        start(&self.url).await
    }

    /// Runs `svc-products seed` and says what it wrote.
    pub(crate) fn seed(&self, arguments: &[&str]) -> String {
        let output = Command::new(PROGRAM).arg("seed").args(arguments).env("DATABASE_URL", &self.url).output();
        let output = output.expect("runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    }

    /// Connects to the service's database.
    pub(crate) async fn connect(&self) -> tokio_postgres::Client {
        let connected = tokio_postgres::connect(&self.url, tokio_postgres::NoTls).await;
        let (client, connection) = connected.expect("connects");
        tokio::spawn(connection);
        client
    }

    pub(crate) async fn request(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.process.send(method, path, headers, "").await.expect("an answer")
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.process.get(path).await
    }

    /// The body of a good answer.
    pub(crate) async fn ok(&self, path: &str) -> Value {
        let answer = self.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        serde_json::from_str(&answer.body).expect("JSON")
    }

    /// Stops the service. Says whether it ended well, and what it logged.
    pub(crate) fn stop(self) -> (bool, String) {
        self.process.stop()
    }
}
