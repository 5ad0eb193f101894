//! What an upstream's response head means for the two connections.

use crate::http1::{Coding, Framing, ResponseHead, Version};

/// What the judgement needs to know of the request.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    /// The client's version.
    pub client: Version,
    /// Whether the client wants to keep its connection.
    pub keep_alive: bool,
    /// Whether the client asked to switch protocols.
    pub upgrade: bool,
    /// Whether the whole request has been forwarded.
    pub uploaded: bool,
    /// Whether the gateway wants the client to leave after this response.
    pub leaving: bool,
}

/// What kind of response it is and how to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// 1xx: more is to come (RFC 9110 section 15.2). Forwarded unless the client speaks HTTP/1.0.
    Interim {
        /// Whether the client can understand it.
        forward: bool,
    },
    /// 101: both sides speak another protocol from here on (RFC 9110 section 7.8).
    Switch,
    /// The response.
    Final {
        /// How the body goes on to the client.
        coding: Coding,
        /// Whether the client's connection ends with this response.
        close: bool,
        /// Whether the upstream's connection can serve again, if the body ends as announced.
        reusable: bool,
    },
    /// 101 without having been asked: the upstream is confused, and the connection with it.
    Unasked,
}

/// Judges a parsed response head.
#[must_use]
pub fn judge_response(head: &ResponseHead, asked: Asked) -> Judgement {
    if head.is_switch() {
        return if asked.upgrade { Judgement::Switch } else { Judgement::Unasked };
    }
    if head.is_interim() {
        return Judgement::Interim { forward: asked.client == Version::Http11 };
    }
    let framing = head.framing();
    // A client of HTTP/1.0 does not know chunks; it learns the end of the body from the close (RFC 9112 section 6.3).
    let strip = framing == Framing::Chunked && asked.client == Version::Http10;
    let ends_by_close = strip || framing == Framing::UntilClose;
    Judgement::Final {
        coding: if strip { Coding::Strip } else { Coding::Keep },
        // With a part of the request still to come, the next request's start could not be found safely.
        close: ends_by_close || !asked.keep_alive || !asked.uploaded || asked.leaving,
        reusable: head.keep_alive() && framing != Framing::UntilClose,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http1::{Limits, Method};

    const ASKED: Asked =
        Asked { client: Version::Http11, keep_alive: true, upgrade: false, uploaded: true, leaving: false };

    fn judge(bytes: &[u8], asked: Asked) -> Judgement {
        let mut head = ResponseHead::new();
        let parsed = head.parse(bytes, Limits { bytes: 1024, fields: 10 }, Method::Get);
        assert_eq!(parsed, Ok(Some(bytes.len())));
        judge_response(&head, asked)
    }

    #[test]
    fn a_plain_response_keeps_both_connections() {
        let expected = Judgement::Final { coding: Coding::Keep, close: false, reusable: true };
        assert_eq!(judge(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n", ASKED), expected);
    }

    #[test]
    fn a_body_that_ends_by_close_ends_both_connections() {
        let expected = Judgement::Final { coding: Coding::Keep, close: true, reusable: false };
        assert_eq!(judge(b"HTTP/1.1 200 OK\r\n\r\n", ASKED), expected);
    }

    #[test]
    fn an_old_client_gets_no_chunks() {
        let expected = Judgement::Final { coding: Coding::Strip, close: true, reusable: true };
        let asked = Asked { client: Version::Http10, ..ASKED };
        assert_eq!(judge(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", asked), expected);
    }

    #[test]
    fn an_early_response_ends_the_clients_connection() {
        let expected = Judgement::Final { coding: Coding::Keep, close: true, reusable: true };
        let asked = Asked { uploaded: false, ..ASKED };
        assert_eq!(judge(b"HTTP/1.1 413 No\r\ncontent-length: 0\r\n\r\n", asked), expected);
    }

    #[test]
    fn interim_responses_reach_only_clients_that_know_them() {
        let head = b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n";
        assert_eq!(judge(head, ASKED), Judgement::Interim { forward: true });
        assert_eq!(judge(head, Asked { client: Version::Http10, ..ASKED }), Judgement::Interim { forward: false });
    }

    #[test]
    fn switching_needs_to_be_asked_for() {
        let head = b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n";
        assert_eq!(judge(head, ASKED), Judgement::Unasked);
        assert_eq!(judge(head, Asked { upgrade: true, ..ASKED }), Judgement::Switch);
    }
}
