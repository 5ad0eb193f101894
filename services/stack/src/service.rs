//! One service for a test: the program, ready to be asked, gone with its value or with the process.
//!
//! Knows what all services have in common and nothing else: `serve`, `READY_FILE`, a log on standard error. Its database
//! is the test's affair. Never part of the stack that `make up` starts.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use rustix::process::Signal;
use serde::Deserialize;
use tempfile::TempDir;

use crate::http::{self, Answer};
use crate::leash::Leash;
use crate::process::{Identity, Program, tail};
use crate::{Error, temporary};

/// How long an answer may take.
const LIMIT: Duration = Duration::from_secs(60);

/// A running service.
#[derive(Debug)]
pub struct Process {
    leash: Leash,
    address: SocketAddr,
    pid: u32,
    folder: TempDir,
}

#[derive(Deserialize)]
struct Ready {
    pid: u32,
    address: SocketAddr,
}

impl Process {
    /// Starts `program serve` with these variables and waits until it serves.
    ///
    /// # Errors
    /// When it ends before that.
    pub async fn start(program: &Path, environment: Vec<(&'static str, String)>) -> Result<Self, Error> {
        let folder = temporary::folder()?;
        let (ready, log) = (folder.path().join("ready"), folder.path().join("log"));
        let environment = environment.into_iter().chain([("READY_FILE", ready.display().to_string())]).collect();
        let program = Program {
            path: program.to_owned(),
            arguments: vec!["serve".to_owned()],
            environment,
            account: None,
            folder: folder.path().to_owned(),
        };
        let mut leash = Leash::start(&program, "TERM", &log)?;
        loop {
            let ready = std::fs::read(&ready).ok().and_then(|text| serde_json::from_slice::<Ready>(&text).ok());
            if let Some(Ready { pid, address }) = ready {
                return Ok(Self { leash, address, pid, folder });
            }
            if leash.has_ended() {
                let name = program.path.display().to_string();
                return Err(Error::Unhealthy { name, seen: "it ended".into(), tail: tail(&log), log });
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Where it serves.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sends a request, or says why there was no answer.
    ///
    /// # Errors
    /// In words, when there is no answer.
    pub async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Result<Answer, String> {
        http::send(self.address, method, path, headers, body, LIMIT).await
    }

    /// Sends a GET that must be answered.
    ///
    /// # Panics
    /// When it is not.
    pub async fn get(&self, path: &str) -> Answer {
        match self.send("GET", path, &[], "").await {
            Ok(answer) => answer,
            Err(error) => panic!("{path}: {error}"),
        }
    }

    /// Kills it with SIGKILL, in whatever it is doing, and waits until it is gone.
    ///
    /// # Errors
    /// When it has ended already.
    pub fn kill(self) -> Result<(), Error> {
        // Its shell is not waited for yet and lives as long as it does, so nobody else can have the number.
        Identity::of(self.pid)?.signal(Signal::KILL).map(drop)
    }

    /// Stops it. Says whether it ended well, and what it logged.
    #[must_use]
    pub fn stop(self) -> (bool, String) {
        let ended_well = self.leash.stop();
        (ended_well, std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default())
    }
}
