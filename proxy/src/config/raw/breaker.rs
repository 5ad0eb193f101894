//! The `[upstreams.NAME.breaker]` tables.

use supplex_engine::config::{BreakerMode, Ratio};

use crate::config::decode::need::{OPTIONAL, fraction, number, text};
use crate::config::decode::table;
use crate::config::scalar::{Duration, Number};

table! {
    /// When an endpoint is left alone because it fails, and how it comes back. Each endpoint has a breaker of its own;
    /// without this table there is none.
    Breaker {
        /// Over how long results are counted, in ten buckets; 100ms to 24h.
        window: Duration = text("10s"),
        /// With fewer results than this within the window, over all workers, no ratio opens it; 1 to 1000000.
        min_requests: Number<1, 1_000_000> = number(20),
        /// Opens at this share of failures (no connection, reset, timeout, 502, 503, 504); above 0, up to 1.
        error_ratio: Ratio = fraction(0.5),
        /// An answer whose head takes longer is slow; 1ms to 24h.
        slow_after: Duration = text("1s"),
        /// Opens at this share of slow answers; above 0, up to 1.
        slow_ratio: Ratio = fraction(0.8),
        /// How long it stays open; up to a tenth longer by chance, and up to ten times as long when it opens again and
        /// again; 1ms to 24h.
        open_for: Duration = text("30s"),
        /// How many attempts are let through to find out whether the endpoint is well; all of them must succeed; 1 to
        /// 100.
        probes: Number<1, 100> = number(3),
        /// Opens after so many failures to connect in a row, however few requests there were; 1 to 1000000.
        connect_failures: Number<1, 1_000_000> = number(5),
        /// How long the endpoint takes to come back to its whole share, beginning with a tenth, while others can stand
        /// in for it; at once when left out; 1ms to 24h.
        return_over: Duration = OPTIONAL,
        /// `enforce` acts, `shadow` only shows what it would do, `off` does nothing.
        mode: BreakerMode = text("enforce"),
    }
}
