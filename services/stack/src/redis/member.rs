//! A server of a test that belongs to others: a replica, a sentinel, or a node of a cluster.
//!
//! It is a private Redis with more lines in its configuration. Sentinels and clusters change that file themselves; a
//! member that is started again begins with the file as it was at first, and learns the rest from the others.

use std::io::Write;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::Store;
use crate::process::Program;
use crate::temporary::{self, Server};
use crate::{Error, port};

/// How long members may take to find each other.
const JOIN_LIMIT: Duration = Duration::from_secs(60);
/// Between two looks at a member that is waited for.
const INTERVAL: Duration = Duration::from_millis(20);

/// What a member is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A master or a replica.
    Data,
    /// A sentinel.
    Sentinel,
    /// A node of a cluster.
    Node,
}

/// A server that belongs to others.
#[derive(Clone, Debug)]
pub struct Member {
    store: Store,
    kind: Kind,
    lines: String,
}

impl Server for Member {
    const NAME: &'static str = "redis";
    const SIGNAL: &'static str = "TERM";

    fn start_on(&self, port: u16) -> Result<Program, Error> {
        let mut program = self.store.program(port)?;
        let path = self.store.data.join("redis.conf");
        let file = std::fs::OpenOptions::new().append(true).open(&path);
        let mut file = file.map_err(Error::path("open", &path))?;
        let mut lines = self.lines.clone();
        if self.kind == Kind::Node {
            // Otherwise it would be the port and 10000, which may be taken.
            lines.push_str(&format!("cluster-port {}\n", port::free()?));
        }
        file.write_all(lines.as_bytes()).map_err(Error::path("write", &path))?;
        if self.kind == Kind::Sentinel {
            program.arguments.push("--sentinel".to_owned());
        }
        Ok(program)
    }

    async fn answers(&self, address: SocketAddr) -> Result<(), String> {
        self.store.check(address).await
    }
}

/// A running member: in a temporary folder, gone with this value or with the process.
pub type Running = temporary::Temporary<Member>;

impl Running {
    /// Starts a member with these lines in its configuration.
    ///
    /// # Errors
    /// When Redis is not installed or does not start.
    pub(super) async fn with(kind: Kind, password: &str, lines: &str) -> Result<Self, Error> {
        let folder = temporary::folder()?;
        let store = Store { data: folder.path().join("data"), password: password.to_owned() };
        let lines = match kind {
            Kind::Sentinel => lines.to_owned(),
            // A replica is not made to wait for others that might want the same data.
            Kind::Data | Kind::Node => format!("masterauth {password}\nrepl-diskless-sync-delay 0\n{lines}"),
        };
        Self::of(Member { store, kind, lines }, folder).await
    }

    /// How to connect, as a URL.
    #[must_use]
    pub fn url(&self) -> String {
        let url = self.server().store.url(self.address());
        // Sentinels know no databases.
        url.trim_end_matches("/0").to_owned()
    }

    /// The password of all members.
    #[must_use]
    pub fn password(&self) -> &str {
        &self.server().store.password
    }

    /// The reply to a command, as it comes over the wire.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn tell(&self, command: &str) -> Result<String, Error> {
        let exchange = async {
            let mut stream = TcpStream::connect(self.address()).await?;
            let question = format!("AUTH {}\r\n{command}\r\n", self.password());
            stream.write_all(question.as_bytes()).await?;
            // It hangs up once it has answered.
            stream.shutdown().await?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await?;
            Ok::<_, std::io::Error>(answer)
        };
        let answer = exchange.await.map_err(Error::io("talk to Redis"))?;
        let reply = answer.strip_prefix("+OK\r\n").filter(|reply| !reply.is_empty());
        reply.map(str::to_owned).ok_or_else(|| Error::State(format!("Redis answers {answer:?} to {command}")))
    }

    async fn process(&self) -> Result<u32, Error> {
        let info = self.tell("INFO server").await?;
        let id = info.lines().find_map(|line| line.strip_prefix("process_id:")?.trim().parse().ok());
        id.ok_or_else(|| Error::State("Redis does not tell its process".into()))
    }

    /// Sends its process a signal, by the name without SIG. It must be listening.
    ///
    /// # Errors
    /// When it is not there.
    pub async fn signal(&self, name: &str) -> Result<(), Error> {
        let process = self.process().await?.to_string();
        let sent = std::process::Command::new("kill").arg(format!("-{name}")).arg(&process).status();
        match sent.map_err(Error::io("run kill"))? {
            status if status.success() => Ok(()),
            status => Err(Error::State(format!("kill -{name} {process}: {status}"))),
        }
    }

    /// Waits until the reply to `command` has `wanted` in it. A server that changes its role may hang up instead of
    /// answering, and is asked again.
    ///
    /// # Errors
    /// When it does not come to that.
    pub async fn tells(&self, command: &str, wanted: &str) -> Result<(), Error> {
        let begun = Instant::now();
        loop {
            match self.tell(command).await {
                Ok(reply) if reply.contains(wanted) => return Ok(()),
                Ok(reply) if begun.elapsed() > JOIN_LIMIT => {
                    return Err(Error::State(format!("{command}: no {wanted} in {reply}")));
                }
                Err(error) if begun.elapsed() > JOIN_LIMIT => return Err(error),
                Ok(_) | Err(_) => tokio::time::sleep(INTERVAL).await,
            }
        }
    }
}
