//! `/metrics`, for Prometheus: what every service counts, and room for what one counts besides.
//!
//! | Name | Meaning |
//! |---|---|
//! | `svc_requests_total{route,method,code}` | requests that were answered; those that a client gave up are not among them |
//! | `svc_request_duration_seconds{route}` | from the head of the request to the head of the answer |
//! | `svc_requests_in_flight` | requests that are being worked on |
//! | `svc_database_connections{state}` | connections of the pool that are `open` and `idle`; requests `waiting` for one |
//!
//! Labels come from the service's own routes and small sets, never from a path or a client: what matched no route counts
//! as `-`, and methods that nobody registered as `other`.

use std::time::Instant;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use deadpool_postgres::Pool;
use prometheus::core::Collector;
use prometheus::{
    HistogramOpts, HistogramVec, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry, TEXT_FORMAT, TextEncoder,
};

use crate::Problem;
use crate::requests::known_method;

/// From half a millisecond, which is a fast query, to the longest that a request may take.
const BUCKETS: [f64; 13] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0];

/// The counters of a process. Clones count into the same.
#[derive(Clone, Debug)]
pub struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    durations: HistogramVec,
    in_flight: IntGauge,
    connections: IntGaugeVec,
}

impl Metrics {
    /// Counters at zero.
    ///
    /// # Errors
    /// Never in practice: when two metrics of the kit had the same name.
    pub fn new() -> Result<Self, prometheus::Error> {
        let metrics = Self {
            registry: Registry::new(),
            requests: IntCounterVec::new(
                Opts::new("svc_requests_total", "Requests that were answered"),
                &["route", "method", "code"],
            )?,
            durations: HistogramVec::new(
                HistogramOpts::new("svc_request_duration_seconds", "Time until the head of the answer")
                    .buckets(BUCKETS.to_vec()),
                &["route"],
            )?,
            in_flight: IntGauge::new("svc_requests_in_flight", "Requests that are being worked on")?,
            connections: IntGaugeVec::new(
                Opts::new("svc_database_connections", "Connections of the pool, and requests that wait for one"),
                &["state"],
            )?,
        };
        metrics.register(metrics.requests.clone())?;
        metrics.register(metrics.durations.clone())?;
        metrics.register(metrics.in_flight.clone())?;
        metrics.register(metrics.connections.clone())?;
        Ok(metrics)
    }

    /// Shows `collector` on `/metrics` too.
    ///
    /// # Errors
    /// When there is a metric of this name already.
    pub fn register(&self, collector: impl Collector + 'static) -> Result<(), prometheus::Error> {
        self.registry.register(Box::new(collector))
    }

    /// `GET /metrics`.
    pub(crate) fn routes(&self, pool: Pool) -> Router {
        Router::new().route("/metrics", get(page)).with_state((self.clone(), pool))
    }

    fn write(&self, pool: &Pool) -> Response {
        let status = pool.status();
        let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        for (state, count) in [("open", status.size), ("idle", status.available), ("waiting", status.waiting)] {
            self.connections.with_label_values(&[state]).set(number(count));
        }
        match TextEncoder::new().encode_to_string(&self.registry.gather()) {
            Ok(text) => (StatusCode::OK, [(header::CONTENT_TYPE, TEXT_FORMAT)], text).into_response(),
            Err(error) => {
                tracing::error!(%error, "the metrics cannot be written");
                Problem::internal().into_response()
            }
        }
    }
}

/// What the process counts, for Prometheus
#[utoipa::path(get, path = "/metrics", tag = "operation", responses(
    (status = 200, description = "The metrics.", content_type = "text/plain", body = String)
))]
pub(crate) async fn page(State((metrics, pool)): State<(Metrics, Pool)>) -> Response {
    metrics.write(&pool)
}

/// Counts a request and its answer.
pub(crate) async fn count(State(metrics): State<Metrics>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let method = known_method(request.method()).unwrap_or("other");
    let _in_flight = InFlight::begin(&metrics.in_flight);
    let begun = Instant::now();
    let response = next.run(request).await;
    let route = route.as_ref().map_or("-", MatchedPath::as_str);
    metrics.durations.with_label_values(&[route]).observe(begun.elapsed().as_secs_f64());
    metrics.requests.with_label_values(&[route, method, response.status().as_str()]).inc();
    response
}

/// Counts down even when the client leaves and the request is dropped half-way.
struct InFlight<'a>(&'a IntGauge);

impl<'a> InFlight<'a> {
    fn begin(gauge: &'a IntGauge) -> Self {
        gauge.inc();
        Self(gauge)
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.dec();
    }
}
