//! The `[upstreams.NAME.health]` and `[upstreams.NAME.ejection]` tables.

use supplex_engine::config::Ratio;

use crate::config::decode::need::{OPTIONAL, fraction, number, text};
use crate::config::decode::table;
use crate::config::scalar::probe::{BodyPart, ProbeKind, StatusRange};
use crate::config::scalar::{Duration, Number, UrlPath};

table! {
    /// Active probes: every endpoint is asked at intervals whether it is well.
    Health {
        /// What a probe does: `http` asks for `path`, `tcp` only connects. Left out, it is `http` if there is a `path`.
        kind: ProbeKind = OPTIONAL,
        /// The path that an `http` probe asks for.
        path: UrlPath = OPTIONAL,
        /// From the start of one probe of an endpoint to the start of the next; 1ms to 24h.
        interval: Duration = text("1s"),
        /// How long a probe may take as a whole; 1ms to 24h.
        timeout: Duration = text("500ms"),
        /// Failed probes in a row that make an endpoint unhealthy; 1 to 1000.
        unhealthy_after: Number<1, 1_000> = number(2),
        /// Passed probes in a row that make it healthy again; 1 to 1000.
        healthy_after: Number<1, 1_000> = number(2),
        /// The status codes that pass an `http` probe: one, or the first and the last of a range; 100 to 599.
        expect_status: StatusRange = text("200-399"),
        /// Text that must occur in the first 64 KiB of the body of an `http` probe's response; 1 to 1024 bytes.
        expect_body: BodyPart = OPTIONAL,
    }
}

table! {
    /// Passive ejection: an endpoint whose attempts fail one after the other is left out for a while. Each worker goes by
    /// its own traffic.
    Ejection {
        /// Failed attempts in a row that eject an endpoint: no connection, a reset, a timeout, an answer that is not HTTP,
        /// or a status of 502, 503 or 504; 1 to 1000.
        consecutive_failures: Number<1, 1_000> = number(5),
        /// How long the first ejection lasts; one that follows closely lasts twice as long as the one before, up to 32
        /// times this; 1ms to 24h.
        eject_for: Duration = text("30s"),
        /// The largest share of the endpoints that may be ejected at once; above 0, at most 1.
        max_ejected: Ratio = fraction(0.5),
    }
}
