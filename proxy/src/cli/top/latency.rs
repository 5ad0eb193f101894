//! Latencies by route: true percentiles of `/api/latency`; from a gateway that has none, estimates from `/metrics`.
//!
//! This is the one place that knows the document.

use std::time::{Duration, Instant};

use serde::Deserialize;

use super::ask::{Admin, Failure};
use super::estimate::{Estimates, Scrape};

const PATH: &str = "/api/latency?window=10s";

/// What is known of latencies at one moment.
#[derive(Debug)]
pub(super) struct Latencies {
    /// Whether they are estimates, and of how long; `None` when they are true.
    pub(super) estimated: Option<Duration>,
    /// All routes together.
    pub(super) all: Part,
    /// Each route.
    pub(super) routes: Vec<RouteLatency>,
}

/// The latencies of a route.
#[derive(Debug, Deserialize)]
pub(super) struct RouteLatency {
    /// The route's name.
    pub(super) route: String,
    /// From the first byte of a request to the last of its response.
    pub(super) total: Part,
    /// The upstream's share.
    #[serde(default)]
    pub(super) upstream: Part,
    /// The gateway's own share.
    #[serde(default)]
    pub(super) overhead: Part,
}

/// Percentiles in microseconds; `None` where nothing is known.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq)]
#[serde(default)]
pub(super) struct Part {
    pub(super) p50_us: Option<f64>,
    pub(super) p90_us: Option<f64>,
    pub(super) p99_us: Option<f64>,
    pub(super) p999_us: Option<f64>,
    pub(super) max_us: Option<f64>,
}

#[derive(Deserialize)]
struct Document {
    all: All,
    routes: Vec<RouteLatency>,
}

#[derive(Deserialize)]
struct All {
    total: Part,
}

/// Asks for latencies, and remembers what estimates need.
#[derive(Debug, Default)]
pub(super) struct Latency {
    estimates: Estimates,
}

impl Latency {
    /// What is known now.
    ///
    /// # Errors
    /// When the gateway does not answer.
    pub(super) async fn look(&mut self, admin: &Admin) -> Result<Latencies, Failure> {
        match admin.document::<Document>(PATH).await {
            Ok(Document { all, routes }) => Ok(Latencies { estimated: None, all: all.total, routes }),
            Err(Failure::Missing) => {
                let scrape = Scrape::read(&admin.text("/metrics").await?);
                Ok(self.estimates.take(Instant::now(), scrape))
            }
            Err(failure) => Err(failure),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_is_read_with_what_is_not_known() {
        let text = r#"{
            "window_seconds": 10, "all": { "total": { "count": 3, "p50_us": 7 }, "upstream": {}, "overhead": {} },
            "routes": [{ "route": "shop", "total": { "count": 3, "p50_us": 1, "p90_us": 2, "p99_us": 3, "p999_us": 4, "max_us": 5 },
                         "upstream": { "count": 0, "p50_us": null, "p99_us": null } }]
        }"#;
        let document: Document = serde_json::from_str(text).expect("the document");
        assert_eq!(document.all.total, Part { p50_us: Some(7.0), ..Part::default() });
        let [route] = &document.routes[..] else { panic!("one route") };
        assert_eq!((&*route.route, route.total.p99_us, route.total.max_us), ("shop", Some(3.0), Some(5.0)));
        assert_eq!((route.upstream, route.overhead), (Part::default(), Part::default()));
    }
}
