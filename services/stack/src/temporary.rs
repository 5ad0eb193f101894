//! A private server for a test: in a temporary folder, gone with its value or with the process.
//!
//! What is the same for every kind of server is here: a free port, starting, waiting for an answer, stopping and starting
//! again. It knows neither Postgres nor Redis. Where to read on: `postgres.rs` and `redis.rs` for the two kinds,
//! `leash.rs` for why nothing outlives the test.

use std::future::Future;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::leash::Leash;
use crate::process::{Program, tail};
use crate::{Error, port};

/// How long a server may take until it answers.
const START_LIMIT: Duration = Duration::from_secs(60);

/// How often a server that starts is asked.
const INTERVAL: Duration = Duration::from_millis(20);

/// How many ports are tried: another process may take one between the moment it was free and its use.
const ATTEMPTS: u32 = 5;

/// One kind of server, with its data.
pub trait Server {
    /// Its name in messages.
    const NAME: &'static str;
    /// The name of the signal that ends it at once and cleanly, whoever is connected.
    const SIGNAL: &'static str;

    /// Lays out what it needs on disk, and says how to start it on `port`.
    ///
    /// # Errors
    /// When it is not installed, or its data cannot be written.
    fn start_on(&self, port: u16) -> Result<Program, Error>;

    /// Whether the server at `address` answers, and is this one.
    fn answers(&self, address: SocketAddr) -> impl Future<Output = Result<(), String>> + Send;
}

/// A running server of a test.
#[derive(Debug)]
pub struct Temporary<S> {
    // Dropped in this order: first the process, then its data.
    process: Option<Leash>,
    server: S,
    address: SocketAddr,
    folder: TempDir,
}

impl<S: Server> Temporary<S> {
    /// Starts `server`, whose data is in `folder`, and waits until it answers.
    ///
    /// # Errors
    /// When it does not start.
    pub(crate) async fn of(server: S, folder: TempDir) -> Result<Self, Error> {
        let mut temporary = Self { process: None, server, address: port::local(0), folder };
        let mut attempts = 0;
        loop {
            attempts += 1;
            match temporary.run_on(port::free()?).await {
                Err(_) if attempts < ATTEMPTS => {}
                outcome => return outcome.map(|()| temporary),
            }
        }
    }

    async fn run_on(&mut self, port: u16) -> Result<(), Error> {
        let log = self.folder.path().join("log");
        let mut process = Leash::start(&self.server.start_on(port)?, S::SIGNAL, &log)?;
        self.address = port::local(port);
        let begun = Instant::now();
        while let Err(seen) = self.server.answers(self.address).await {
            if process.has_ended() || begun.elapsed() > START_LIMIT {
                let tail = tail(&log);
                return Err(Error::Unhealthy { name: S::NAME.into(), seen, log, tail });
            }
            tokio::time::sleep(INTERVAL).await;
        }
        self.process = Some(process);
        Ok(())
    }

    /// The kind of server, with its data.
    pub(crate) fn server(&self) -> &S {
        &self.server
    }

    /// Where the server listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops the server but keeps its data.
    pub fn stop(&mut self) {
        self.process = None;
    }

    /// Starts a stopped server again, on the same port.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start_again(&mut self) -> Result<(), Error> {
        self.process = None;
        self.run_on(self.address.port()).await
    }
}

/// A temporary folder that other accounts can enter.
pub(crate) fn folder() -> Result<TempDir, Error> {
    use std::os::unix::fs::PermissionsExt;
    let mut builder = tempfile::Builder::new();
    builder.prefix("supplex-").permissions(std::fs::Permissions::from_mode(0o711));
    builder.tempdir().map_err(Error::io("make a temporary folder"))
}
