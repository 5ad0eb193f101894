//! Answers of the admin endpoint: text, JSON and problem documents (RFC 9457).

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue, WWW_AUTHENTICATE};
use hyper::{Response, StatusCode};
use serde_json::{Value, json};

/// A whole answer.
pub(super) type Answer = Response<Full<Bytes>>;

fn answer(status: StatusCode, kind: &'static str, body: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(Full::new(body.into()));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    // It is true now and not later.
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// A file of the program's own.
pub(super) fn file(kind: &'static str, text: &'static str) -> Answer {
    answer(StatusCode::OK, kind, Bytes::from_static(text.as_bytes()))
}

/// Plain text.
pub(super) fn text(status: StatusCode, body: impl Into<String>) -> Answer {
    answer(status, "text/plain; charset=utf-8", Into::<String>::into(body))
}

/// The text format of Prometheus.
pub(super) fn metrics(body: String) -> Answer {
    answer(StatusCode::OK, prometheus::TEXT_FORMAT, body)
}

/// JSON, indented for people.
pub(super) fn json(status: StatusCode, value: &Value) -> Answer {
    answer(status, "application/json", format!("{value:#}\n"))
}

/// A problem document with a stable `reason`; the fields of `more` stand beside it.
pub(super) fn problem(status: StatusCode, reason: &str, detail: &str, more: Value) -> Answer {
    let title = status.canonical_reason().unwrap_or_default();
    let mut document = json!({
        "type": "about:blank",
        "title": title,
        "status": status.as_u16(),
        "reason": reason,
        "detail": detail,
    });
    if let (Some(document), Value::Object(more)) = (document.as_object_mut(), more) {
        document.extend(more);
    }
    answer(status, "application/problem+json", format!("{document:#}\n"))
}

/// 405 with the methods there are (RFC 9110 section 15.5.6).
pub(super) fn method_refused(allowed: &'static str) -> Answer {
    let detail = format!("this path has {allowed}");
    let mut answer = problem(StatusCode::METHOD_NOT_ALLOWED, "admin.method_refused", &detail, Value::Null);
    answer.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    answer
}

/// 401 with the scheme to use (RFC 6750 section 3).
pub(super) fn unauthorized() -> Answer {
    let detail = "send the admin token as `Authorization: Bearer TOKEN`";
    let mut answer = problem(StatusCode::UNAUTHORIZED, "admin.unauthorized", detail, Value::Null);
    answer.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"supplex admin\""));
    answer
}

/// 403.
pub(super) fn forbidden(detail: &str) -> Answer {
    problem(StatusCode::FORBIDDEN, "admin.forbidden", detail, Value::Null)
}
