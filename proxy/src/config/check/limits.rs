//! The rules of `[limits]`, and what routes make of them.

use std::time::Duration;

use supplex_engine::config::{Limit, LimitId, Route, RouteLimit, Store};
use supplex_engine::limit::{CHARGES_MOST, Shape};

use crate::config::decode::{At, List, refuse_repeats};
use crate::config::document::{Span, quote};
use crate::config::problem::Problems;
use crate::config::raw;
use crate::config::scalar::Name;
use crate::config::suggest;

/// A bucket that takes longer to fill was hardly meant; and Redis counts in microseconds, exact up to 285 years.
const LONGEST_FILL: Duration = Duration::from_secs(10 * 366 * 86_400);

/// The limits of the file, sorted by name: a limit's position is its id.
pub(super) struct Limits(Vec<Checked>);

struct Checked {
    name: At<Name>,
    /// `None` when its table has problems; routes may refer to it all the same.
    limit: Option<Limit>,
}

impl Limits {
    fn find(&self, name: &Name) -> Option<(LimitId, &Checked)> {
        let index = self.0.binary_search_by(|limit| limit.name.value.cmp(name)).ok()?;
        Some((u16::try_from(index).ok().map(LimitId)?, self.0.get(index)?))
    }

    /// The limit, unless its table has problems.
    pub(super) fn get(&self, id: LimitId) -> Option<&Limit> {
        self.0.get(id.index())?.limit.as_ref()
    }

    pub(super) fn into_limits(self) -> Vec<Limit> {
        self.0.into_iter().filter_map(|checked| checked.limit).collect()
    }
}

pub(super) fn check(raw: Vec<(At<Name>, Option<At<raw::Limit>>)>, has_redis: bool, problems: &mut Problems) -> Limits {
    if raw.len() > usize::from(u16::MAX) {
        problems.file("there are more than 65535 limits".into(), None);
    }
    let check_one = |(name, raw): (At<Name>, Option<At<raw::Limit>>)| {
        let limit = raw.and_then(|at| convert(&name.value, at.value, has_redis, problems));
        Checked { name, limit }
    };
    let mut checked: Vec<Checked> = raw.into_iter().map(check_one).collect();
    checked.sort_by(|one, other| one.name.value.cmp(&other.name.value));
    Limits(checked)
}

fn convert(name: &Name, raw: raw::Limit, has_redis: bool, problems: &mut Problems) -> Option<Limit> {
    let otherwise = if has_redis { Store::Redis } else { Store::Local };
    let store = raw.store.as_ref().map_or(otherwise, |store| store.value);
    if let Some(written) = raw.store.as_ref().filter(|_| store == Store::Redis && !has_redis) {
        let message = "this limit is kept in Redis, but no `[redis]` says where that is".to_owned();
        problems.push_with(written.span.clone(), message, "add `[redis]` with a `url`, or set `store = \"local\"`");
    }
    let At { value: rate, span, .. } = raw.rate?;
    let burst = raw.burst.as_ref().map_or(rate.0.tokens.min(raw::limit::MOST), |burst| burst.value.0);
    if Duration::from_nanos(Shape::new(rate.0, burst).capacity()) > LONGEST_FILL {
        let message = "at this rate the bucket takes more than 10 years to fill".to_owned();
        problems.push_with(raw.burst.map_or(span, |burst| burst.span), message, "lower `burst`, or raise `rate`");
    }
    let List(exempt) = raw.exempt?.value;
    Some(Limit {
        name: name.0.clone(),
        rate: rate.0,
        burst,
        key: raw.key?.value,
        store,
        mode: raw.mode?.value,
        precision: raw.precision?.value,
        on_store_error: raw.on_store_error?.value,
        exempt: exempt.into_iter().map(|network| network.value).collect(),
    })
}

/// The limits that one route names.
pub(super) fn of_route(
    raw: Option<At<List<raw::RouteLimit>>>,
    limits: &Limits,
    problems: &mut Problems,
) -> Vec<RouteLimit> {
    let Some(At { value: List(used), span, .. }) = raw else { return Vec::new() };
    if used.len() > CHARGES_MOST {
        problems.push(span.clone(), format!("a route has at most {CHARGES_MOST} limits"));
    }
    let names = used.iter().filter_map(|used| used.value.limit.as_ref());
    let repeated = "this limit stands in the list already; give it a larger `cost`";
    refuse_repeats(names.map(|name| (&name.value, &name.span)), repeated, problems);
    let mut first: Option<(Store, Box<str>)> = None;
    let mut resolved = Vec::with_capacity(used.len());
    for At { value: used, .. } in used {
        let Some(name) = used.limit else { continue };
        let Some((id, found)) = limits.find(&name.value) else {
            let known: Vec<&str> = limits.0.iter().map(|limit| &*limit.name.value.0).collect();
            let hint = suggest::hint(&name.value.0, &known, "limits");
            problems.push_with(name.span, format!("unknown limit {}", quote(&name.value.0)), hint);
            continue;
        };
        let cost = used.cost.as_ref().map_or(1, |cost| cost.value.0);
        if let Some(limit) = &found.limit {
            if let Some(written) = used.cost.filter(|_| cost > limit.burst) {
                let message =
                    format!("the cost is more than the limit's burst of {}, so no request passes", limit.burst);
                problems.push_with(written.span, message, "lower the cost, or raise the limit's `burst`");
            }
            let (store, other) = first.get_or_insert_with(|| (limit.store, limit.name.clone()));
            if *store != limit.store {
                let message = format!(
                    "`{}` and `{other}` have different stores: the limits of a route are charged together or not at all",
                    limit.name
                );
                problems.push_with(name.span, message, "give all limits of the route the same `store`");
            }
        }
        resolved.push(RouteLimit { limit: id, cost });
    }
    resolved
}

/// Warns of limits that no route names, and of a Redis that no limit uses.
pub(super) fn check_use(limits: &Limits, redis: Option<&Span>, routes: &[Route], problems: &mut Problems) {
    if !problems.passes() {
        return;
    }
    for (index, limit) in limits.0.iter().enumerate() {
        let used = routes.iter().flat_map(|route| &route.limits).any(|used| used.limit.index() == index);
        if !used {
            let message = format!("no route has the limit `{}`", limit.name.value.0);
            problems.warn(limit.name.span.clone(), message, "remove it, or name it in the `limits` of a route");
        }
    }
    let kept_there = |limit: &Checked| limit.limit.as_ref().is_some_and(|limit| limit.store == Store::Redis);
    if let Some(redis) = redis.filter(|_| !limits.0.iter().any(kept_there)) {
        let message = "no limit is kept in this Redis".to_owned();
        problems.keeping_secret(|problems| {
            problems.warn(redis.clone(), message, "remove it, or set `store = \"redis\"` in a limit");
        });
    }
}
