//! `/healthz` says that the process lives, `/readyz` that it can do its work.
//!
//! Liveness never asks the database: restarting a service does not repair another one's outage.

use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use deadpool_postgres::Pool;

use crate::{Problem, database};

/// Probes come every second or so; an answer after this long is no better than none.
const DATABASE_TIMEOUT: Duration = Duration::from_secs(1);

/// The two routes.
pub fn routes(pool: Pool) -> Router {
    Router::new().route("/healthz", get(healthz)).route("/readyz", get(readyz)).with_state(pool)
}

fn well() -> Response {
    (StatusCode::OK, [(header::CACHE_CONTROL, "no-store")], "ok\n").into_response()
}

/// Whether the process lives
#[utoipa::path(get, path = "/healthz", tag = "operation", responses(
    (status = 200, description = "It does.", content_type = "text/plain", body = String)
))]
pub(crate) async fn healthz() -> Response {
    well()
}

/// Whether the service can do its work
#[utoipa::path(get, path = "/readyz", tag = "operation", responses(
    (status = 200, description = "It can.", content_type = "text/plain", body = String)
))]
pub(crate) async fn readyz(State(pool): State<Pool>) -> Response {
    match tokio::time::timeout(DATABASE_TIMEOUT, database::ping(&pool)).await {
        Ok(Ok(())) => well(),
        Ok(Err(error)) => Problem::from(error).into_response(),
        Err(_elapsed) => Problem::unavailable("database.unreachable", "The database does not answer.").into_response(),
    }
}
