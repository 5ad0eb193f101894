//! A response that is given up because another attempt may do better. Nothing of it has gone to the client.

use supplex_engine::http1::Framing;

use super::upload::Upload;
use super::{End, Relay};

/// The final response whose head has just been parsed.
pub(super) struct Candidate {
    pub(super) status: u16,
    pub(super) framing: Framing,
    /// Bytes that came behind the head.
    pub(super) behind: usize,
    /// Whether its connection can serve again, if the body ends as announced.
    pub(super) reusable: bool,
}

impl Relay<'_> {
    /// How the attempt ends if the response is given up; `None` when it is to be passed on.
    pub(super) fn hold_back(&mut self, response: &Candidate) -> Option<End> {
        let (worker, upstream) = (&self.connection.worker, self.upstream);
        let now = worker.ring.coarse_now();
        if !self.exchange.status_received(response.status, now, || upstream.may_retry(worker)) {
            return None;
        }
        // The connection is worth keeping if nothing more will come on it.
        let complete = match response.framing {
            Framing::None => response.behind == 0,
            Framing::Length(length) => length == response.behind as u64,
            Framing::Chunked | Framing::UntilClose => false,
        };
        Some(End::GivenUp { reusable: response.reusable && complete && self.upload == Upload::Done })
    }
}
