//! One saga in our hands, step by step, until it rests, waits, or is somebody else's.

use std::sync::atomic::Ordering;

use jiff::Timestamp;
use tracing::Instrument;

use super::Inner;
use crate::calls::Said;
use crate::case::Case;
use crate::saga::pause::{self, STUCK};
use crate::saga::{Answer, State, Step};
use crate::store::Record;

impl Inner {
    pub(super) async fn drive(&self, case: Case) {
        let span = tracing::info_span!(
            "saga",
            order = %case.order,
            request_id = case.trace.request_id,
            traceparent = case.trace.traceparent,
        );
        self.steps(case).instrument(span).await;
    }

    async fn steps(&self, mut case: Case) {
        while let Some(step) = case.state.step() {
            if self.finishing.load(Ordering::Relaxed) {
                if let Err(error) = self.store.release(&case).await {
                    tracing::warn!(%error, "a saga was not given back; others wait for the end of its lease");
                }
                return;
            }
            let said = self.calls.ask(step, &case).await;
            let before = case.state;
            match self.write_down(&case, step, &said).await {
                Some(next) => case = next,
                None => return,
            }
            if case.state == before {
                return;
            }
        }
        self.rests(&case);
    }

    /// Writes down what was said. `None` when the case is not ours any more.
    async fn write_down(&self, case: &Case, step: Step, said: &Said) -> Option<Case> {
        let answer = said.seen.means(step);
        let turn = case.turn(answer, Timestamp::now());
        self.counters.step(step.word(), answer.word());
        let longest = self.work.saga_longest_pause;
        let pause = pause::after(case.tries.saturating_add(1), longest, fastrand::f64());
        let pause = pause.max(said.retry_after.unwrap_or_default().min(longest));
        if turn.state == case.state {
            in_vain(case, step, said, answer);
        }
        let record = Record { answer, seen: &said.seen, turn, pause, lease: self.work.saga_lease };
        match self.store.record(case, &record).await {
            Ok(Some(next)) => {
                if let Some(reason) = turn.reason {
                    self.counters.order(reason.word());
                }
                Some(next)
            }
            Ok(None) => {
                tracing::info!(step = step.word(), "another process has taken this over");
                None
            }
            Err(error) => {
                tracing::warn!(%error, step = step.word(), "an answer cannot be written down; it is asked for again");
                None
            }
        }
    }

    fn rests(&self, case: &Case) {
        match case.state {
            State::Paid => self.counters.order("paid"),
            State::Cancelled => self.counters.order("cancelled"),
            // Counted by its reason where that was decided.
            _ => {}
        }
        tracing::info!(state = case.state.word(), "an order has come to rest");
        // Nobody may be waiting.
        let _receivers = self.ends.send(case.order);
    }
}

fn in_vain(case: &Case, step: Step, said: &Said, answer: Answer) {
    let (step, tries, why) = (step.word(), case.tries.saturating_add(1), said.seen.note().unwrap_or_default());
    match answer {
        // What takes something back cannot be refused, unless somebody else had a hand in this.
        Answer::Refused | Answer::Done => tracing::error!(step, tries, why, "a step contradicts what was done before"),
        _ if tries >= STUCK => tracing::error!(step, tries, why, "a saga is stuck; it goes on with the longest pause"),
        _ => tracing::info!(step, tries, why, "a step was tried in vain"),
    }
}
