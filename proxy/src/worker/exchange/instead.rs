//! What becomes of an exchange when no attempt can be made: the upstream of the route's fallback, or a reply.
//!
//! Which fallback a route has, and when it may be used, is in `worker/fallback.rs`.

use super::Running;
use crate::worker::connection::After;
use crate::worker::upstream::Unavailable;

impl Running<'_> {
    /// Goes on at the upstream of the route's fallback, if that is the way out.
    pub(super) fn fall_back(&mut self, unavailable: &Unavailable) -> bool {
        let Some((upstream, admission)) = self.request.fall_back(unavailable.reason) else { return false };
        if self.exchange.rule().max() > 0 {
            upstream.count_request(self.connection.worker.ring.coarse_now());
        }
        (self.upstream, self.stand_in) = (upstream, Some(admission));
        true
    }

    /// No attempt can be made. What an earlier one failed with says more than that nothing else was left to try.
    pub(super) fn none_left(&mut self, unavailable: &Unavailable) -> After {
        if self.failure.is_none() {
            self.retry_after = unavailable.retry_after;
        }
        let verdict = self.exchange.refused(self.failure.unwrap_or(unavailable.reason));
        self.conclude(verdict)
    }
}
