//! One plain HTTP request on a connection of its own, for the checks before a run. Never used under measurement.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

/// Status and body of an answer; the body as it came, chunk sizes included if there were any.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

/// Fetches a path and reads to the end of the connection.
pub(crate) fn fetch(address: SocketAddr, path: &str) -> io::Result<Answer> {
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1))?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).map_err(|error| {
        io::Error::other(format!("http://{address}{path}: no end of the answer to `Connection: close`: {error}"))
    })?;
    let head_end = end_of_head(&bytes).ok_or_else(|| io::Error::other(format!("{address}{path}: no response head")))?;
    let status = status_of(&bytes).ok_or_else(|| io::Error::other(format!("{address}{path}: no status line")))?;
    Ok(Answer { status, body: bytes.split_off(head_end) })
}

/// Where the body begins.
pub(crate) fn end_of_head(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|window| window == b"\r\n\r\n").map(|at| at + 4)
}

/// The status code of a response.
pub(crate) fn status_of(bytes: &[u8]) -> Option<u16> {
    let line = std::str::from_utf8(bytes.get(..12)?).ok()?;
    line.strip_prefix("HTTP/1.1 ")?.parse().ok()
}

/// A loopback address whose port was free a moment ago.
pub(crate) fn free_address() -> io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}

/// Whether something listens there.
pub(crate) fn answers(address: SocketAddr) -> bool {
    TcpStream::connect_timeout(&address, Duration::from_millis(200)).is_ok()
}
