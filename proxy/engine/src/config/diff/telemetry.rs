//! The `[telemetry]` table laid out as fields in words.

use super::fields::{Field, list};
use crate::config::{AccessLog, LogField, LogFormat, LogTarget, Ratio, Telemetry};

/// The fields of the table.
pub(super) fn fields(telemetry: &Telemetry) -> Vec<Field> {
    let Telemetry { access_log, explain_key, latency_dump } = telemetry;
    let mut fields = access_log.as_ref().map(of_log).unwrap_or_default();
    fields.extend(explain_key.as_ref().map(|key| Field::secret("explain_key", key)));
    fields.push(Field::new("latency_dump", latency_dump.display().to_string()));
    fields
}

fn of_log(log: &AccessLog) -> Vec<Field> {
    let target = match &log.target {
        LogTarget::Stdout => "stdout".to_owned(),
        LogTarget::File(path) => path.display().to_string(),
    };
    let (format, shown) = match &log.format {
        LogFormat::Json(fields) => ("json", Some(list(fields.iter().map(|field: &LogField| field.word())))),
        LogFormat::Combined => ("combined", None),
    };
    let mut fields = vec![Field::new("access_log.path", target), Field::new("access_log.format", format)];
    fields.extend(shown.map(|shown| Field::new("access_log.fields", shown)));
    fields.push(Field::new("access_log.sample", log.sample.map_or(0.0, Ratio::share).to_string()));
    fields
}
