//! The `[telemetry]` table.

use crate::config::decode::need::{OPTIONAL, REQUIRED, text};
use crate::config::decode::table;
use crate::config::scalar::{LogFormat, LogPath};

table! {
    /// What the gateway tells about the traffic.
    Telemetry {
        /// The access log; none when left out.
        access_log: AccessLog = OPTIONAL,
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
