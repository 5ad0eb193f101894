//! A running catalogue for a test: the real program on a Postgres of its own. Both end with the value.

use std::net::SocketAddr;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use supplex_stack::http::{self, Answer};
use supplex_stack::leash::Leash;
use supplex_stack::postgres;
use supplex_stack::process::{Program, tail};
use tempfile::TempDir;

const LIMIT: Duration = Duration::from_secs(60);
const PROGRAM: &str = env!("CARGO_BIN_EXE_svc-products");

pub(crate) struct Service {
    process: Process,
    pub(crate) postgres: postgres::Temporary,
    url: String,
}

/// The program alone.
pub(crate) struct Process {
    leash: Leash,
    address: SocketAddr,
    folder: TempDir,
}

impl Service {
    pub(crate) async fn empty() -> Self {
        let postgres = postgres::Temporary::start().await.expect("Postgres starts");
        let url = postgres.database("products").await.expect("a database");
        Self { process: Process::start(&url).await, postgres, url }
    }

    pub(crate) async fn seeded() -> Self {
        let service = Self::empty().await;
        assert!(service.seed(&[]).contains("200 new"));
        service
    }

    /// Another process on the same database.
    pub(crate) async fn another(&self) -> Process {
        Process::start(&self.url).await
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
        http::request(self.process.address, method, path, headers, LIMIT).await.expect("an answer")
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

impl Process {
    async fn start(url: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let ready = folder.path().join("ready");
        let program = Program {
            path: PROGRAM.into(),
            arguments: ["serve", "--ready-file"]
                .map(str::to_owned)
                .into_iter()
                .chain([ready.display().to_string()])
                .collect(),
            environment: vec![("DATABASE_URL", url.to_owned())],
            account: None,
            folder: folder.path().to_owned(),
        };
        let log = folder.path().join("log");
        let mut leash = Leash::start(&program, "TERM", &log).expect("starts");
        loop {
            if let Ok(text) = std::fs::read(&ready) {
                let ready: Value = serde_json::from_slice(&text).expect("JSON");
                let address = ready["address"].as_str().and_then(|text| text.parse().ok()).expect("an address");
                return Self { leash, address, folder };
            }
            assert!(!leash.has_ended(), "svc-products ended:\n{}", tail(&log));
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        http::get(self.address, path, LIMIT).await.expect("an answer")
    }

    /// Stops the process. Says whether it ended well, and what it logged.
    pub(crate) fn stop(self) -> (bool, String) {
        let ended_well = self.leash.stop();
        (ended_well, std::fs::read_to_string(self.folder.path().join("log")).expect("a log"))
    }
}
