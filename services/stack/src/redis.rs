//! A private Redis: its own data folder, its own port on loopback, its own password.
//!
//! Whether the server is ready is found out by asking it. Never touches a server that somebody else runs. Where to read
//! on: `redis/watched.rs` and `redis/cluster.rs` for several that belong together.

pub mod cluster;
pub mod member;
pub mod watched;

use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::account::Account;
use crate::postgres::write_private;
use crate::process::Program;
use crate::temporary::{self, Server};
use crate::{Error, programs, secret};

/// How long one attempt to get an answer may take.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(2);

/// A data folder, which may not be there yet, and what belongs to it.
#[derive(Clone, Debug)]
pub struct Store {
    /// The data folder.
    pub data: PathBuf,
    /// The server's password.
    pub password: String,
}

impl Store {
    /// The account the server runs under.
    ///
    /// # Errors
    /// When the data belongs to somebody we cannot become.
    pub fn account(&self) -> Result<Option<Account>, Error> {
        Account::for_data(&self.data, &["redis"])
    }

    /// Makes the data folder if there is none, and writes the configuration for this port into it.
    ///
    /// # Errors
    /// When Redis is not installed or the folder cannot be written.
    pub fn program(&self, port: u16) -> Result<Program, Error> {
        let missing = || Error::Packages { missing: vec!["redis-server".into()], because: None };
        let path = programs::find("redis-server").ok_or_else(missing)?;
        let account = self.account()?;
        if !self.data.is_dir() {
            let mut private = std::fs::DirBuilder::new();
            private.mode(0o700).create(&self.data).map_err(Error::path("create", &self.data))?;
        }
        // The password stands in a file and not on the command line, which everybody can read.
        let file = self.data.join("redis.conf");
        let folder = self.data.display().to_string().replace('\\', "\\\\").replace('"', "\\\"");
        let password = &self.password;
        let text = format!(
            "bind 127.0.0.1\nport {port}\nrequirepass {password}\ndir \"{folder}\"\nsave 60 1\ndaemonize no\nlogfile \"\"\n"
        );
        write_private(&file, &text)?;
        for path in [&self.data, &file] {
            account.map_or(Ok(()), |account| account.own(path))?;
        }
        let arguments = vec![file.display().to_string()];
        Ok(Program { path, arguments, environment: vec![], account, folder: self.data.clone() })
    }

    /// How to connect to the server at `address`, as a URL.
    #[must_use]
    pub fn url(&self, address: SocketAddr) -> String {
        format!("redis://:{}@{address}/0", self.password)
    }

    /// Whether the server at `address` answers, and is the one with our password.
    ///
    /// # Errors
    /// In words, when it does not.
    pub async fn check(&self, address: SocketAddr) -> Result<(), String> {
        let exchange = async {
            let mut stream = TcpStream::connect(address).await?;
            let question = format!("AUTH {}\r\nPING\r\n", self.password);
            stream.write_all(question.as_bytes()).await?;
            // It hangs up once it has answered. (Sentinels know no QUIT.)
            stream.shutdown().await?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await?;
            Ok::<_, std::io::Error>(answer)
        };
        match tokio::time::timeout(ANSWER_TIMEOUT, exchange).await {
            Ok(Ok(answer)) if answer.starts_with("+OK\r\n+PONG\r\n") => Ok(()),
            Ok(Ok(answer)) => Err(answer.lines().next().unwrap_or("an empty answer").to_owned()),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_elapsed) => Err("no answer".to_owned()),
        }
    }
}

/// A server for a test: in a temporary folder, gone with this value or with the process.
pub type Temporary = temporary::Temporary<Store>;

impl Server for Store {
    const NAME: &'static str = "redis";
    const SIGNAL: &'static str = "TERM";

    fn start_on(&self, port: u16) -> Result<Program, Error> {
        self.program(port)
    }

    async fn answers(&self, address: SocketAddr) -> Result<(), String> {
        self.check(address).await
    }
}

impl Temporary {
    /// Starts a server and waits until it answers.
    ///
    /// # Errors
    /// When Redis is not installed or does not start.
    pub async fn start() -> Result<Self, Error> {
        let folder = temporary::folder()?;
        let store = Store { data: folder.path().join("data"), password: secret::new()? };
        Self::of(store, folder).await
    }

    /// How to connect, as a URL.
    #[must_use]
    pub fn url(&self) -> String {
        self.server().url(self.address())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_private_server_answers_until_its_owner_goes() {
        let server = Temporary::start().await.expect("starts");
        let (store, address) = (server.server().clone(), server.address());
        store.check(address).await.expect("answers");
        let stranger = Store { password: "guess".into(), ..store.clone() };
        assert!(stranger.check(address).await.expect_err("is refused").contains("WRONGPASS"));
        drop(server);
        assert!(store.check(address).await.is_err());
    }

    #[tokio::test]
    async fn a_stopped_server_comes_back_on_its_port() {
        let mut server = Temporary::start().await.expect("starts");
        let address = server.address();
        server.stop();
        assert!(server.server().check(address).await.is_err());
        server.start_again().await.expect("starts again");
        assert_eq!(server.address(), address);
        server.server().check(address).await.expect("answers");
    }
}
