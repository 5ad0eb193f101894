//! A private Postgres: its own data folder, its own port on loopback, its own password.
//!
//! Whether the server is ready is found out by asking it for an answer. Never touches a server that somebody else runs.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use tokio_postgres::{Client, Config, NoTls};

use crate::account::Account;
use crate::process::Program;
use crate::temporary::{self, Server};
use crate::{Error, programs, secret};

/// The role that owns everything in a private server.
const ROLE: &str = "supplex";

/// The accounts a server may run under when we are root, in order of preference.
const ACCOUNTS: [&str; 1] = ["postgres"];

/// How long one attempt to get an answer may take.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(2);

/// A data folder, which may not be there yet, and what belongs to it.
#[derive(Clone, Debug)]
pub struct Cluster {
    /// The data folder.
    pub data: PathBuf,
    /// The password of the only role.
    pub password: String,
}

impl Cluster {
    /// The account the server runs under.
    ///
    /// # Errors
    /// When the data belongs to somebody we cannot become.
    pub fn account(&self) -> Result<Option<Account>, Error> {
        Account::for_data(&self.data, &ACCOUNTS)
    }

    /// The programs that can work with the data: of the version that made it, if there is data.
    fn programs(&self) -> Result<programs::Postgres, Error> {
        let missing = || Error::Packages { missing: vec!["postgresql".into()], because: None };
        let Ok(version) = std::fs::read_to_string(self.data.join("PG_VERSION")) else {
            return programs::Postgres::newest().ok_or_else(missing);
        };
        let version = version.trim();
        // An installation outside Debian's folders has one version; if it is another one, the server itself says so.
        programs::Postgres::of_version(version).or_else(|| programs::find("postgres").and(programs::Postgres::newest())).ok_or_else(|| {
            Error::State(format!(
                "{} was made by PostgreSQL {version}, which is not installed: install postgresql-{version}, or start \
                 afresh with `make down VOLUMES=1`",
                self.data.display()
            ))
        })
    }

    /// Makes the data folder if there is none. Interrupted half-way, it starts from the beginning the next time.
    ///
    /// # Errors
    /// When `initdb` is missing or fails.
    pub fn initialise(&self) -> Result<(), Error> {
        if self.data.exists() {
            return Ok(());
        }
        let programs = self.programs()?;
        let account = self.account()?;
        let partial = self.data.with_extension("partial");
        let password_file = self.data.with_extension("password");
        match std::fs::remove_dir_all(&partial) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(Error::path("remove", &partial)(error));
            }
            _ => {}
        }
        std::fs::create_dir(&partial).map_err(Error::path("create", &partial))?;
        write_private(&password_file, &self.password)?;
        for path in [&partial, &password_file] {
            account.map_or(Ok(()), |account| account.own(path))?;
        }
        let mut initdb = Command::new(&programs.initdb);
        initdb.args(["--username", ROLE, "--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C.UTF-8"]);
        initdb.args(["--no-instructions", "--no-sync"]).arg("--pwfile").arg(&password_file).arg("-D").arg(&partial);
        initdb.current_dir(&partial).stdin(Stdio::null());
        if let Some(account) = account {
            account.apply(&mut initdb);
        }
        let output = initdb.output().map_err(Error::path("run", &programs.initdb));
        std::fs::remove_file(&password_file).map_err(Error::path("remove", &password_file))?;
        let output = output?;
        if !output.status.success() {
            let said = [output.stdout, output.stderr].concat();
            return Err(Error::Failed { what: "initdb".into(), output: String::from_utf8_lossy(&said).into_owned() });
        }
        std::fs::rename(&partial, &self.data).map_err(Error::path("create", &self.data))
    }

    /// The server's command line for this port. `settings` are `name=value`.
    ///
    /// # Errors
    /// When Postgres is not installed.
    pub fn program(&self, port: u16, settings: &[&str]) -> Result<Program, Error> {
        let port = format!("port={port}");
        // No unix socket: the path of a clone is easily longer than the 107 bytes that such an address can have.
        let always = ["listen_addresses=127.0.0.1", "unix_socket_directories=", "log_min_messages=warning", &port];
        let mut arguments = vec!["-D".to_owned(), self.data.display().to_string()];
        arguments.extend(always.iter().chain(settings).flat_map(|setting| ["-c".to_owned(), (*setting).to_owned()]));
        Ok(Program {
            path: self.programs()?.server,
            arguments,
            environment: vec![],
            account: self.account()?,
            folder: self.data.clone(),
        })
    }

    /// How to connect to `database` at `address`, as a URL.
    #[must_use]
    pub fn url(&self, address: SocketAddr, database: &str) -> String {
        format!("postgresql://{ROLE}:{}@{address}/{database}", self.password)
    }

    /// Connects to `database` at `address`.
    ///
    /// # Errors
    /// In words, when the server does not answer or refuses.
    pub async fn connect(&self, address: SocketAddr, database: &str) -> Result<Client, String> {
        let url: Config = self.url(address, database).parse().map_err(in_words)?;
        let (client, connection) = tokio::time::timeout(ANSWER_TIMEOUT, url.connect(NoTls))
            .await
            .map_err(|_elapsed| "no answer".to_owned())?
            .map_err(in_words)?;
        // Its end shows up in every later call of the client.
        tokio::spawn(connection);
        Ok(client)
    }

    /// Whether the server at `address` answers a query.
    ///
    /// # Errors
    /// In words, when it does not.
    pub async fn check(&self, address: SocketAddr) -> Result<(), String> {
        let client = self.connect(address, "postgres").await?;
        client.simple_query("SELECT 1").await.map(drop).map_err(in_words)
    }

    /// Makes `database` if it is not there.
    ///
    /// # Errors
    /// In words, when the server does not.
    pub async fn create_database(&self, address: SocketAddr, database: &str) -> Result<(), String> {
        let client = self.connect(address, "postgres").await?;
        let there = client.query_opt("SELECT 1 FROM pg_database WHERE datname = $1", &[&database]).await;
        if there.map_err(in_words)?.is_none() {
            let quoted = database.replace('"', "\"\"");
            client.batch_execute(&format!("CREATE DATABASE \"{quoted}\"")).await.map_err(in_words)?;
        }
        Ok(())
    }
}

