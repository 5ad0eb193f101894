//! What is recorded as traces, and where it goes.

use super::*;

#[test]
fn traces_go_where_and_as_often_as_is_written() {
    let with = |keys: &str| format!("{HEAD}{ROUTE}{UPSTREAM}[telemetry]\n{keys}\n");
    let written = "otlp_endpoint = \"http://jaeger:4318\"\nsample_ratio = 0\nslow_after = \"250ms\"";
    let traces = accepted(&with(written)).telemetry.traces;
    assert_eq!(traces.collector.map(|it| it.url()).as_deref(), Some("http://jaeger:4318/v1/traces"));
    assert_eq!((traces.sampler.ratio(), traces.slow_after), (None, Duration::from_millis(250)));
    let wrong = "otlp_endpoint = \"https://jaeger\"\nsample_ratio = 1.5\nslow_after = \"0s\"";
    assert_eq!(
        said(&with(wrong)),
        [
            "error: telemetry.otlp_endpoint: spans cannot be sent over TLS",
            "error: telemetry.sample_ratio: must be from 0 to 1",
            "error: telemetry.slow_after: must be at least 1ms",
        ]
    );
}
