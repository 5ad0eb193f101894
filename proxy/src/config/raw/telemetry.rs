//! The `[telemetry]` table.

use supplex_engine::config::{Collector, LogField};

use crate::config::decode::need::{OPTIONAL, REQUIRED, fraction, text};
use crate::config::decode::{List, table};
use crate::config::scalar::{AdminToken, Duration, FilePath, LogFormat, LogPath, Share};

table! {
    /// What the gateway tells about the traffic.
    Telemetry {
        /// The access log; none when left out.
        access_log: AccessLog = OPTIONAL,
        /// What the field `X-Supplex-Explain` is signed with, by which a client may have a real request explained; at most
        /// 256 characters. `gateway.admin_token` when left out; without either the field is ignored.
        explain_key: AdminToken = OPTIONAL,
        /// Where SIGUSR1 writes the latencies of the last minute, as an HdrHistogram log; a relative path begins in the folder that the gateway was started in.
        latency_dump: FilePath = text("supplex-latency.hlog"),
        /// Where spans are sent, by OTLP over HTTP: a URL of plain HTTP, to which `/v1/traces` is added. None are when left
        /// out; requests carry their traces on all the same.
        otlp_endpoint: Collector = OPTIONAL,
        /// The share of the traces beginning here that is sampled; 0 to 1. What a client says in `traceparent` counts before.
        sample_ratio: Share = fraction(0.01),
        /// How long an exchange takes at least so that its spans are kept although its trace is not sampled; 1ms to 24h. Those
        /// of exchanges that failed are kept in any case.
        slow_after: Duration = text("1s"),
    }
}

table! {
    /// Where the access log goes, how it is written, and which requests get a line.
    AccessLog {
        /// `stdout`, or the path of a file that is appended to.
        path: LogPath = REQUIRED,
        /// How a line looks: `json` for an object, `combined` for what Apache calls so.
        format: LogFormat = text("json"),
        /// The fields of a `json` line, in this order; all but `host`, `referer` and `user_agent` when left out.
        fields: List<LogField, 1> = OPTIONAL,
        /// The share of requests that get a line, from 0 to 1, chosen by the request's id. Those that were answered with 500
        /// or above, or by the gateway itself, always get one.
        sample: Share = fraction(1.0),
    }
}
