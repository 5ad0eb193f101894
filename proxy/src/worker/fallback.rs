//! What a route gives instead of a refusal when every endpoint of its upstream is left alone.
//!
//! Only then: what was refused for another reason never comes here, nor what failed unless it may be sent again.

use std::rc::Rc;

use supplex_engine::config::Fallback;
use supplex_engine::http1::{FallbackReply, Method, write_fallback_reply};
use supplex_engine::reason::Reason;

use super::admission::Admission;
use super::connection::{After, Connection};
use super::request::Request;
use super::upstream::LiveUpstream;

impl Request {
    fn fallback(&self, reason: Reason) -> Option<&Fallback> {
        let route = self.route.and_then(|id| self.live.route(id))?;
        route.fallback.as_ref().filter(|_| reason == Reason::BreakerOpen && !self.fell_back)
    }

    /// The upstream to try instead, if there is one that has room. Notes that the request goes there.
    pub(super) fn fall_back(&mut self, reason: Reason) -> Option<(Rc<LiveUpstream>, Admission)> {
        let Some(Fallback::Upstream(id)) = self.fallback(reason) else { return None };
        let id = *id;
        let upstream = self.live.upstream(id).cloned()?;
        let admission = upstream.gate.enter_now()?;
        self.upstream = Some(id);
        self.hash = self.fallback_hash;
        self.fell_back = true;
        Some((upstream, admission))
    }
}

impl Connection {
    /// Sends the fixed reply that the route has instead of a refusal for `reason`. Returns its status, what becomes of the
    /// connection and the length of the body; `None` when the route has no such reply.
    pub(super) fn reply_instead(&self, request: &Request, reason: Reason, close: bool) -> Option<(u16, After, u64)> {
        let Some(Fallback::Reply { status, content_type, body }) = request.fallback(reason) else { return None };
        let close = close || !request.keep_alive || self.leaving_since().is_some();
        let head_only = request.method == Method::Head;
        let scratch = &mut *self.worker.scratch.borrow_mut();
        scratch.out.clear();
        let reply = FallbackReply {
            status: *status,
            content_type,
            body,
            reason,
            request_id: self.record.id(),
            date: &self.worker.clock.date(),
            close,
            head_only,
            client: request.version,
        };
        write_fallback_reply(&mut scratch.out, &reply);
        request.explain_local(&self.worker, reason, &mut scratch.out);
        self.socket.send_opening(self.worker.ring.pool().write_all(&scratch.out));
        let sent = if head_only { 0 } else { body.len() as u64 };
        Some((*status, if close { After::Close } else { After::Next }, sent))
    }
}
