//! The `[upstreams.NAME.adaptive]` table.

use supplex_engine::config::Tolerance;

use crate::config::decode::need::{OPTIONAL, fraction, number, text};
use crate::config::decode::table;
use crate::config::scalar::{Duration, Number};

table! {
    /// Lowers `max_in_flight` at run time to what the upstream can do without letting requests queue, by how much longer
    /// than usual its answers take. For upstreams whose answers all take about equally long.
    Adaptive {
        /// The limit never falls below this; 1 to 10000000. Left out, it is `max` if that is smaller.
        min: Number<1, 10_000_000> = number(8),
        /// The limit never rises above this, and begins with it; `max_in_flight` when left out; 1 to 10000000.
        max: Number<1, 10_000_000> = OPTIONAL,
        /// For how long latencies are gathered at least before the limit is set anew; 10ms to 24h.
        window: Duration = text("100ms"),
        /// How many times as long as without load an answer may take before the limit is lowered; 1.1 to 10.
        tolerance: Tolerance = fraction(1.5),
        /// How old the latency without load may become before it is measured again, if requests are held back; 1ms to 24h.
        remeasure: Duration = text("30s"),
    }
}
