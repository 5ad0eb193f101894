//! Limits in shadow mode: they are charged and counted like any other, and change nothing.
//!
//! Each is asked about alone, because what is charged together must be enforced together; and nobody waits.

use std::rc::Rc;

use supplex_engine::limit::{Leases, Ruling, Standing, Table, Verdict, Wanted};
use supplex_engine::stats::{LimitDecision, LimitSource};

use super::{Live, Worker, count, fallback};
use crate::link::limits::StoreError;

/// Decides what can be decided, and asks about the rest. To be called once the request is let through.
pub(super) fn look_at(worker: &Rc<Worker>, live: &Rc<Live>, shadow: &[Wanted]) {
    let now = worker.ring.coarse_now();
    for wanted in shadow {
        let ruling = worker.limits.rule(std::slice::from_ref(wanted), now);
        match ruling.standings() {
            [Standing::Leased(_)] => count(live, wanted.charge.limit, LimitDecision::Admitted, LimitSource::Lease),
            [Standing::Remembered(_)] => {
                count(live, wanted.charge.limit, LimitDecision::Shadow, LimitSource::Remembered);
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
#[expect(clippy::too_many_arguments, reason = "it is called with the parts of a desk that is borrowed")]
pub(super) fn conclude(
    leases: &mut Leases,
    table: &mut Table,
    workers: usize,
    live: &Live,
    wanted: &Wanted,
    ruling: &Ruling,
    result: Result<Verdict, StoreError>,
    now: u64,
) {
    let list = std::slice::from_ref(wanted);
    let (passes, source) = match result {
        Ok(verdict) => (leases.answered(list, ruling, &verdict, now).admits(), LimitSource::Store),
        Err(_) => {
            leases.unanswered(list, ruling, true);
            (fallback::passes(table, workers, live, wanted, now), LimitSource::Fallback)
        }
    };
    let decision = if passes { LimitDecision::Admitted } else { LimitDecision::Shadow };
    count(live, wanted.charge.limit, decision, source);
}
