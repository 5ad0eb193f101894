//! Responses the gateway makes itself.

use supplex_engine::http1::{LocalReply, Method, write_local_reply};
use supplex_engine::reason::Reason;

use super::account::{Outcome, account};
use super::connection::{After, Connection};
use super::intake::Refusal;
use super::request::Request;

impl Connection {
    /// Answers a request that goes nowhere.
    pub(super) fn refuse(&self, refusal: &Refusal) -> After {
        let Refusal { request, reason, detail, close } = refusal;
        let now = self.worker.ring.precise_now();
        let (after, sent) = self.reply(request, *reason, detail, *close, None);
        let outcome = Outcome {
            status: Some(reason.status()),
            reason: Some(*reason),
            endpoint: None,
            retried: false,
            received: 0,
            sent,
            overhead: now.saturating_sub(request.started),
            upstream_time: None,
        };
        account(&self.worker, self.peer, &self.record, request, &outcome);
        after
    }

    /// Sends a local reply. `retry_after`: seconds, if it is known. Returns what becomes of the connection, and the length
    /// of the body.
    pub(super) fn reply(
        &self,
        request: &Request,
        reason: Reason,
        detail: &str,
        close: bool,
        retry_after: Option<u32>,
    ) -> (After, u64) {
        let close = close || !request.keep_alive || self.leaving_since().is_some();
        let scratch = &mut *self.worker.scratch.borrow_mut();
        scratch.out.clear();
        let reply = LocalReply {
            reason,
            detail,
            retry_after,
            request_id: self.record.id(),
            date: &self.worker.clock.date(),
            close,
            head_only: request.method == Method::Head,
            limited: request.limited(),
            client: request.version,
        };
        write_local_reply(&mut scratch.out, &reply);
        request.explain_local(&self.worker, reason, &mut scratch.out);
        let opening = self.worker.ring.pool().write_all(&scratch.out);
        self.socket.send_opening(opening);
        let head = memchr::memmem::find(&scratch.out, b"\r\n\r\n").map_or(0, |end| end + 4);
        (if close { After::Close } else { After::Next }, (scratch.out.len() - head) as u64)
    }
}
