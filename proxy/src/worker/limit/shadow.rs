//! Limits in shadow mode: they are charged and counted like any other, and change nothing.
//!
//! Each is asked about alone, because what is charged together must be enforced together; and nobody waits.

use std::rc::Rc;

use supplex_engine::limit::{self, Ruling, Standing, Verdict, Wanted};
use supplex_engine::stats::{LimitDecision, LimitSource};

use super::{Live, Worker, count, decided};
use crate::link::limits::StoreError;
use crate::worker::request::Request;

/// Decides what can be decided, and asks about the rest. To be called once the request is let through.
pub(super) fn look_at(worker: &Rc<Worker>, request: &Request, shadow: &[Wanted]) {
    let (live, now) = (&request.live, worker.ring.coarse_now());
    for wanted in shadow {
        let ruling = worker.limits.rule(std::slice::from_ref(wanted), now);
        match ruling.standings() {
            [Standing::Leased(_)] => {
                decided(request, now, wanted.charge.limit, LimitDecision::Admitted, LimitSource::Lease);
            }
            [Standing::Remembered(_)] => {
                decided(request, now, wanted.charge.limit, LimitDecision::Shadow, LimitSource::Remembered);
            }
            _ => {
                if worker.limits.ask_aside(live, *wanted, &ruling, now).is_err() {
                    worker.limits.shadow_without_store(live, wanted, &ruling, now);
                }
            }
        }
    }
}

/// Counts what the store said, or what would have been done without it.
pub(super) fn conclude(
    desk: &mut limit::Desk,
    live: &Live,
    wanted: &Wanted,
    ruling: &Ruling,
    result: Result<Verdict, StoreError>,
    now: u64,
) {
    let list = std::slice::from_ref(wanted);
    let (passes, source) = match result {
        Ok(verdict) => (desk.answered(list, ruling, &verdict, now).admits(), LimitSource::Store),
        Err(_) => (desk.without_store(&live.snapshot.limits, list, ruling, now).admits(), LimitSource::Fallback),
    };
    let decision = if passes { LimitDecision::Admitted } else { LimitDecision::Shadow };
    count(live, wanted.charge.limit, decision, source);
}
