//! The `[telemetry]` table laid out as fields in words.

use super::fields::{Field, list};
use crate::config::{AccessLog, LogFormat, LogTarget, Ratio, Telemetry, Traces, words};

/// The fields of the table.
pub(super) fn fields(telemetry: &Telemetry) -> Vec<Field> {
    let Telemetry { access_log, explain_key, traces, latency_dump } = telemetry;
    let Traces { collector, sampler, slow_after } = traces;
    let mut fields: Vec<Field> = access_log.iter().flat_map(of_log).collect();
    fields.extend(explain_key.as_ref().map(|key| Field::secret("explain_key", key)));
    fields.extend(collector.as_ref().map(|collector| Field::new("otlp_endpoint", collector.url())));
    fields.push(Field::new("sample_ratio", sampler.ratio().map_or(0.0, Ratio::share).to_string()));
    fields.push(Field::new("slow_after", words::duration(*slow_after)));
    fields.push(Field::new("latency_dump", latency_dump.display().to_string()));
    fields
}

fn of_log(log: &AccessLog) -> Vec<Field> {
    let path = match &log.target {
        LogTarget::Stdout => "stdout".to_owned(),
        LogTarget::File(path) => path.display().to_string(),
    };
    let sample = Field::new("access_log.sample", log.sample.map_or(0.0, Ratio::share).to_string());
    let mut fields = vec![Field::new("access_log.path", path), sample];
    match &log.format {
        LogFormat::Combined => fields.push(Field::new("access_log.format", "combined")),
        LogFormat::Json(shown) => {
            fields.push(Field::new("access_log.format", "json"));
            fields.push(Field::new("access_log.fields", list(shown.iter().map(|field| field.word()))));
        }
    }
    fields
}
