//! What is counted and told while the store does not answer.
//!
//! The engine's `limit/desk/alone.rs` decides, as `on_store_error` of the limits says.

use supplex_engine::limit::{Alone, Ruling, Standing, Told, Wanted};
use supplex_engine::reason::Reason;
use supplex_engine::stats::{LimitDecision, LimitSource};

use super::{Outcome, decided};
use crate::worker::request::Request;

/// Counts what was decided, and notes what to tell the client.
pub(super) fn announce(request: &Request, now: u64, wanted: &[Wanted], ruling: &Ruling, alone: &Alone) -> Outcome {
    let mut told = Told::default();
    let balances = match alone {
        Alone::Closed(limit) => {
            decided(request, now, *limit, LimitDecision::Refused, LimitSource::Fallback);
            return Err((Reason::LimitStore, told));
        }
        Alone::Decided(balances) => balances,
    };
    for (wanted, balance) in wanted.iter().zip(balances) {
        let Some(balance) = balance else { continue };
        told.add(wanted.charge.limit, balance);
        if !balance.covered {
            decided(request, now, wanted.charge.limit, LimitDecision::Refused, LimitSource::Fallback);
        }
    }
    if !alone.admits() {
        return Err((Reason::LimitExceeded, told));
    }
    for (wanted, standing) in wanted.iter().zip(ruling.standings()) {
        let source = match standing {
            Standing::Leased(balance) => {
                told.add(wanted.charge.limit, balance);
                LimitSource::Lease
            }
            Standing::Ask { .. } | Standing::Remembered(_) => LimitSource::Fallback,
        };
        decided(request, now, wanted.charge.limit, LimitDecision::Admitted, source);
    }
    Ok(told)
}
