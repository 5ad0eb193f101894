//! One end of a connection: bytes out as given, whole messages in.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use socket2::SockRef;

use super::message::read_field;
use super::{GUARD, Message};

/// A stream of either family, with what was read ahead.
pub(crate) struct Wire {
    stream: Stream,
    ahead: Vec<u8>,
}

enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

/// What kind of message is expected; it decides how its body ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Request,
    Response,
    /// The response to a HEAD.
    HeadResponse,
}

impl Wire {
    pub(crate) fn tcp(stream: TcpStream) -> Self {
        stream.set_nodelay(true).expect("a socket option");
        stream.set_read_timeout(Some(GUARD)).expect("a socket option");
        stream.set_write_timeout(Some(GUARD)).expect("a socket option");
        Self { stream: Stream::Tcp(stream), ahead: Vec::new() }
    }

    pub(crate) fn unix(stream: UnixStream) -> Self {
        stream.set_read_timeout(Some(GUARD)).expect("a socket option");
        stream.set_write_timeout(Some(GUARD)).expect("a socket option");
        Self { stream: Stream::Unix(stream), ahead: Vec::new() }
    }

    // Sending.

    /// Sends `bytes`; the peer must take them.
    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.try_send(bytes).expect("the gateway takes what is sent");
    }

    /// Sends `bytes` to a peer that may have closed.
    pub(crate) fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        match &mut self.stream {
            Stream::Tcp(stream) => stream.write_all(bytes.as_ref()),
            Stream::Unix(stream) => stream.write_all(bytes.as_ref()),
        }
    }

    /// Sends `bytes` in pieces of at most `size`.
    pub(crate) fn send_in(&mut self, size: usize, bytes: impl AsRef<[u8]>) {
        bytes.as_ref().chunks(size).for_each(|piece| self.send(piece));
    }

    /// Sends what `next` gives until it has no more, or until the peer takes none for a moment. Returns the number of
    /// bytes sent in all, and whether the peer took none.
    pub(crate) fn send_until_stalled(&mut self, mut next: impl FnMut() -> Option<Vec<u8>>) -> (u64, Option<Vec<u8>>) {
        let mut sent = 0;
        self.set_write_timeout(Duration::from_millis(300));
        while let Some(piece) = next() {
            let mut at = 0;
            while at < piece.len() {
                let written = match &mut self.stream {
                    Stream::Tcp(stream) => stream.write(&piece[at..]),
                    Stream::Unix(stream) => stream.write(&piece[at..]),
                };
                match written {
                    Ok(length) => at += length,
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                        self.set_write_timeout(GUARD);
                        return (sent + at as u64, Some(piece[at..].to_vec()));
                    }
                    Err(error) => panic!("the peer broke the connection: {error}"),
                }
            }
            sent += piece.len() as u64;
        }
        self.set_write_timeout(GUARD);
        (sent, None)
    }

    fn set_write_timeout(&self, timeout: Duration) {
        self.socket().set_write_timeout(Some(timeout)).expect("a socket option");
    }

    /// Makes the system's own buffers small, so that it is seen early whether the other side reads.
    pub(crate) fn keep_buffers_small(&self) {
        self.socket().set_send_buffer_size(64 * 1024).expect("a socket option");
        self.socket().set_recv_buffer_size(64 * 1024).expect("a socket option");
    }

    fn socket(&self) -> SockRef<'_> {
        match &self.stream {
            Stream::Tcp(stream) => SockRef::from(stream),
            Stream::Unix(stream) => SockRef::from(stream),
        }
    }

    /// Closes the sending side.
    pub(crate) fn finish(&self) {
        self.socket().shutdown(Shutdown::Write).expect("the connection is there to be half-closed");
    }

    /// Closes with a reset instead of an end.
    pub(crate) fn reset(self) {
        self.socket().set_linger(Some(Duration::ZERO)).expect("a socket option");
    }

    // Receiving.

    /// Reads more; 0 at the end.
    fn fill(&mut self) -> io::Result<usize> {
        let mut piece = [0; 16 * 1024];
        let length = match &mut self.stream {
            Stream::Tcp(stream) => stream.read(&mut piece),
            Stream::Unix(stream) => stream.read(&mut piece),
        };
        if let Err(error) = &length {
            let hangs = matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut);
            assert!(!hangs, "nothing comes; so far: {:?}", String::from_utf8_lossy(&self.ahead));
        }
        let length = length?;
        self.ahead.extend_from_slice(&piece[..length]);
        Ok(length)
    }

    fn more(&mut self) {
        let length = self.fill().unwrap_or_else(|error| panic!("the connection broke within a message: {error}"));
        assert_ne!(length, 0, "the connection ended within a message: {:?}", String::from_utf8_lossy(&self.ahead));
    }

    /// The next `length` bytes.
    pub(crate) fn exactly(&mut self, length: usize) -> Vec<u8> {
        while self.ahead.len() < length {
            self.more();
        }
        self.ahead.drain(..length).collect()
    }

    /// Asserts that `bytes` come next.
    pub(crate) fn expect(&mut self, bytes: impl AsRef<[u8]>) {
        let bytes = bytes.as_ref();
        let got = self.exactly(bytes.len());
        assert_eq!(String::from_utf8_lossy(&got), String::from_utf8_lossy(bytes));
    }

    /// Asserts that the peer ends the connection properly and sends nothing before.
    pub(crate) fn expect_end(&mut self) {
        let end = self.fill().expect("the connection ends and is not broken");
        assert!(end == 0 && self.ahead.is_empty(), "more came: {:?}", String::from_utf8_lossy(&self.ahead));
    }

    /// Asserts that the peer ends or breaks the connection. Returns what it sent before.
    pub(crate) fn expect_gone(&mut self) -> Vec<u8> {
        while matches!(self.fill(), Ok(1..)) {}
        std::mem::take(&mut self.ahead)
    }

    /// Everything up to the end.
    ///
    /// # Errors
    /// When the peer breaks the connection instead of ending it.
    pub(crate) fn read_to_end(&mut self) -> io::Result<Vec<u8>> {
        while self.fill()? > 0 {}
        Ok(std::mem::take(&mut self.ahead))
    }

    fn line(&mut self) -> Vec<u8> {
        let mut from = 0;
        loop {
            if let Some(end) = self.ahead[from..].windows(2).position(|pair| pair == b"\r\n") {
                return self.ahead.drain(..from + end + 2).collect();
            }
            from = self.ahead.len().saturating_sub(1);
            self.more();
        }
    }

    /// The next head; `None` when the connection ended or broke before its first byte.
    pub(crate) fn head(&mut self) -> Option<Message> {
        if self.ahead.is_empty() && !matches!(self.fill(), Ok(1..)) {
            return None;
        }
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.extend(self.line());
        }
        Some(Message::read_head(&head))
    }

    /// The next message; `None` when the connection ended or broke before its first byte.
    pub(crate) fn message(&mut self, kind: Kind) -> Option<Message> {
        let mut message = self.head()?;
        self.body(&mut message, kind);
        Some(message)
    }

    /// The body that belongs to a head.
    pub(crate) fn body(&mut self, message: &mut Message, kind: Kind) {
        let bodiless = match kind {
            Kind::Request => false,
            Kind::Response => matches!(message.status(), 100..200 | 204 | 304),
            Kind::HeadResponse => true,
        };
        let (length, coding) = (message.field("content-length"), message.field("transfer-encoding"));
        assert!(length.is_none() || coding.is_none(), "two framings in {:?}", message.fields);
        match (length.map(str::to_owned), coding) {
            _ if bodiless => {}
            (Some(length), _) => {
                message.body = self.exactly(length.parse().expect("a length is a number"));
                message.raw.extend_from_slice(&message.body);
            }
            (None, Some(coding)) => {
                assert_eq!(coding, "chunked");
                self.chunks(message);
            }
            (None, None) if kind == Kind::Response => {
                while self.fill().expect("the body ends properly") > 0 {}
                message.body = std::mem::take(&mut self.ahead);
                message.raw.extend_from_slice(&message.body);
            }
            (None, None) => {}
        }
    }

    fn chunks(&mut self, message: &mut Message) {
        loop {
            let line = self.line();
            let size = std::str::from_utf8(&line[..line.len() - 2]).expect("a chunk size is text");
            let length = usize::from_str_radix(size, 16).unwrap_or_else(|_| panic!("not a bare size: {size:?}"));
            message.raw.extend_from_slice(&line);
            if length == 0 {
                break;
            }
            let chunk = self.exactly(length);
            message.chunks.push(length);
            message.raw.extend_from_slice(&chunk);
            message.body.extend_from_slice(&chunk);
            self.expect("\r\n");
            message.raw.extend_from_slice(b"\r\n");
        }
        loop {
            let line = self.line();
            message.raw.extend_from_slice(&line);
            if line == b"\r\n" {
                return;
            }
            let text = std::str::from_utf8(&line[..line.len() - 2]).expect("a trailer is text");
            message.trailers.push(read_field(text));
        }
    }
}
