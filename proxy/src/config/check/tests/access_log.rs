//! `[telemetry] access_log`: what may be chosen, and what is said about the rest.

use supplex_engine::config::{AccessLog, LogField, LogFormat, LogTarget, Ratio};

use super::{HEAD, ROUTE, UPSTREAM, accepted, said};

fn text(log: &str) -> String {
    format!("{HEAD}{ROUTE}{UPSTREAM}[telemetry]\naccess_log = {{ path = \"stdout\", {log} }}\n")
}

#[test]
fn format_fields_and_sample_are_checked() {
    for (log, wanted) in [
        ("format = \"combined\", sample = 0.5", ""),
        ("fields = [\"reason\", \"user_agent\"], sample = 0", ""),
        ("format = \"clf\"", "error: telemetry.access_log.format: unknown log format `clf`"),
        ("fields = []", "error: telemetry.access_log.fields: the list is empty"),
        ("fields = [\"code\"]", "error: telemetry.access_log.fields.0: unknown field `code`"),
        ("fields = [\"status\", \"status\"]", "error: this field stands in the list already"),
        (
            "format = \"combined\", fields = [\"status\"]",
            "error: the fields of the combined format are always the same",
        ),
        ("sample = 1.5", "error: telemetry.access_log.sample: must be from 0 to 1"),
    ] {
        let wanted: Vec<&str> = Some(wanted).filter(|wanted| !wanted.is_empty()).into_iter().collect();
        assert_eq!(said(&text(log)), wanted, "{log}");
    }
}

#[test]
fn fields_keep_their_order() {
    let log = accepted(&text("fields = [\"status\", \"request_id\"], sample = 0.25")).telemetry.access_log;
    let json = LogFormat::Json(Box::new([LogField::Status, LogField::RequestId]));
    assert_eq!(log, Some(AccessLog::new(LogTarget::Stdout, json, Ratio::new(0.25))));
    let combined = accepted(&text("format = \"combined\", sample = 0")).telemetry.access_log;
    assert_eq!(combined, Some(AccessLog::new(LogTarget::Stdout, LogFormat::Combined, None)));
}
