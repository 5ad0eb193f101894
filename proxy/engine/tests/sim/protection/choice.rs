//! Which endpoint an attempt goes to, in the way of `worker/upstream.rs`, with the laws about who must not get one.

use std::rc::Rc;

use supplex_engine::reason::Reason;
use supplex_engine::upstream::balancer::hash;
use supplex_engine::upstream::breaker::{Permit, Phase};
use supplex_engine::upstream::{Draw, Tried};

use super::live::{LiveEndpoint, LiveUpstream};
use super::mutation::Mutation;
use super::outside::Outside;

/// The endpoint, and its breaker's permit if it has a breaker.
type Chosen = (Rc<LiveEndpoint>, Option<Permit>);

/// Chooses, and asks the breaker. `is_current`: by the configuration that is in force.
pub(crate) fn choose(
    upstream: &LiveUpstream,
    client: u32,
    tried: &mut Tried,
    is_current: bool,
    outside: &mut Outside,
) -> Result<Chosen, Reason> {
    let (now, chance) = (outside.now(), outside.random.next());
    let draw = Draw { now, random: outside.random.next(), hash: hash(&client.to_le_bytes()) };
    let ignores = outside.size.mutation == Mutation::IgnoresBreakers;
    let picked = || pick(upstream, *tried, draw, chance, ignores);
    let Some(position) = picked().or_else(|| upstream.look_for_panic().then(picked).flatten()) else {
        return Err(nobody(upstream, now));
    };
    let endpoint = Rc::clone(&upstream.endpoints[position]);
    check(upstream, &endpoint, is_current, outside);
    tried.add(position);
    if now >= outside.ledger.healed_at {
        endpoint.book.tries.set(endpoint.book.tries.get() + 1);
    }
    let Some(rules) = &upstream.rules else { return Ok((endpoint, None)) };
    let permit = endpoint.book.breaker.admit(now / 1_000_000, rules);
    // Nobody comes in between here, unlike in the shell.
    assert!(permit.is_some() || !upstream.enforces, "the breaker would have admitted it a moment ago");
    if let Some(permit) = permit {
        endpoint.book.admitted(permit, rules);
    }
    Ok((endpoint, permit))
}

fn pick(upstream: &LiveUpstream, tried: Tried, draw: Draw, chance: u64, ignores: bool) -> Option<usize> {
    let at = |index: usize| &*upstream.endpoints[index];
    let in_flight = |index: usize| at(index).in_flight.get();
    let lets = |index: usize| ignores || upstream.lets_through(at(index), draw.now);
    let usable = |index: usize| upstream.is_usable(index) && lets(index);
    let prefers = |index: usize| upstream.prefers(at(index), draw.now, chance);
    let whole = |index: usize| usable(index) && prefers(index) && upstream.takes_part(index, draw);
    upstream.balancer.borrow_mut().choose(in_flight, draw, tried, usable, whole)
}

/// What must be true of whoever is chosen.
fn check(upstream: &LiveUpstream, endpoint: &LiveEndpoint, is_current: bool, outside: &mut Outside) {
    let now = outside.now();
    if upstream.enforces {
        let open = match endpoint.book.breaker.state().phase {
            Phase::Open { until } => now / 1_000_000 < until,
            Phase::ForcedOpen => true,
            _ => false,
        };
        assert!(!open, "an attempt at {}, whose breaker is open", endpoint.site);
    }
    // Whether there is panic is not looked at any more under a configuration that has been replaced.
    if !endpoint.is_fit() && is_current {
        let (fit, all) = (upstream.endpoints.iter().filter(|one| one.is_fit()).count(), upstream.endpoints.len());
        let threshold = upstream.settings.panic_threshold.map_or(0.0, |ratio| ratio.share());
        assert!((fit as f64) < threshold * all as f64, "{} is chosen, and {fit} of {all} are fit", endpoint.site);
        outside.ledger.totals.count("a choice in panic");
    }
}

/// Why there is nobody; it must be true.
fn nobody(upstream: &LiveUpstream, now: u64) -> Reason {
    let usable = |index: &usize| upstream.is_usable(*index);
    let usable: Vec<_> = (0..upstream.endpoints.len()).filter(usable).map(|index| &upstream.endpoints[index]).collect();
    assert!(usable.iter().all(|one| !upstream.lets_through(one, now)), "the balancer found nobody, and there is one");
    if usable.is_empty() {
        let threshold = upstream.settings.panic_threshold;
        assert!(threshold.is_none(), "with a threshold for panic there is always somebody");
        return Reason::UpstreamNone;
    }
    Reason::BreakerOpen
}
