//! Does to requests what their fate is.
//!
//! Stands outside the time limit of requests, so that a hang is a hang, and inside the metrics and the log, so that both
//! show what clients were given.

use axum::extract::connect_info::ConnectInfo;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Faults;
use super::fate::Instead;
use super::plan::After;
use super::slow::trickle;
use crate::Problem;
use crate::connection::Cut;

/// Handles a request, with its faults.
pub(crate) async fn inject(State(faults): State<Faults>, request: Request, next: Next) -> Response {
    let fate = faults.next(request.uri().path());
    // Only a router that is not served over a connection, as in unit tests, has nothing to cut.
    let cut = request.extensions().get::<ConnectInfo<Cut>>().map(|info| info.0.clone()).unwrap_or_default();
    if let Some(delay) = fate.delay {
        faults.count("latency");
        tokio::time::sleep(delay).await;
    }
    match fate.instead {
        Some((instead, After::Arrival)) => strike(&faults, instead, &cut).await,
        Some((instead, After::Work)) => {
            drop(next.run(request).await);
            strike(&faults, instead, &cut).await
        }
        None => {
            let response = next.run(request).await;
            let Some(rate) = fate.slow else { return response };
            faults.count("slow_body");
            trickle(response, rate)
        }
    }
}

async fn strike(faults: &Faults, instead: Instead, cut: &Cut) -> Response {
    match instead {
        Instead::Error(status) => {
            faults.count("error");
            let status = StatusCode::from_u16(status.code()).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
            Problem::new(status, "fault.injected", "This error was asked for.").into_response()
        }
        Instead::Reset => {
            faults.count("reset");
            reset(cut)
        }
        Instead::Hang => {
            faults.count("hang");
            let mut changes = faults.0.changes.subscribe();
            // An error would mean that the process is at its end.
            let _changed = changes.changed().await;
            reset(cut)
        }
    }
}

/// The response is never seen: the server notices the cut when it tries to send it.
fn reset(cut: &Cut) -> Response {
    cut.reset();
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "fault.injected", "This connection is cut.").into_response()
}
