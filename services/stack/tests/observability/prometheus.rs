//! Asks a Prometheus what Grafana would ask it.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::net::SocketAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;
use supplex_stack::http;

const LIMIT: Duration = Duration::from_secs(30);

/// A Prometheus.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Prometheus {
    pub(crate) address: SocketAddr,
    /// When there was nothing in it, in seconds since 1970.
    pub(crate) begun: f64,
}

/// A series of an answer.
#[derive(Clone, Debug)]
pub(crate) struct Series {
    pub(crate) labels: BTreeMap<String, String>,
    /// Without what is not a number.
    pub(crate) values: Vec<f64>,
}

/// Seconds since 1970.
pub(crate) fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs_f64()
}

impl Prometheus {
    /// An expression from the beginning until now, once a second. Series without a value are left out.
    pub(crate) async fn range(&self, expression: &str) -> Result<Vec<Series>, String> {
        let times = format!("start={:.3}&end={:.3}&step=1", self.begun, now());
        let data = self.ask(&format!("/api/v1/query_range?{times}&query={}", encoded(expression))).await?;
        let series = data["result"].as_array().ok_or("no list of series")?.iter().map(|series| {
            let labels = series["metric"].as_object().into_iter().flatten();
            let points = series["values"].as_array().into_iter().flatten();
            let number = |point: &Value| point[1].as_str()?.parse::<f64>().ok().filter(|value| !value.is_nan());
            Series {
                labels: labels.map(|(key, value)| (key.clone(), value.as_str().unwrap_or_default().into())).collect(),
                values: points.filter_map(number).collect(),
            }
        });
        Ok(series.filter(|series| !series.values.is_empty()).collect())
    }

    /// The values that a label of a metric has.
    pub(crate) async fn label_values(&self, metric: &str, label: &str) -> Result<Vec<String>, String> {
        let data = self.ask(&format!("/api/v1/label/{label}/values?match[]={metric}")).await?;
        let values = data.as_array().ok_or("no list of values")?.iter();
        Ok(values.filter_map(|value| value.as_str().map(str::to_owned)).collect())
    }

    /// Waits until the last value of one of the series is at least this.
    pub(crate) async fn wait_for(&self, expression: &str, least: f64) {
        let reached = |series: &Series| series.values.last().is_some_and(|value| *value >= least);
        let mut last = Ok(Vec::new());
        for _ in 0..600 {
            last = self.range(expression).await;
            if last.as_ref().is_ok_and(|series| series.iter().any(reached)) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("{expression} does not come to {least}: {last:?}");
    }

    async fn ask(&self, path: &str) -> Result<Value, String> {
        let answer = http::get(self.address, path, LIMIT).await?;
        let mut document: Value = serde_json::from_str(&answer.body).map_err(|error| format!("{error}: {path}"))?;
        match document["status"].as_str() {
            Some("success") => Ok(document["data"].take()),
            _ => Err(format!("{path}: {document}")),
        }
    }
}

/// Text as a part of a URL's query.
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            // Writing into a text cannot fail.
            _ => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}
