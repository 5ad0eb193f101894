//! Where a service listens, and the file that tells others that it does.
//!
//! Accepts nothing itself: `serve.rs` does.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::os::unix::net::UnixStream as BlockingUnixStream;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use tokio::net::{TcpListener, UnixListener};

/// An address to listen on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listen {
    /// TCP. Port 0 asks the system for a free one.
    Tcp(SocketAddr),
    /// A unix-domain socket at this path.
    Unix(PathBuf),
}

impl FromStr for Listen {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.strip_prefix("unix:") {
            Some("") => Err("a path must follow `unix:`".into()),
            Some(path) => Ok(Self::Unix(path.into())),
            None => text.parse().map(Self::Tcp).map_err(|_| {
                format!("`{text}` is neither an IP address with a port, such as 127.0.0.1:7102, nor `unix:` and a path")
            }),
        }
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// A bound socket.
#[derive(Debug)]
pub enum Bound {
    /// TCP.
    Tcp(TcpListener),
    /// A unix-domain socket.
    Unix(UnixListener, PathBuf),
}

impl Bound {
    /// Where it really listens: with the port that the system chose.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn address(&self) -> io::Result<Listen> {
        match self {
            Self::Tcp(listener) => listener.local_addr().map(Listen::Tcp),
            Self::Unix(_, path) => Ok(Listen::Unix(path.clone())),
        }
    }
}

/// Binds `listen`. A socket file that nobody listens on any more is replaced.
///
/// # Errors
/// When the address is taken or may not be used.
pub async fn bind(listen: &Listen) -> io::Result<Bound> {
    match listen {
        Listen::Tcp(address) => TcpListener::bind(address).await.map(Bound::Tcp),
        Listen::Unix(path) => {
            let abandoned = matches!(BlockingUnixStream::connect(path),
                Err(error) if error.kind() == io::ErrorKind::ConnectionRefused);
            if abandoned {
                std::fs::remove_file(path)?;
            }
            UnixListener::bind(path).map(|listener| Bound::Unix(listener, path.clone()))
        }
    }
}

/// Writes `path` with the pid and the address, whole or not at all, so that a reader never sees half of it.
///
/// # Errors
/// When the file cannot be written.
pub fn write_ready_file(path: &Path, address: &Listen) -> io::Result<()> {
    let text = serde_json::json!({ "pid": std::process::id(), "address": address.to_string() }).to_string();
    let partial = path.with_extension("partial");
    std::fs::write(&partial, text)?;
    std::fs::rename(&partial, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_paths_are_understood() {
        assert_eq!("[::1]:80".parse(), Ok(Listen::Tcp(SocketAddr::from(([0, 0, 0, 0, 0, 0, 0, 1], 80)))));
        assert_eq!("unix:/run/p.sock".parse(), Ok(Listen::Unix("/run/p.sock".into())));
        for wrong in ["", "unix:", "7102", "localhost:7102", "127.0.0.1"] {
            assert!(wrong.parse::<Listen>().is_err(), "{wrong:?} was accepted");
        }
    }

    #[tokio::test]
    async fn an_abandoned_socket_file_is_replaced_and_a_live_one_is_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let listen = Listen::Unix(folder.path().join("s"));
        drop(bind(&listen).await.expect("binds"));
        let live = bind(&listen).await.expect("binds again over what the first left behind");
        let error = bind(&listen).await.expect_err("somebody listens");
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
        drop(live);
    }
}
