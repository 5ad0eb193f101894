//! The rest of the request body, from the client to the upstream.

use std::task::{Context, Poll};

use supplex_engine::http1::TrailerName;
use supplex_engine::reason::Reason;

use super::{End, Progress, Relay, UNSENT_MOST, Wait, pass};
use crate::ring::{Chunk, Received};
use crate::worker::authenticate::refuses_trailer;

/// Where the request body stands.
///
/// ```text
///   Body ──the last byte was passed on──► Done
///    └──the upstream takes no more──► Stopped (its response may still come)
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Upload {
    Body,
    Done,
    Stopped,
}

impl Relay<'_> {
    pub(super) fn poll_upload(&mut self, cx: &Context<'_>) -> Progress {
        if self.upload != Upload::Body {
            let broken = self.connection.socket.poll_broken(cx).is_ready();
            return if broken { Progress::Over(End::ClientGone) } else { Progress::Idle };
        }
        match self.socket.poll_room(cx, UNSENT_MOST) {
            Poll::Ready(Ok(())) => {}
            Poll::Ready(Err(_)) => {
                // An upstream may answer and close without reading all (RFC 9112 section 9.5).
                self.upload = Upload::Stopped;
                return Progress::Moved;
            }
            Poll::Pending => return Progress::Waits(Wait::Upstream),
        }
        match self.connection.socket.poll_recv(cx) {
            Poll::Ready(Received::Data(chunk)) => self.pass_up(chunk),
            // The body was announced longer than it is (RFC 9112 section 8).
            Poll::Ready(Received::End) => Progress::Over(End::ClientFault(Reason::RequestMalformed)),
            Poll::Ready(Received::Broken) => Progress::Over(End::ClientGone),
            Poll::Pending => Progress::Waits(Wait::Client),
        }
    }

    fn pass_up(&mut self, chunk: Chunk) -> Progress {
        self.exchange.body_forwarded();
        let socket = &self.socket;
        let refuses = |name: TrailerName<'_>| refuses_trailer(self.request, name);
        let rest = match pass(self.body, chunk, refuses, |piece| socket.send(piece)) {
            Ok(rest) => rest,
            Err(violation) => return Progress::Over(End::ClientFault(violation.reason())),
        };
        if self.body.data_bytes() > self.connection.listener.settings().max_body_bytes {
            return Progress::Over(End::ClientFault(Reason::BodyTooLarge));
        }
        if self.body.is_done() {
            self.upload = Upload::Done;
            self.connection.socket.set_bulk(false);
            // The beginning of the next request.
            if let Some(rest) = rest {
                self.connection.socket.unread(rest);
            }
        }
        Progress::Moved
    }
}
