//! Rate limits, between routing and the exchange: what can be decided at once is, and the rest waits for the store.
//!
//! ```text
//!   begin ──leases cover it──────────────────► forward
//!     │ └──a refusal is remembered───────────► 429
//!     └──ask──► settle ──the store says yes──► forward
//!                 │ └────the store says no───► 429
//!                 └──────no answer in time───► on_store_error (`fallback.rs`)
//! ```
//!
//! The engine decides (`supplex_engine::limit`); this module asks, waits, counts and tells. Limits in shadow mode are
//! asked about only once the others let the request through, each alone, and nobody waits for them (`shadow.rs`): they
//! must not change anything. The body has not been read when a request is refused.

mod desk;
mod fallback;
mod shadow;

use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;

use supplex_engine::config::{LimitId, RouteId};
use supplex_engine::exchange::stages::limit_rate::{Counted, Counting, limit_rate};
use supplex_engine::http1::Framing;
use supplex_engine::limit::{self, Ruling, Standing, Told, Verdict, Wanted};
use supplex_engine::reason::Reason;
use supplex_engine::stats::{LimitDecision, LimitSource};
use supplex_engine::trace::Happening;

use super::Worker;
use super::connection::Connection;
use super::intake::{Intake, Plan, Refusal};
use super::live::Live;
use super::request::Request;
use crate::link::limits::StoreError;
pub(super) use desk::Desk;

/// What one request is charged to. Kept and used again, so that it allocates only at first.
#[derive(Default)]
pub(super) struct Demand {
    enforced: Vec<Wanted>,
    shadow: Vec<Wanted>,
}

impl Demand {
    /// Looks at a request whose head is complete.
    pub(super) fn gather(&mut self, live: &Live, route: RouteId, request: Counted<'_>) {
        self.clear();
        limit_rate(&live.snapshot, route, request, |counting| match counting {
            Counting::Enforced(wanted) => self.enforced.push(wanted),
            Counting::Shadow(wanted) => self.shadow.push(wanted),
            Counting::Exempt(limit) => count(live, limit, LimitDecision::Admitted, LimitSource::Exempt),
        });
    }

    fn clear(&mut self) {
        self.enforced.clear();
        self.shadow.clear();
    }
}

/// What came of a request's limits.
type Outcome = Result<Told, (Reason, Told)>;

/// A question under way. Dropping it leaves the question without an asker.
pub(super) struct Waiting {
    worker: Rc<Worker>,
    /// `None` once it has ended: the slot may be another question's then.
    slot: Option<usize>,
    until: u64,
}

/// Decides, or asks the store.
pub(super) fn begin(worker: &Rc<Worker>, plan: Plan, demand: &mut Demand) -> Intake {
    if demand.enforced.is_empty() && demand.shadow.is_empty() {
        return Intake::Forward(plan);
    }
    let (live, now) = (Rc::clone(&plan.request.live), worker.ring.coarse_now());
    let ruling = worker.limits.rule(&demand.enforced, now);
    if ruling.refuses() || ruling.admits() {
        if ruling.runs_low() {
            worker.limits.refill(&live, &demand.enforced, &ruling, now);
        }
        let outcome = announce(&plan.request, now, &demand.enforced, &ruling, None);
        return conclude(worker, plan, demand, outcome);
    }
    let asked = worker.limits.ask(&live, demand, &ruling, now);
    match asked {
        Ok(slot) => {
            let timeout = live.snapshot.redis.as_ref().map(|redis| redis.timeout);
            let until = now.saturating_add(limit::Desk::patience(timeout));
            Intake::Limit(plan, Waiting { worker: Rc::clone(worker), slot: Some(slot), until })
        }
        Err(_) => {
            let outcome = without_store(worker, &plan.request, &demand.enforced, &ruling, now);
            conclude(worker, plan, demand, outcome)
        }
    }
}

