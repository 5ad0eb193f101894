//! Faults on purpose, so that one node of several can be made sick while everything else stays as it is.
//!
//! A service that wants them puts [`Faults`] into its [`Service`](crate::Service): then `GET`, `PUT` and `DELETE /faults`
//! show, set and clear what goes wrong in this process, and `FAULTS` sets it at the start. Nothing is shared between
//! processes. `/faults` and `/metrics` themselves are always well. Where to read on: `faults/plan.rs` for what can go
//! wrong, `faults/fate.rs` for what befalls which request, `faults/layer.rs` for how it is done.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router, body::Bytes};
use prometheus::{IntCounterVec, Opts};
use tokio::sync::watch;

use crate::{FieldError, Metrics, Problem};

mod fate;
pub(crate) mod layer;
mod plan;
mod slow;

pub use plan::{After, ErrorFault, Fault, Latency, Millis, Plan, Ratio, Reach, SlowBody, Status};

use fate::Fate;

/// What goes wrong in this process. Clones are the same.
#[derive(Clone, Debug)]
pub struct Faults(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    now: RwLock<Current>,
    /// Changes whenever the plan does, and when the process stops: then requests that hang are let go.
    changes: watch::Sender<()>,
    injected: IntCounterVec,
}

#[derive(Debug)]
struct Current {
    plan: Arc<Plan>,
    /// Decides what befalls a request, together with its number.
    seed: u64,
    /// How many requests there were under this plan.
    requests: AtomicU64,
}

impl Current {
    fn new(plan: Plan) -> Self {
        // Every `RandomState` has other keys, so the hash of nothing is a random number.
        let random = || std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), ());
        Self { seed: plan.seed.unwrap_or_else(random), plan: Arc::new(plan), requests: AtomicU64::new(0) }
    }
}

impl Faults {
    /// Begins with `plan`. What is injected is counted in `metrics`.
    ///
    /// # Errors
    /// When `metrics` counts faults already.
    pub fn new(plan: Plan, metrics: &Metrics) -> Result<Self, prometheus::Error> {
        let opts = Opts::new("svc_faults_injected_total", "Faults that were done to requests on purpose");
        let injected = IntCounterVec::new(opts, &["fault"])?;
        metrics.register(injected.clone())?;
        Ok(Self(Arc::new(Shared { now: RwLock::new(Current::new(plan)), changes: watch::Sender::new(()), injected })))
    }

    /// What goes wrong now.
    #[must_use]
    pub fn plan(&self) -> Arc<Plan> {
        Arc::clone(&self.0.now.read().unwrap_or_else(PoisonError::into_inner).plan)
    }

    /// Has other things go wrong from now on. Requests are counted from zero again, so that a plan with a seed always does
    /// the same. Requests that hang are cut.
    pub fn set(&self, plan: Plan) {
        *self.0.now.write().unwrap_or_else(PoisonError::into_inner) = Current::new(plan);
        self.release();
    }

    /// Cuts the requests that hang.
    pub(crate) fn release(&self) {
        self.0.changes.send_replace(());
    }

    /// What befalls the request that came just now, if it is for `path`.
    fn next(&self, path: &str) -> Fate {
        let now = self.0.now.read().unwrap_or_else(PoisonError::into_inner);
        if !now.plan.reach.covers(path) {
            return Fate::default();
        }
        Fate::of(&now.plan, now.seed, now.requests.fetch_add(1, Ordering::Relaxed))
    }

    fn count(&self, fault: &str) {
        self.0.injected.with_label_values(&[fault]).inc();
    }

    /// `GET`, `PUT` and `DELETE /faults`.
    pub(crate) fn routes(&self) -> Router {
        Router::new().route("/faults", get(show).put(replace).delete(clear)).with_state(self.clone())
    }
}

/// What goes wrong in this process on purpose
#[utoipa::path(get, path = "/faults", tag = "operation", responses(
    (status = 200, description = "What goes wrong.", body = Plan)
))]
pub(crate) async fn show(State(faults): State<Faults>) -> Json<Plan> {
    Json(Plan::clone(&faults.plan()))
}

/// Has things go wrong in this process from now on
///
/// Takes any content type: who sets faults does it by hand, with `curl -X PUT -d`.
#[utoipa::path(put, path = "/faults", tag = "operation", request_body = Plan, responses(
    (status = 200, description = "What goes wrong now.", body = Plan),
    (status = 400, description = "This cannot go wrong.", content_type = "application/problem+json", body = Problem),
))]
pub(crate) async fn replace(
    State(faults): State<Faults>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Plan>, Problem> {
    let wrong = |detail: String| Problem::invalid(vec![FieldError::new("faults", detail)]);
    let body = body.map_err(|error| wrong(error.body_text()))?;
    let plan: Plan = serde_json::from_slice(&body).map_err(|error| wrong(error.to_string()))?;
    tracing::warn!(faults = %serde_json::to_string(&plan).unwrap_or_default(), "faults are set");
    faults.set(plan.clone());
    Ok(Json(plan))
}

/// Makes this process well again
#[utoipa::path(delete, path = "/faults", tag = "operation", responses(
    (status = 204, description = "Nothing goes wrong any more.")
))]
pub(crate) async fn clear(State(faults): State<Faults>) -> Response {
    tracing::warn!("faults are cleared");
    faults.set(Plan::default());
    StatusCode::NO_CONTENT.into_response()
}
