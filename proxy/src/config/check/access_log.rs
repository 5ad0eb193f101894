//! The rules of `[telemetry] access_log`.

use supplex_engine::config::{AccessLog, LogField, LogFormat};

use crate::config::decode::{At, List, refuse_repeats};
use crate::config::problem::Problems;
use crate::config::raw::telemetry;
use crate::config::scalar;

pub(super) fn check(raw: telemetry::AccessLog, problems: &mut Problems) -> Option<AccessLog> {
    let format = match raw.format?.value {
        scalar::LogFormat::Json => LogFormat::Json(raw.fields.map_or_else(LogField::by_default, |fields| {
            let List(chosen) = fields.value;
            let repeated = "this field stands in the list already";
            refuse_repeats(chosen.iter().map(|field| (field.value, &field.span)), repeated, problems);
            chosen.into_iter().map(|field| field.value).collect()
        })),
        scalar::LogFormat::Combined => {
            if let Some(At { span, .. }) = raw.fields {
                let message = "the fields of the combined format are always the same".to_owned();
                problems.push_with(span, message, "remove `fields`, or set `format = \"json\"`");
            }
            LogFormat::Combined
        }
    };
    Some(AccessLog::new(raw.path?.value.0, format, raw.sample?.value.0))
}