fn in_words(error: tokio_postgres::Error) -> String {
    match std::error::Error::source(&error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

/// Writes a file that only its owner can read.
pub(crate) fn write_private(path: &Path, text: &str) -> Result<(), Error> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = std::fs::OpenOptions::new();
    let file = options.write(true).create(true).truncate(true).mode(0o600).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes())).map_err(Error::path("write", path))
}

/// A server for a test: in a temporary folder, gone with this value or with the process.
pub type Temporary = temporary::Temporary<Cluster>;

/// A test's data is worth nothing after a crash.
const FAST: [&str; 5] =
    ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=16MB", "max_connections=40"];

impl Server for Cluster {
    const NAME: &'static str = "postgres";
    // Postgres's fast shutdown; SIGTERM would wait for the clients.
    const SIGNAL: &'static str = "INT";

    fn start_on(&self, port: u16) -> Result<Program, Error> {
        self.program(port, &FAST)
    }

    async fn answers(&self, address: SocketAddr) -> Result<(), String> {
        self.check(address).await
    }
}

impl Temporary {
    /// Starts a server and waits until it answers.
    ///
    /// # Errors
    /// When Postgres is not installed or does not start.
    pub async fn start() -> Result<Self, Error> {
        let folder = temporary::folder()?;
        let cluster = Cluster { data: folder.path().join("data"), password: secret::new()? };
        cluster.initialise()?;
        Self::of(cluster, folder).await
    }

    /// Makes `database` if it is not there, and says how to connect to it.
    ///
    /// # Errors
    /// In words, when the server does not.
    pub async fn database(&self, database: &str) -> Result<String, String> {
        self.server().create_database(self.address(), database).await?;
        Ok(self.server().url(self.address(), database))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_private_server_keeps_its_data_over_a_restart_and_goes_with_its_owner() {
        let mut server = Temporary::start().await.expect("starts");
        let address = server.address();
        server.database("shop").await.expect("is made");
        server.database("shop").await.expect("is there");
        let client = server.server().connect(address, "shop").await.expect("connects");
        client.batch_execute("CREATE TABLE t (n int); INSERT INTO t VALUES (7)").await.expect("writes");
        server.stop();
        assert!(server.server().check(address).await.is_err());
        server.start_again().await.expect("starts again");
        let client = server.server().connect(address, "shop").await.expect("connects");
        let row = client.query_one("SELECT n FROM t", &[]).await.expect("reads");
        assert_eq!(row.get::<_, i32>(0), 7);
        let (cluster, data) = (server.server().clone(), server.server().data.clone());
        drop(server);
        assert!(cluster.check(address).await.is_err());
        assert!(!data.exists());
    }

    #[tokio::test]
    async fn nobody_gets_in_without_the_password() {
        let server = Temporary::start().await.expect("starts");
        let stranger = Cluster { password: "guess".into(), ..server.server().clone() };
        let error = stranger.check(server.address()).await.expect_err("is refused");
        assert!(error.contains("password authentication failed"), "{error}");
    }
}
