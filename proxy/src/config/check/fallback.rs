//! The rules of a route's `fallback`.

use supplex_engine::config::{Destination, Fallback, UpstreamId};

use crate::config::decode::At;
use crate::config::document::Span;
use crate::config::problem::Problems;
use crate::config::raw;
use crate::config::scalar::Name;

/// Statuses whose responses have no body (RFC 9110 sections 15.3.5, 15.3.6 and 15.4.5).
const BODILESS: [u32; 3] = [204, 205, 304];

/// The fallback of a route to `destination`. `find` looks an upstream up, and notes it when there is none.
pub(super) fn check(
    raw: raw::Fallback,
    span: &Span,
    destination: Option<&Destination>,
    problems: &mut Problems,
    find: impl FnOnce(&At<Name>, &mut Problems) -> Option<UpstreamId>,
) -> Option<Fallback> {
    let keys: Vec<_> = raw.keys.among(raw::route::FALLBACKS).collect();
    match keys.as_slice() {
        [_] => {}
        [] => {
            let hint = "set `upstream` or `status`";
            problems.push_with(span.clone(), "the fallback says nothing".into(), hint);
            return None;
        }
        [.., (_, second)] => {
            let message = "a fallback has either `upstream` or `status`".into();
            problems.push_with((*second).clone(), message, "remove one of them");
            return None;
        }
    }
    if let Some(name) = &raw.upstream {
        let upstream = find(name, problems)?;
        if destination == Some(&Destination::Upstream(upstream)) {
            let message = "the route leads to this upstream already".into();
            problems.push_with(name.span.clone(), message, "name another one, or a `status`");
        }
        return Some(Fallback::Upstream(upstream));
    }
    let (status, body) = (raw.status?, raw.body?);
    if BODILESS.contains(&status.value.0) && !body.value.0.is_empty() {
        let message = format!("a response with the status {} has no body", status.value.0);
        problems.push_with(body.span.clone(), message, "leave `body` out");
    }
    Some(Fallback::Reply {
        status: u16::try_from(status.value.0).ok()?,
        content_type: raw.content_type?.value.0,
        body: body.value.0,
    })
}
