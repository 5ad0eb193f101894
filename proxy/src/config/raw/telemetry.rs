//! The `[telemetry]` table.

use crate::config::decode::need::{OPTIONAL, REQUIRED, text};
use crate::config::decode::table;
use crate::config::scalar::{AdminToken, FilePath, LogFormat, LogPath};

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
    }
}

table! {
    /// Where the access log goes and how it is written.
    AccessLog {
        /// `stdout`, or the path of a file that is appended to.
        path: LogPath = REQUIRED,
        /// One JSON object per line is the only form.
        format: LogFormat = text("json"),
    }
}
