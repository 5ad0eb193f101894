//! A client that sends what it is told and reads strictly.

use std::net::TcpStream;
use std::ops::{Deref, DerefMut};

use super::{Gateway, Kind, Message, Wire};

/// One connection to the gateway. Bytes are sent and read as with any [`Wire`].
pub(crate) struct Client {
    wire: Wire,
}

impl Client {
    pub(crate) fn connect(gateway: &Gateway) -> Self {
        let stream = TcpStream::connect(gateway.address()).expect("the gateway listens");
        Self { wire: Wire::tcp(stream) }
    }

    /// The next response, interim or final.
    pub(crate) fn response(&mut self) -> Message {
        self.wire.message(Kind::Response).expect("a response comes before the connection ends")
    }

    /// The next response, to a HEAD.
    pub(crate) fn response_to_head(&mut self) -> Message {
        self.wire.message(Kind::HeadResponse).expect("a response comes before the connection ends")
    }

    /// Sends a request as written and reads its response.
    pub(crate) fn request(&mut self, bytes: impl AsRef<[u8]>) -> Message {
        self.send(bytes);
        self.response()
    }

    /// A plain GET.
    pub(crate) fn get(&mut self, target: &str) -> Message {
        self.request(get(target))
    }

    /// A plain GET to a gateway that may refuse the connection.
    pub(crate) fn request_or_gone(&mut self, target: &str) -> Option<Message> {
        let _ = self.try_send(get(target));
        self.wire.message(Kind::Response)
    }

    /// Closes with a reset instead of an end.
    pub(crate) fn reset(self) {
        self.wire.reset();
    }
}

impl Deref for Client {
    type Target = Wire;

    fn deref(&self) -> &Wire {
        &self.wire
    }
}

impl DerefMut for Client {
    fn deref_mut(&mut self) -> &mut Wire {
        &mut self.wire
    }
}

/// A plain GET as bytes.
pub(crate) fn get(target: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nHost: shop.test\r\n\r\n")
}
