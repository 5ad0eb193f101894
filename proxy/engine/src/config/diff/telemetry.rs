//! The `[telemetry]` table laid out as fields in words.

use super::fields::Field;
use crate::config::{AccessLog, Telemetry};

/// The fields of the table.
pub(super) fn fields(telemetry: &Telemetry) -> Vec<Field> {
    let Telemetry { access_log, explain_key, latency_dump } = telemetry;
    let log = access_log.as_ref().map(|log| match log {
        AccessLog::Stdout => "stdout".to_owned(),
        AccessLog::File(path) => path.display().to_string(),
    });
    let log = log.map(|path| Field::new("access_log.path", path));
    let key = explain_key.as_ref().map(|key| Field::secret("explain_key", key));
    let dump = Field::new("latency_dump", latency_dump.display().to_string());
    log.into_iter().chain(key).chain([dump]).collect()
}
