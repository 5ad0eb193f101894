//! Looks at the breakers ten times a second: opens those whose workers only together saw enough, and tells the log.
//!
//! Workers open, probe and close without it (`supplex_engine::upstream::breaker`); while the sidecar stalls, the only thing
//! missing is a trip by a success that made the number of requests large enough. Nothing here refuses a request.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use supplex_engine::config::BreakerMode;
use supplex_engine::upstream::breaker::{Phase, Rules, State};

use super::Sidecar;
use crate::clock;

/// Between two looks.
const EVERY: Duration = Duration::from_millis(100);

/// The state of each breaker at the last look, by upstream and address.
type Seen = HashMap<(Box<str>, Box<str>), State>;

/// Looks for ever.
pub(crate) async fn run(sidecar: &Sidecar) {
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut seen = Seen::new();
    let random = RandomState::new();
    loop {
        ticks.tick().await;
        look(sidecar, &mut seen, &random);
    }
}

fn look(sidecar: &Sidecar, seen: &mut Seen, random: &RandomState) {
    let (snapshot, registry, now) = (sidecar.snapshot(), sidecar.registry.borrow(), clock::millis());
    let mut current = Seen::new();
    for upstream in &snapshot.upstreams {
        let Some(settings) = upstream.breaker.as_ref().filter(|breaker| breaker.mode != BreakerMode::Off) else {
            continue;
        };
        let rules = Rules::new(settings, upstream.attempt_timeout);
        let Some(entry) = registry.upstream(&upstream.name) else { continue };
        for (address, breaker) in &entry.breakers {
            breaker.review(now, &rules, || random.hash_one(now));
            let (key, state) = ((upstream.name.clone(), address.clone()), breaker.state());
            // One that nobody has looked at yet has nothing to tell, unless it is not closed.
            let before = seen.get(&key).map_or(0, |state| state.epoch);
            if before != state.epoch {
                tell(&upstream.name, address, state, settings.mode, now);
            }
            current.insert(key, state);
        }
    }
    *seen = current;
}

fn tell(upstream: &str, address: &str, state: State, mode: BreakerMode, now: u64) {
    let who = format!("the breaker of {address} of the upstream `{upstream}`");
    let shadow = if mode == BreakerMode::Shadow { " (shadow: nothing is refused)" } else { "" };
    let cause = state.cause.map_or("?", |cause| cause.word());
    match state.phase {
        Phase::Open { until } => {
            let seconds = until.saturating_sub(now).div_ceil(1000);
            tracing::warn!("{who} is open: {cause}; it probes in {seconds} s{shadow}");
        }
        Phase::HalfOpen { .. } => tracing::info!("{who} is half-open: it probes{shadow}"),
        Phase::Closed { .. } => tracing::info!("{who} is closed again{shadow}"),
        Phase::ForcedOpen => tracing::warn!("{who} was forced open{shadow}"),
        Phase::ForcedClosed => tracing::warn!("{who} was forced closed"),
    }
}

#[cfg(test)]
mod tests {
    use supplex_engine::upstream::breaker::{Failure, Report};

    use super::super::sample::{Sample, block_on, text};
    use super::*;

    #[test]
    fn what_workers_saw_only_together_opens_at_the_next_look() {
        block_on(async {
            let sample = Sample::new(&format!("{}[upstreams.up.breaker]\n", text(&["a"], &["127.0.0.1:1"])));
            let breaker = sample.sidecar.registry.borrow().upstream("up").unwrap().breakers["127.0.0.1:1"].clone();
            let settings = sample.sidecar.snapshot().upstreams[0].breaker.unwrap();
            let rules = Rules::new(&settings, Duration::from_secs(1));
            for number in 0..20 {
                let failure = (number < 10).then_some(Failure::Unavailable);
                let now = clock::millis();
                let permit = breaker.admit(now, &rules).unwrap();
                breaker.report(number % 2, permit, Report { failure, slow: false }, now, &rules, || 0);
            }
            assert!(matches!(breaker.state().phase, Phase::Closed { .. }));
            let mut seen = Seen::new();
            look(&sample.sidecar, &mut seen, &RandomState::new());
            assert!(matches!(breaker.state().phase, Phase::Open { .. }));
            assert_eq!(seen.len(), 1);
        });
    }
}
