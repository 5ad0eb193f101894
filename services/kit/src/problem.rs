//! Problem documents: what every error looks like to a client (RFC 9457).
//!
//! A problem says what the client can know and act on. It never carries the text of a database error; that goes to the
//! log. The `reason` is a stable word for programs, as in the gateway's own replies.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

/// One problem document (RFC 9457).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Problem {
    /// Always `about:blank`: the status says what kind of problem it is (RFC 9457 section 4.2.1).
    #[serde(rename = "type")]
    #[schema(pattern = "^about:blank$")]
    kind: &'static str,
    title: &'static str,
    /// The status of the response.
    #[serde(serialize_with = "as_number")]
    #[schema(value_type = u16, minimum = 400, maximum = 599)]
    status: StatusCode,
    /// A stable word for programs.
    #[schema(pattern = r"^[a-z_]+\.[a-z_]+$")]
    reason: &'static str,
    /// An explanation for people.
    #[serde(skip_serializing_if = "String::is_empty")]
    detail: String,
    /// Everything that is wrong with the request.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(min_items = 1)]
    errors: Vec<FieldError>,
}

/// One thing that is wrong with a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// The parameter or field, as the client wrote it.
    pub parameter: String,
    /// What is wrong with it and what would be right.
    pub detail: String,
}

impl FieldError {
    /// An error about `parameter`.
    pub fn new(parameter: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { parameter: parameter.into(), detail: detail.into() }
    }
}

fn as_number<S: serde::Serializer>(status: &StatusCode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u16(status.as_u16())
}

impl Problem {
    /// A problem with a status, a stable reason and an explanation for people.
    #[must_use]
    pub fn new(status: StatusCode, reason: &'static str, detail: impl Into<String>) -> Self {
        Self {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or("Error"),
            status,
            reason,
            detail: detail.into(),
            errors: Vec::new(),
        }
    }

    /// 400: parameters are wrong. Lists every one of them.
    #[must_use]
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        let detail = match errors.as_slice() {
            [only] => format!("{}: {}", only.parameter, only.detail),
            several => format!("{} parameters are wrong.", several.len()),
        };
        Self { errors, ..Self::new(StatusCode::BAD_REQUEST, "request.invalid", detail) }
    }

    /// The same problem with what is wrong in detail.
    #[must_use]
    pub fn with_errors(self, errors: Vec<FieldError>) -> Self {
        Self { errors, ..self }
    }

    /// 404: there is no such thing.
    #[must_use]
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "resource.none", detail)
    }

    /// 401: the client has to say who it is, and did not, or not truly. The answer has `WWW-Authenticate`.
    #[must_use]
    pub fn unauthorized(reason: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, reason, detail)
    }

    /// 500: our fault. The cause belongs into the log.
    #[must_use]
    pub fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "service.failed", "The service failed to handle this request.")
    }

    /// 503: the service cannot do this now; the same request may work in a moment.
    #[must_use]
    pub fn unavailable(reason: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, reason, detail)
    }

    /// The status of the response.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The response, with this `WWW-Authenticate`: how to do better (RFC 9110 section 15.5.2).
    pub(crate) fn challenged(self, challenge: &'static str) -> Response {
        let mut response = self.into_response();
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        response
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.status;
        let mut response = (status, Json(self)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        if status == StatusCode::UNAUTHORIZED {
            // A 401 must say how to do better (RFC 9110 section 15.5.2).
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"supplex\""));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_has_the_members_of_the_rfc() {
        let json = serde_json::to_value(Problem::not_found("No such product.")).expect("serialises");
        let expected = serde_json::json!({
            "type": "about:blank", "title": "Not Found", "status": 404,
            "reason": "resource.none", "detail": "No such product.",
        });
        assert_eq!(json, expected);
    }

    #[test]
    fn an_invalid_request_lists_every_error() {
        let errors = vec![FieldError::new("limit", "must be 1 to 100"), FieldError::new("q", "is empty")];
        let json = serde_json::to_value(Problem::invalid(errors)).expect("serialises");
        assert_eq!(json["errors"][1], serde_json::json!({"parameter": "q", "detail": "is empty"}));
        assert_eq!(json["detail"], "2 parameters are wrong.");
    }

    #[test]
    fn the_content_type_is_problem_json_and_503_says_when_to_come_back() {
        let response = Problem::unavailable("database.unreachable", "").into_response();
        assert_eq!(response.status(), 503);
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        assert_eq!(response.headers()["retry-after"], "1");
    }
}
