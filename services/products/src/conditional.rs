//! Entity tags and the requests that depend on them (RFC 9110 section 13).
//!
//! A tag is a digest of the JSON that is sent, so it changes whenever anything in it does, and two nodes give the same
//! one. The tag of a product therefore changes with its stock too: what an admin has not seen, an update does not run
//! over. Who does not care says `If-Match: *`.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use headers::{ETag, HeaderMapExt, IfMatch, IfNoneMatch};
use serde::Serialize;
use sha2::{Digest, Sha256};
use supplex_kit::Problem;

/// How long others may keep an answer.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Keep {
    /// A few seconds: descriptions hardly ever change, and stock is checked again when it is reserved.
    Briefly,
    /// As long as they ask each time whether it is still right.
    WhileRight,
}

impl Keep {
    fn directives(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Briefly => "public, max-age=5",
            Self::WhileRight => "no-cache",
        })
    }
}

/// The tag of these bytes.
fn tag(bytes: &[u8]) -> Result<ETag, Problem> {
    let digest: [u8; 32] = Sha256::digest(bytes).into();
    let (half, _) = digest.split_at(16);
    format!("\"{}\"", URL_SAFE_NO_PAD.encode(half)).parse().map_err(|_| Problem::internal())
}

fn json(value: &impl Serialize) -> Result<Vec<u8>, Problem> {
    serde_json::to_vec(value).map_err(|_| Problem::internal())
}

/// The answer to a read: `value`, or that the client has it already.
///
/// # Errors
/// 412 when the client wants something else than `value` or nothing.
pub(crate) fn read(headers: &HeaderMap, value: &impl Serialize, keep: Keep) -> Result<Response, Problem> {
    let body = json(value)?;
    let tag = tag(&body)?;
    // In the order of section 13.2.2. A field that cannot be read is as if it were not there: the client gets all of it.
    if let Ok(Some(wanted)) = headers.typed_try_get::<IfMatch>()
        && !wanted.precondition_passes(&tag)
    {
        return Err(changed());
    }
    let known = headers.typed_try_get::<IfNoneMatch>().ok().flatten();
    let mut response = if known.is_some_and(|known| !known.precondition_passes(&tag)) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        whole(StatusCode::OK, body)
    };
    response.headers_mut().insert(header::CACHE_CONTROL, keep.directives());
    response.headers_mut().typed_insert(tag);
    Ok(response)
}

/// The answer to a change: what `value` has become.
///
/// # Errors
/// Never in practice.
pub(crate) fn changed_to(status: StatusCode, value: &impl Serialize) -> Result<Response, Problem> {
    let body = json(value)?;
    let tag = tag(&body)?;
    let mut response = whole(status, body);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().typed_insert(tag);
    Ok(response)
}

fn whole(status: StatusCode, body: Vec<u8>) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}

/// The `If-Match` that a change must have.
#[derive(Clone, Debug)]
pub(crate) struct Condition(IfMatch);

impl Condition {
    /// That of a request.
    ///
    /// # Errors
    /// 428 when there is none (RFC 6585 section 3), 412 when it cannot be read.
    pub(crate) fn required(headers: &HeaderMap) -> Result<Self, Problem> {
        match headers.typed_try_get::<IfMatch>() {
            Ok(Some(condition)) => Ok(Self(condition)),
            Ok(None) => Err(Problem::new(
                StatusCode::PRECONDITION_REQUIRED,
                "request.condition_missing",
                "A change needs If-Match with the ETag of what it changes, so that nobody's change is lost; * changes \
                 whatever is there.",
            )),
            // What cannot be read fits nothing.
            Err(_) => Err(changed()),
        }
    }

    /// Makes sure that it holds for `current`.
    ///
    /// # Errors
    /// 412 when it does not.
    pub(crate) fn check(&self, current: &impl Serialize) -> Result<(), Problem> {
        let tag = tag(&json(current)?)?;
        if self.0.precondition_passes(&tag) { Ok(()) } else { Err(changed()) }
    }
}

fn changed() -> Problem {
    Problem::new(
        StatusCode::PRECONDITION_FAILED,
        "request.condition_failed",
        "It has changed since: read it again, and decide again with its new ETag.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: header::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, value.parse().expect("a value"))])
    }

    fn etag(value: &str) -> String {
        let response = read(&HeaderMap::new(), &value, Keep::Briefly).expect("is read");
        response.headers()[header::ETAG].to_str().expect("text").to_owned()
    }

    #[test]
    fn what_a_client_has_is_not_sent_again() {
        let (mine, other) = (etag("this"), etag("other"));
        for (known, status) in [
            (mine.clone(), 304),
            (format!("W/{mine}"), 304),
            (format!("{other}, {mine}"), 304),
            ("*".to_owned(), 304),
            (other.clone(), 200),
            ("nonsense".to_owned(), 200),
        ] {
            let response = read(&headers(header::IF_NONE_MATCH, &known), &"this", Keep::Briefly).expect("is read");
            assert_eq!(response.status(), status, "{known}");
            assert_eq!(response.headers()[header::ETAG], mine, "{known}");
            assert_eq!(response.headers()[header::CACHE_CONTROL], "public, max-age=5", "{known}");
        }
        assert!(read(&headers(header::IF_MATCH, &mine), &"this", Keep::Briefly).is_ok());
        let changed = read(&headers(header::IF_MATCH, &other), &"this", Keep::Briefly).expect_err("has changed");
        assert_eq!(changed.status(), 412);
    }

    #[test]
    fn a_change_needs_a_condition_that_holds() {
        let check = |field: &str| {
            Condition::required(&headers(header::IF_MATCH, field))
                .and_then(|condition| condition.check(&"this"))
                .map_or_else(|problem| problem.status().as_u16(), |()| 200)
        };
        let (mine, other) = (etag("this"), etag("other"));
        assert_eq!([check(&mine), check(&format!("{other}, {mine}")), check("*")], [200; 3]);
        // The comparison is the strong one (section 13.1.1): a weak tag never fits.
        assert_eq!([check(&other), check(&format!("W/{mine}"))], [412; 2]);
        assert_eq!(Condition::required(&HeaderMap::new()).expect_err("is missing").status(), 428);
    }
}
