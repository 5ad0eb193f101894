//! `/readyz`: whether traffic should come here.

use hyper::StatusCode;
use serde_json::json;

use super::super::{Sidecar, publish};
use super::answer::{self, Answer};

pub(super) fn readiness(sidecar: &Sidecar) -> Answer {
    let generation = sidecar.snapshot().generation;
    let refuse = |reason: &str, detail: &str| {
        answer::problem(StatusCode::SERVICE_UNAVAILABLE, reason, detail, json!({ "generation": generation }))
    };
    if sidecar.is_draining() {
        return refuse("gateway.draining", "the gateway is shutting down");
    }
    let behind = sidecar.behind();
    if !behind.is_empty() {
        let detail = format!("{} not running generation {generation} yet", publish::name_workers(&behind));
        return refuse("gateway.not_ready", &detail);
    }
    answer::text(StatusCode::OK, format!("ready, generation {generation}\n"))
}
