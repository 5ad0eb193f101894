//! What a worker holds for one exchange that goes on.

use std::cell::Cell;
use std::rc::Rc;

use supplex_engine::exchange::{Exchange, Verdict as Says};
use supplex_engine::limit::{Ruling, Wanted};
use supplex_engine::reason::Reason;
use supplex_engine::timer::TimerId;
use supplex_engine::upstream::Tried;
use supplex_engine::upstream::breaker::Permit;
use supplex_engine::upstream::queue::Ticket;

use super::ledger::End;
use super::live::{Live, LiveEndpoint, LiveUpstream};

/// A question under way.
pub(crate) struct Asking {
    pub(crate) question: usize,
    pub(crate) wanted: Vec<Wanted>,
    pub(crate) ruling: Ruling,
}

/// An attempt under way.
pub(crate) struct Attempt {
    /// In the network.
    pub(crate) number: usize,
    pub(crate) endpoint: Rc<LiveEndpoint>,
    /// `None` once the breaker was told.
    pub(crate) permit: Cell<Option<Permit>>,
    /// The epoch of the breaker when it was admitted.
    pub(crate) epoch: u16,
    pub(crate) begun: u64,
    pub(crate) pooled: bool,
    pub(crate) connected: bool,
    pub(crate) excused: Cell<bool>,
}

/// Where it stands.
pub(crate) enum Stage {
    /// It is being looked after.
    Moving,
    Limiting(Asking),
    Waiting {
        ticket: Ticket,
        since: u64,
    },
    Pausing {
        since: u64,
    },
    Trying(Attempt),
}

/// An exchange and what belongs to it.
pub(crate) struct Running {
    pub(crate) id: usize,
    pub(crate) live: Rc<Live>,
    pub(crate) route: usize,
    pub(crate) client: u32,
    pub(crate) upstream: Rc<LiveUpstream>,
    pub(crate) deadline: u64,
    /// Begins when the limits let it through.
    pub(crate) exchange: Exchange,
    pub(crate) begun: bool,
    pub(crate) stage: Stage,
    pub(crate) timer: Option<TimerId>,
    /// What the timer is for.
    pub(crate) until: u64,
    /// It has a place among those in flight.
    pub(crate) inside: bool,
    pub(crate) tried: Tried,
    pub(crate) failure: Option<Reason>,
    /// Retries that it has paused for.
    pub(crate) paused: u32,
    pub(crate) waited: u64,
}

/// What becomes of an exchange after something happened.
pub(crate) enum Goes {
    On,
    Over(End),
}

impl Running {
    /// Ends before the exchange began.
    pub(crate) fn refuse(&self, reason: Reason) -> Goes {
        assert!(!self.begun, "limits come first");
        Goes::Over(End::Reply(reason.into()))
    }

    /// Ends as a verdict says.
    pub(crate) fn obey(&self, verdict: Says) -> Goes {
        match verdict {
            Says::Retry => panic!("only a failed attempt is followed by another"),
            Says::Reply(reason) => Goes::Over(End::Reply(reason.into())),
            Says::Cut => Goes::Over(End::Cut),
        }
    }
}
