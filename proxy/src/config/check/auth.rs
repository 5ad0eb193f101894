//! The rules of `[auth]`, and what routes make of them.

use std::time::Duration;

use supplex_engine::config::{Algorithm, Auth, AuthId, HeaderEdits, KeySource, Limit, RouteAuth};
use supplex_engine::http1::FieldId;

use crate::config::decode::{At, List, Map, refuse_repeats};
use crate::config::document::{Span, quote};
use crate::config::problem::Problems;
use crate::config::raw;
use crate::config::scalar::Name;
use crate::config::suggest;

/// Keys are not fetched more often.
const SHORTEST_REFRESH: Duration = Duration::from_millis(100);
/// A clock that is off by more is broken.
const LONGEST_LEEWAY: Duration = Duration::from_secs(600);

/// The `[auth]` tables, sorted by name: a table's position is its id.
pub(super) struct Auths(Vec<Checked>);

struct Checked {
    name: At<Name>,
    /// `None` when its table has problems; routes may refer to it all the same.
    auth: Option<Auth>,
}

pub(super) fn check(raw: Vec<(At<Name>, Option<At<raw::Auth>>)>, problems: &mut Problems) -> Auths {
    if raw.len() > usize::from(u16::MAX) {
        problems.file("there are more than 65535 `[auth]` tables".into(), None);
    }
    let check_one = |(name, raw): (At<Name>, Option<At<raw::Auth>>)| {
        let auth = raw.and_then(|at| convert(&name.value, at.value, problems));
        Checked { name, auth }
    };
    let mut checked: Vec<Checked> = raw.into_iter().map(check_one).collect();
    checked.sort_by(|one, other| one.name.value.cmp(&other.name.value));
    Auths(checked)
}

fn convert(name: &Name, raw: raw::Auth, problems: &mut Problems) -> Option<Auth> {
    let algorithms = raw.algorithms.map_or(Vec::new(), |At { value: List(algorithms), .. }| algorithms);
    let words = algorithms.iter().map(|algorithm| (algorithm.value.word(), &algorithm.span));
    refuse_repeats(words, "this algorithm stands in the list already", problems);
    let mut algorithms: Vec<Algorithm> = algorithms.into_iter().map(|algorithm| algorithm.value).collect();
    if algorithms.is_empty() {
        algorithms.push(Algorithm::EdDsa);
    }
    if let Some(refresh) = raw.refresh.as_ref().filter(|refresh| refresh.value.0 < SHORTEST_REFRESH) {
        problems.push(refresh.span.clone(), "must be at least 100ms".into());
    }
    if let Some(leeway) = raw.leeway.as_ref().filter(|leeway| leeway.value.0 > LONGEST_LEEWAY) {
        let message = "must be at most 10m: an expired token would be good for longer".to_owned();
        problems.push_with(leeway.span.clone(), message, "set the clocks right");
    }
    let Map(forward) = raw.forward?.value;
    for (field, _) in &forward {
        let known = FieldId::of(field.value.0.as_bytes()) != FieldId::Other;
        if known || matches!(&*field.value.0, "authorization" | "cookie") {
            let message = format!("{} has a meaning of its own", quote(&field.value.0));
            problems.push_with(field.span.clone(), message, "choose a name such as `x-user-id`");
        }
    }
    Some(Auth {
        name: name.0.clone(),
        jwks: raw.jwks?.value,
        issuer: raw.issuer?.value.0,
        audience: raw.audience?.value.0,
        algorithms,
        leeway: raw.leeway?.value.0,
        refresh: raw.refresh?.value.0,
        forward: forward.into_iter().filter_map(|(field, claim)| Some((field.value.0, claim?.value.0))).collect(),
        claims: Vec::new(),
    })
}

impl Auths {
    fn find(&self, name: &Name) -> Option<(AuthId, &Checked)> {
        let index = self.0.binary_search_by(|auth| auth.name.value.cmp(name)).ok()?;
        Some((u16::try_from(index).ok().map(AuthId)?, self.0.get(index)?))
    }

    /// What one route asks for. Its edits must leave the forwarded fields alone.
    pub(super) fn of_route(
        &self,
        raw: Option<At<raw::RouteAuth>>,
        edits: &HeaderEdits,
        problems: &mut Problems,
    ) -> Option<RouteAuth> {
        let At { value: raw::RouteAuth { name, optional }, .. } = raw?;
        let name = name?;
        let Some((id, found)) = self.find(&name.value) else {
            let known: Vec<&str> = self.0.iter().map(|auth| &*auth.name.value.0).collect();
            let hint = suggest::hint(&name.value.0, &known, "`[auth]` tables");
            problems.push_with(name.span, format!("unknown `[auth]` table {}", quote(&name.value.0)), hint);
            return None;
        };
        let forward = found.auth.as_ref().map_or(&[][..], |auth| &auth.forward);
        if let Some((field, _)) = forward.iter().find(|(field, _)| edits.drops(field.as_bytes())) {
            let message = format!("`request_headers` edits `{field}`, which `{}` forwards", name.value.0);
            problems.push_with(name.span, message, "take the field out of one of them");
        }
        Some(RouteAuth { auth: id, optional })
    }

    /// The tables, each with every claim that it or one of the limits asks for.
    pub(super) fn into_auth(self, limits: &[Limit]) -> Vec<Auth> {
        let keys: Vec<&str> = limits.iter().filter_map(claim_of).collect();
        let with_claims = |mut auth: Auth| {
            for claim in auth.forward.iter().map(|(_, claim)| &**claim).chain(keys.iter().copied()) {
                if !auth.claims.iter().any(|known| **known == *claim) {
                    auth.claims.push(claim.into());
                }
            }
            auth
        };
        self.0.into_iter().filter_map(|checked| checked.auth).map(with_claims).collect()
    }
}

fn claim_of(limit: &Limit) -> Option<&str> {
    match &limit.key {
        KeySource::Claim(name) => Some(name),
        _ => None,
    }
}

/// Refuses limits by claim on a route that checks no token.
pub(super) fn check_limits<'a>(limits: impl Iterator<Item = &'a Limit>, place: &Span, problems: &mut Problems) {
    for limit in limits {
        if let Some(claim) = claim_of(limit) {
            let message = format!(
                "the limit `{}` goes by the claim `{claim}`, but the route checks no token: it would be whatever the client wrote",
                limit.name
            );
            problems.push_with(place.clone(), message, "give the route an `auth`, or use another limit");
        }
    }
}