/// Waits for the store's answer and acts on it.
pub(super) async fn settle(connection: &Connection, plan: Plan, mut waiting: Waiting) -> Intake {
    let worker = &connection.worker;
    let result = poll_fn(|cx| {
        if let Some(result) = waiting.slot.and_then(|slot| worker.limits.poll_answer(slot, cx)) {
            return Poll::Ready(result);
        }
        connection.deadline.poll_until(cx, &worker.ring, || waiting.until).map(|()| Err(StoreError::Timeout))
    })
    .await;
    let Some((mut demand, ruling)) = waiting.slot.take().and_then(|slot| worker.limits.take(slot)) else {
        return refuse(plan, Reason::Internal);
    };
    let (live, now) = (Rc::clone(&plan.request.live), worker.ring.coarse_now());
    let outcome = match result {
        Ok(verdict) => {
            let verdict = worker.limits.answered(&demand.enforced, &ruling, &verdict, now);
            worker.limits.note_store(&live.snapshot, &demand.enforced, now, true);
            announce(&plan.request, now, &demand.enforced, &ruling, Some(&verdict))
        }
        Err(_) => {
            worker.limits.note_store(&live.snapshot, &demand.enforced, now, false);
            without_store(worker, &plan.request, &demand.enforced, &ruling, now)
        }
    };
    let step = conclude(worker, plan, &mut demand, outcome);
    worker.limits.spare(demand);
    step
}

impl Drop for Waiting {
    fn drop(&mut self) {
        // Ended already, unless the task ended before the answer came.
        if let Some((demand, ruling)) = self.slot.take().and_then(|slot| self.worker.limits.take(slot)) {
            self.worker.limits.given_up(&demand.enforced, &ruling);
            self.worker.limits.spare(demand);
        }
    }
}

fn without_store(worker: &Worker, request: &Request, wanted: &[Wanted], ruling: &Ruling, now: u64) -> Outcome {
    let alone = worker.limits.without_store(&request.live, wanted, ruling, now);
    fallback::announce(request, now, wanted, ruling, &alone)
}

fn conclude(worker: &Rc<Worker>, mut plan: Plan, demand: &mut Demand, outcome: Outcome) -> Intake {
    match outcome {
        Ok(told) => {
            plan.request.told = told;
            shadow::look_at(worker, &plan.request, &demand.shadow);
            Intake::Forward(plan)
        }
        Err((reason, told)) => {
            plan.request.told = told;
            refuse(plan, reason)
        }
    }
}

fn refuse(plan: Plan, reason: Reason) -> Intake {
    // What is left of the body would be taken for the next request.
    let close = plan.request.framing != Framing::None;
    Intake::Refuse(Refusal { request: plan.request, reason, detail: reason.row().title, close })
}

/// Counts what was decided, and notes what to tell the client. `verdict` is the store's, if it was asked.
fn announce(request: &Request, now: u64, wanted: &[Wanted], ruling: &Ruling, verdict: Option<&Verdict>) -> Outcome {
    let admitted = verdict.map_or(ruling.admits(), Verdict::admits);
    let mut told = Told::default();
    for (at, (wanted, standing)) in wanted.iter().zip(ruling.standings()).enumerate() {
        let (balance, source) = match standing {
            Standing::Leased(balance) => (Some(*balance), LimitSource::Lease),
            Standing::Remembered(balance) => (Some(*balance), LimitSource::Remembered),
            Standing::Ask { .. } => (verdict.and_then(|it| it.balances().get(at).copied()), LimitSource::Store),
        };
        // A remembered refusal leaves nothing to say about the other limits.
        let Some(balance) = balance else { continue };
        told.add(wanted.charge.limit, &balance);
        if admitted {
            decided(request, now, wanted.charge.limit, LimitDecision::Admitted, source);
        } else if !balance.covered {
            decided(request, now, wanted.charge.limit, LimitDecision::Refused, source);
        }
    }
    if admitted { Ok(told) } else { Err((Reason::LimitExceeded, told)) }
}

/// Counts a decision that the request's fate depends on, or would have, and notes it.
fn decided(request: &Request, now: u64, limit: LimitId, decision: LimitDecision, source: LimitSource) {
    count(&request.live, limit, decision, source);
    request.trace.note(now, || Happening::Limit { limit, decision, source });
}

fn count(live: &Live, limit: LimitId, decision: LimitDecision, source: LimitSource) {
    if let Some(block) = live.limit_block(limit) {
        block.decisions(decision, source).increment();
    }
}
