//! The end of an exchange: what the client gets when there is nothing to forward, and what is written down.

use supplex_engine::exchange::Verdict;
use supplex_engine::reason::Reason;
use supplex_engine::trace::Happening;

use super::{Running, Tally};
use crate::worker::account::{Outcome, account};
use crate::worker::connection::After;
use crate::worker::upstream::{Attempt, Unavailable};

impl Running<'_> {
    pub(super) fn attempt_over(&self, attempt: &Attempt) {
        let now = self.connection.worker.ring.coarse_now();
        self.request.trace.attempt_over(attempt, self.request.upstream, now);
    }

    /// No attempt can be made. What an earlier one failed with says more than that nothing else was left to try.
    pub(super) fn none_left(&mut self, unavailable: &Unavailable) -> After {
        if unavailable.reason == Reason::BreakerOpen {
            let (now, upstream) = (self.connection.worker.ring.coarse_now(), self.request.upstream);
            self.request.trace.note(now, || Happening::BreakersOpen { upstream });
        }
        if self.failure.is_none() {
            self.retry_after = unavailable.retry_after;
        }
        let verdict = self.exchange.refused(self.failure.unwrap_or(unavailable.reason));
        self.conclude(verdict)
    }

    pub(super) fn conclude(&mut self, verdict: Verdict) -> After {
        match verdict {
            Verdict::Reply(reason) => self.give_reply(reason),
            Verdict::Cut | Verdict::Retry => After::Gone,
        }
    }

    pub(super) fn give_reply(&mut self, reason: Reason) -> After {
        if self.exchange.attempts() == 0 {
            let now = self.connection.worker.ring.precise_now();
            self.tally.overhead = now.saturating_sub(self.request.started + self.waited);
        }
        self.request.note_end(self.exchange.attempts(), self.tally.overhead);
        self.reason = Some(reason);
        self.tally.status = Some(reason.status());
        // What is left of the body would be taken for the next request.
        let close = !self.body.is_done();
        if let Some((status, after, sent)) = self.connection.reply_instead(&self.request, reason, close) {
            self.tally.status = Some(status);
            self.tally.sent += sent;
            return after;
        }
        let detail = reason.row().title;
        let (after, sent) = self.connection.reply(&self.request, reason, detail, close, self.retry_after);
        self.tally.sent += sent;
        after
    }

    pub(super) fn account(&self, attempt: Option<&Attempt>) {
        let block = &self.upstream.block;
        let Tally { status, received, sent, overhead, ref upstream_time } = self.tally;
        if self.exchange.retried() {
            let answered = self.reason.is_none() && status.is_some_and(|status| status < 500);
            if answered { block.retried.increment() } else { block.retry_failed.increment() }
        }
        let outcome = Outcome {
            status,
            reason: self.reason.or(self.request.fell_back.then_some(Reason::BreakerOpen)),
            endpoint: attempt.map(|attempt| &*attempt.endpoint().label),
            retried: self.exchange.retried(),
            received: received + self.body.data_bytes(),
            sent,
            overhead,
            upstream_time: upstream_time.spent(),
        };
        account(&self.connection.worker, self.connection.peer, &self.connection.record, &self.request, &outcome);
    }
}
