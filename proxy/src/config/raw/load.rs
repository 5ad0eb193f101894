//! The small tables about retries and load, inside those of the gateway, of routes and of upstreams.

use crate::config::decode::need::{OPTIONAL, REQUIRED, flag, fraction, number, text};
use crate::config::decode::{List, table};
use crate::config::scalar::{Duration, Number, RetryCause, Share};

table! {
    /// When a failed attempt is followed by another one. Only for methods that are idempotent, or when nothing of the
    /// request was sent; never after the client has seen a part of a response.
    Retries {
        /// The most attempts after the first one; 0 to 5.
        max: Number<0, 5> = number(1),
        /// What is worth another attempt: `connect`, `reset`, `timeout`, and the statuses `502`, `503` and `504`. All but
        /// `timeout` when left out.
        on: List<RetryCause, 1> = OPTIONAL,
        /// The bound of the random pause before the first retry, doubled with each one; 1ms to 24h.
        backoff: Duration = text("25ms"),
        /// Whether requests with an `Idempotency-Key` field are sent again whatever their method.
        post_with_idempotency_key: bool = flag(false),
    }
}

table! {
    /// When a request that has no answer is sent to another endpoint as well; the first that answers wins. Only for methods
    /// that are idempotent, and as long as the `retry_budget` of the upstream allows it.
    Hedge {
        /// How long the first attempt may go without an answer; 1ms to 24h.
        after: Duration = REQUIRED,
    }
}

table! {
    /// How many retries an upstream puts up with. Counted over ten seconds, by each worker for itself.
    RetryBudget {
        /// Retries relative to the requests of routes that retry; 0 to 1.
        ratio: Share = fraction(0.2),
        /// Retries that are always allowed, per second and over all workers together; 0 to 1000000.
        min_per_second: Number<0, 1_000_000> = number(3),
    }
}

table! {
    /// What waits while `max_in_flight` exchanges are under way: first in, first out within a worker.
    Queue {
        /// The most exchanges that wait, over all workers together; each worker has an equal share. 0 to 1000000, where 0
        /// refuses at once.
        max: Number<0, 1_000_000> = number(0),
        /// How long one waits at most; 1ms to 24h.
        timeout: Duration = text("100ms"),
    }
}

table! {
    /// When a worker refuses requests because it is overloaded: routes of low priority first, then those of normal
    /// priority, never those of high priority.
    Shed {
        /// How long tasks that are ready may have to wait for their turn, all the time for 100 ms, before requests are
        /// refused; 1ms to 24h.
        queue_delay: Duration = text("50ms"),
    }
}
