//! What happens around every request: an id, a span of its trace, a log span, counters, faults, a time limit, and problem documents where a handler gave none.
//!
//! Decides nothing about a request's content.

use std::any::Any;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::request_id::{MakeRequestId, PropagateRequestIdLayer, RequestId, SetRequestIdLayer};
use tower_http::trace::TraceLayer;
use tracing::Span;
use uuid::Uuid;

use crate::faults::{Faults, layer};
use crate::{Metrics, Problem, metrics, traces};

/// Wraps `routes`. The outermost layer comes last.
pub(crate) fn around(routes: Router, timeout: Duration, metrics: Metrics, faults: Option<Faults>) -> Router {
    let routes = routes
        .fallback(async || Problem::not_found("There is nothing at this path."))
        .method_not_allowed_fallback(async || {
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "request.method", "This path does not know this method.")
        })
        .layer(CatchPanicLayer::custom(after_panic))
        .layer(from_fn(move |request, next| within(timeout, request, next)));
    let routes = match faults {
        Some(faults) => routes.layer(from_fn_with_state(faults, layer::inject)),
        None => routes,
    };
    routes
        .layer(from_fn_with_state(metrics, metrics::count))
        .layer(TraceLayer::new_for_http().make_span_with(span).on_request(()).on_response(log_response).on_failure(()))
        .layer(from_fn(traces::record))
        .layer(PropagateRequestIdLayer::x_request_id())
        .layer(SetRequestIdLayer::x_request_id(TimeOrderedId))
}

/// Gives an id to requests that come without one.
#[derive(Clone, Copy)]
struct TimeOrderedId;

impl MakeRequestId for TimeOrderedId {
    fn make_request_id<B>(&mut self, _request: &axum::http::Request<B>) -> Option<RequestId> {
        HeaderValue::from_str(&Uuid::now_v7().to_string()).ok().map(RequestId::new)
    }
}

async fn within(timeout: Duration, request: Request, next: Next) -> Response {
    match tokio::time::timeout(timeout, next.run(request)).await {
        Ok(response) => response,
        Err(_elapsed) => {
            Problem::unavailable("service.timeout", "The service took too long over this request.").into_response()
        }
    }
}

fn after_panic(panic: Box<dyn Any + Send>) -> axum::http::Response<Body> {
    let message = panic.downcast_ref::<&str>().copied();
    let message = message.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    tracing::error!(message = message.unwrap_or("no message"), "a handler panicked");
    Problem::internal().into_response()
}

fn span(request: &Request) -> Span {
    let text = |name| request.headers().get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    tracing::info_span!(
        "request",
        method = %request.method(),
        path = request.uri().path(),
        request_id = text("x-request-id"),
        traceparent = traceparent(request.headers()),
    )
}

/// The `traceparent` of a request, if it has the form that version 00 of Trace Context gives it.
#[must_use]
pub fn traceparent(headers: &HeaderMap) -> Option<&str> {
    let text = headers.get("traceparent")?.to_str().ok()?;
    let lower_hex = |part: &str, length| {
        part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    };
    let mut parts = text.split('-');
    let lengths = [2, 32, 16, 2];
    let well_formed = lengths.iter().all(|length| parts.next().is_some_and(|part| lower_hex(part, *length)));
    (well_formed && parts.next().is_none()).then_some(text)
}

fn log_response(response: &Response, latency: Duration, _span: &Span) {
    let status = response.status().as_u16();
    let duration_us = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
    if status >= 500 {
        tracing::warn!(status, duration_us, "request");
    } else {
        tracing::info!(status, duration_us, "request");
    }
}

/// The method, if it is one that everybody knows: a client can make up any number of them.
pub(crate) fn known_method(method: &Method) -> Option<&'static str> {
    Some(match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use http_body_util::BodyExt;
    use tower::ServiceExt;

    use super::*;

    fn service(timeout: Duration) -> Router {
        let routes = Router::new()
            .route("/fine", get(async || "fine"))
            .route("/panic", get(async || -> &'static str { panic!("on purpose") }))
            .route("/never", get(std::future::pending::<&'static str>));
        around(routes, timeout, Metrics::new().expect("metrics"), None)
    }

    async fn ask(service: Router, method: &str, path: &str) -> (StatusCode, HeaderMap, serde_json::Value) {
        let request = Request::builder().method(method).uri(path).header("x-request-id", "given").body(Body::empty());
        let response = service.oneshot(request.expect("a request")).await.expect("infallible");
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.expect("a body").to_bytes();
        (parts.status, parts.headers, serde_json::from_slice(&bytes).unwrap_or_default())
    }

    #[tokio::test]
    async fn every_failure_is_a_problem_with_the_request_id() {
        let cases = [
            ("GET", "/panic", 500, "service.failed"),
            ("GET", "/nothing", 404, "resource.none"),
            ("POST", "/fine", 405, "request.method"),
        ];
        for (method, path, status, reason) in cases {
            let (got, headers, body) = ask(service(Duration::from_secs(60)), method, path).await;
            assert_eq!(got, status, "{method} {path}");
            assert_eq!(headers["content-type"], "application/problem+json", "{method} {path}");
            assert_eq!(headers["x-request-id"], "given", "{method} {path}");
            assert_eq!(body["reason"], reason, "{method} {path}");
        }
    }

    #[tokio::test]
    async fn a_handler_that_never_ends_is_cut() {
        let (status, _, body) = ask(service(Duration::from_millis(1)), "GET", "/never").await;
        assert_eq!((status.as_u16(), body["reason"].as_str()), (503, Some("service.timeout")));
    }

    #[tokio::test]
    async fn a_request_without_an_id_gets_one() {
        let request = Request::builder().uri("/fine").body(Body::empty()).expect("a request");
        let response = service(Duration::from_secs(60)).oneshot(request).await.expect("infallible");
        let id = response.headers()["x-request-id"].to_str().expect("text");
        assert_eq!(Uuid::parse_str(id).expect("a uuid").get_version_num(), 7);
    }

    #[test]
    fn only_a_well_formed_traceparent_is_logged() {
        let of = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("traceparent", HeaderValue::from_str(value).expect("a value"));
            traceparent(&headers).map(str::to_owned)
        };
        let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        assert_eq!(of(good).as_deref(), Some(good));
        for wrong in ["", "00", &good.to_uppercase(), &format!("{good}-x"), &good[1..], "00-zz-00-01"] {
            assert_eq!(of(wrong), None, "{wrong:?}");
        }
    }
}
