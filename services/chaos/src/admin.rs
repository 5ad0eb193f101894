//! What processes say about themselves: metrics and JSON of the gateway's admin endpoint, metrics of the services.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use supplex_stack::http;

/// How long an answer may take.
const LIMIT: Duration = Duration::from_secs(5);

/// Metrics as they were at one moment.
#[derive(Clone, Debug, Default)]
pub struct Metrics(String);

impl Metrics {
    /// Those at `address`.
    ///
    /// # Errors
    /// In words, when there is no answer.
    pub async fn of(address: SocketAddr) -> Result<Self, String> {
        text(address, "/metrics").await.map(Self)
    }

    /// The sum of all series of this name whose labels have these values.
    #[must_use]
    pub fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let wanted: Vec<_> = labels.iter().map(|(label, value)| format!("{label}=\"{value}\"")).collect();
        self.0.lines().filter_map(|line| value_of(line, name, &wanted)).sum()
    }
}

/// The value in a line, if it is of this metric and has these labels.
fn value_of(line: &str, name: &str, labels: &[String]) -> Option<f64> {
    let rest = line.strip_prefix(name)?;
    let (between, value) = rest.rsplit_once(' ')?;
    let inner = match between {
        "" => "",
        labelled => labelled.strip_prefix('{')?.strip_suffix('}')?,
    };
    let has = |wanted: &String| inner.split(',').any(|label| label == wanted);
    labels.iter().all(has).then(|| value.parse().ok()).flatten()
}

/// Asks the admin endpoint at `address` for JSON.
///
/// # Errors
/// In words, when there is none.
pub async fn json(address: SocketAddr, path: &str) -> Result<Value, String> {
    let text = text(address, path).await?;
    serde_json::from_str(&text).map_err(|error| format!("{path}: {error}"))
}

async fn text(address: SocketAddr, path: &str) -> Result<String, String> {
    let answer = http::get(address, path, LIMIT).await.map_err(|error| format!("{address}{path}: {error}"))?;
    match answer.status {
        200 => Ok(answer.body),
        other => Err(format!("{address}{path} answers {other}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_are_chosen_by_name_and_labels() {
        let metrics = Metrics(
            "# HELP a_total Words.\na_total{x=\"1\",y=\"p\"} 3\na_total{x=\"2\",y=\"p\"} 4\na_total_more{x=\"1\"} 9\nb 5.5\n"
                .into(),
        );
        assert_eq!(metrics.sum("a_total", &[]), 7.0);
        assert_eq!(metrics.sum("a_total", &[("x", "1")]), 3.0);
        assert_eq!(metrics.sum("a_total", &[("y", "p"), ("x", "2")]), 4.0);
        assert_eq!(metrics.sum("a_total", &[("x", "3")]), 0.0);
        assert_eq!(metrics.sum("b", &[]), 5.5);
    }
}
