//! An answer that is kept, so that the same request always gets the same one, byte by byte.

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::Problem;

/// Says that the effect is from an earlier request.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// An answer to work that happens once: JSON or a problem, with `Cache-Control: no-store`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
    replayed: bool,
}

impl Answer {
    /// `value` as JSON.
    ///
    /// # Errors
    /// When it cannot be written, as a map whose keys are no text.
    pub fn json(status: StatusCode, value: &impl Serialize) -> Result<Self, serde_json::Error> {
        Ok(Self { status, headers: HeaderMap::new(), body: serde_json::to_string(value)?, replayed: false })
    }

    /// A problem that a repetition meets as well.
    ///
    /// # Errors
    /// Never in practice.
    pub fn problem(problem: &Problem) -> Result<Self, serde_json::Error> {
        Self::json(problem.status(), problem)
    }

    /// The same answer with one more header field, which is kept too.
    #[must_use]
    pub fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.append(name, value);
        self
    }

    /// The status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The body.
    #[must_use]
    pub fn body(&self) -> &str {
        &self.body
    }

    /// Whether it is from an earlier request.
    #[must_use]
    pub fn is_replayed(&self) -> bool {
        self.replayed
    }

    /// The status, as it is kept.
    pub(super) fn kept_status(&self) -> i16 {
        // Three digits always fit.
        i16::try_from(self.status.as_u16()).unwrap_or_default()
    }

    /// The header fields, as they are kept: as on the wire.
    pub(super) fn kept_headers(&self) -> Vec<u8> {
        let line = |(name, value): (&HeaderName, &HeaderValue)| {
            [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat()
        };
        self.headers.iter().flat_map(line).collect()
    }

    /// An answer that was kept. `None` if it cannot have been one.
    pub(super) fn from_kept(status: i16, headers: &[u8], body: &str) -> Option<Self> {
        let status = u16::try_from(status).ok().and_then(|status| StatusCode::from_u16(status).ok())?;
        let mut answer = Self { status, headers: HeaderMap::new(), body: body.to_owned(), replayed: true };
        // No name or value has a line break in it.
        for line in headers.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let line = line.strip_suffix(b"\r")?;
            let (name, value) = line.split_at_checked(line.iter().position(|byte| *byte == b':')?)?;
            let value = HeaderValue::from_bytes(value.strip_prefix(b": ")?).ok()?;
            answer.headers.append(HeaderName::from_bytes(name).ok()?, value);
        }
        Some(answer)
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let kind = if self.status.is_success() { "application/json" } else { "application/problem+json" };
        let usual = [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-store")];
        let mut response = (self.status, usual, self.body).into_response();
        response.headers_mut().extend(self.headers);
        if self.replayed {
            response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_header() -> impl Strategy<Value = (HeaderName, HeaderValue)> {
        let value = proptest::collection::vec(prop_oneof![Just(b'\t'), 32..127_u8, 128..=255_u8], 0..20);
        ("[a-z][a-z-]{0,9}", value).prop_map(|(name, value)| {
            (name.parse().expect("a name"), HeaderValue::from_bytes(&value).expect("a value"))
        })
    }

    proptest! {
        #[test]
        fn what_is_kept_comes_back_as_it_was(
            status in 100..1000_u16,
            headers in proptest::collection::vec(any_header(), 0..5),
            body in ".{0,50}",
        ) {
            let answer = Answer::json(StatusCode::from_u16(status).expect("a status"), &body).expect("JSON");
            let answer = headers.into_iter().fold(answer, |answer, (name, value)| answer.with(name, value));
            let kept = Answer::from_kept(answer.kept_status(), &answer.kept_headers(), answer.body());
            prop_assert_eq!(kept, Some(Answer { replayed: true, ..answer }));
        }
    }

    #[test]
    fn what_was_never_kept_is_no_answer() {
        for (status, headers) in [(-1, &b""[..]), (7, b""), (200, b"a: b"), (200, b"a b: c\r\n"), (200, b"ab\r\n")] {
            assert_eq!(Answer::from_kept(status, headers, "{}"), None, "{status} {headers:?}");
        }
    }

    #[test]
    fn a_repetition_differs_only_in_saying_so() {
        let place = HeaderValue::from_static("things/1");
        let first = Answer::json(StatusCode::CREATED, &1).expect("JSON").with(header::LOCATION, place);
        let again = Answer::from_kept(first.kept_status(), &first.kept_headers(), first.body()).expect("an answer");
        let (first, mut again) = (first.into_response(), again.into_response());
        assert_eq!(first.headers()["location"], "things/1");
        assert_eq!(first.headers()["content-type"], "application/json");
        assert_eq!(again.headers_mut().remove(REPLAYED).expect("says so"), "true");
        assert_eq!((first.status(), first.headers()), (again.status(), again.headers()));
        let problem = Answer::problem(&Problem::not_found("No.")).expect("JSON").into_response();
        assert_eq!(problem.headers()["content-type"], "application/problem+json");
    }
}
