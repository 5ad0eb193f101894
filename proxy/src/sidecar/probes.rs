//! Active probes: one task per endpoint of an upstream that asks for them.
//!
//! A task probes, waits, and probes again, so an endpoint never has two probes in flight. Tasks and what they found are
//! kept over reloads by upstream and address; a task ends when its endpoint leaves. What counts is decided by
//! `supplex_engine::upstream::health`; the verdict goes to the workers through the endpoint's shared state.
//! Where to read on: `probes/ask.rs` is one probe, `worker/health.rs` is what becomes of the verdict.

mod ask;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use supplex_engine::config::{Endpoint, Health, Snapshot};
use supplex_engine::stats::EndpointState;
use supplex_engine::upstream::health::HealthCheck;
use tokio::task::{AbortHandle, spawn_local};
use tokio::time::{MissedTickBehavior, interval, sleep};

use super::Sidecar;
use super::registry::Registry;

/// The first probe comes within the interval, but not later than this.
const FIRST_WITHIN: Duration = Duration::from_secs(1);

/// An upstream's name and an endpoint's address.
type Key = (Box<str>, Box<str>);

/// All probes.
#[derive(Debug, Default)]
pub(crate) struct Probes(RefCell<BTreeMap<Key, Watched>>);

#[derive(Debug)]
struct Watched {
    rules: Health,
    record: Rc<RefCell<Record>>,
    task: AbortHandle,
}

/// What probes found out about one endpoint.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    check: HealthCheck,
    /// Since when the endpoint is what it is.
    pub(crate) since: SystemTime,
    /// What made it so; empty before anything did.
    pub(crate) why: String,
    /// The last probe.
    pub(crate) last: Option<Last>,
}

/// One probe.
#[derive(Clone, Debug)]
pub(crate) struct Last {
    /// When it ended.
    pub(crate) at: SystemTime,
    /// How long it took.
    pub(crate) took: Duration,
    /// Why it failed, if it did.
    pub(crate) failure: Option<String>,
}

impl Record {
    fn new() -> Self {
        let (check, since) = (HealthCheck::default(), SystemTime::now());
        Self { check, since, why: "no probe has said otherwise".to_owned(), last: None }
    }

    /// Whether the endpoint is healthy.
    #[must_use]
    pub(crate) fn is_healthy(&self) -> bool {
        self.check.is_healthy()
    }

    /// Notes a probe. Returns whether the endpoint changed by it.
    fn note(&mut self, last: Last, rules: &Health) -> bool {
        let changed = self.check.probed(last.failure.is_none(), rules.unhealthy_after, rules.healthy_after);
        if changed {
            self.since = last.at;
            self.why = match &last.failure {
                Some(failure) => format!("{} probes failed in a row, the last one: {failure}", rules.unhealthy_after),
                None => format!("{} probes passed in a row", rules.healthy_after),
            };
        }
        self.last = Some(last);
        changed
    }
}

impl Probes {
    /// What is known about an endpoint; `None` when it is not probed.
    #[must_use]
    pub(crate) fn record(&self, upstream: &str, address: &str) -> Option<Record> {
        let watched = self.0.borrow();
        watched.get(&(upstream.into(), address.into())).map(|watched| watched.record.borrow().clone())
    }
}

/// Probes the endpoints of the snapshot in force and no others. To be called within a local set, whenever there is another
/// snapshot, before the registry forgets who left.
pub(crate) fn follow(sidecar: &Sidecar) {
    let snapshot = sidecar.snapshot();
    let mut watched = sidecar.probes.0.borrow_mut();
    let before = std::mem::take(&mut *watched);
    let registry = sidecar.registry.borrow();
    *watched = wanted(&snapshot)
        .map(|(key, upstream, endpoint, rules)| {
            let watch = |record: Rc<RefCell<Record>>| {
                let state = registry.state(&key.0, &key.1);
                let task = watch(upstream.into(), endpoint.clone(), rules.clone(), Rc::clone(&record), state);
                Watched { rules: rules.clone(), record, task: spawn_local(task).abort_handle() }
            };
            let one = match before.get(&key) {
                Some(known) if known.rules == *rules => {
                    Watched { rules: rules.clone(), record: Rc::clone(&known.record), task: known.task.clone() }
                }
                Some(known) => {
                    known.task.abort();
                    watch(Rc::clone(&known.record))
                }
                None => watch(Rc::new(RefCell::new(Record::new()))),
            };
            (key, one)
        })
        .collect();
    for (key, gone) in before.iter().filter(|(key, _)| !watched.contains_key(*key)) {
        gone.task.abort();
        forget(&registry, key);
    }
}

/// Who is not probed any more is as good as any other.
fn forget(registry: &Registry, key: &Key) {
    if let Some(state) = registry.state(&key.0, &key.1) {
        state.set_healthy(true);
    }
}

/// Every endpoint that is to be probed.
fn wanted(snapshot: &Snapshot) -> impl Iterator<Item = (Key, &str, &Endpoint, &Health)> {
    let probed = snapshot.upstreams.iter().filter_map(|upstream| Some((upstream, upstream.health.as_ref()?)));
    probed.flat_map(|(upstream, rules)| {
        upstream.endpoints.iter().map(move |endpoint| {
            let key = (upstream.name.clone(), endpoint.address.to_string().into());
            (key, &*upstream.name, endpoint, rules)
        })
    })
}

/// Probes one endpoint until it is aborted.
async fn watch(
    upstream: Box<str>,
    endpoint: Endpoint,
    rules: Health,
    record: Rc<RefCell<Record>>,
    state: Option<Arc<EndpointState>>,
) {
    // Not all at once, neither in this process nor with those that were started together with it.
    sleep(rules.interval.min(FIRST_WITHIN).mul_f64(chance())).await;
    let mut turns = interval(rules.interval);
    turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        turns.tick().await;
        let begun = Instant::now();
        let failure = ask::ask(&rules.probe, &endpoint, rules.timeout).await.err().map(|failure| failure.to_string());
        let last = Last { at: SystemTime::now(), took: begun.elapsed(), failure };
        let changed = record.borrow_mut().note(last, &rules);
        let record = record.borrow();
        if let Some(state) = &state {
            state.set_healthy(record.is_healthy());
        }
        if changed && record.is_healthy() {
            tracing::info!("`{}` of the upstream `{upstream}` is healthy: {}", endpoint.address, record.why);
        } else if changed {
            tracing::warn!("`{}` of the upstream `{upstream}` is unhealthy: {}", endpoint.address, record.why);
        }
    }
}

/// A random number from 0 to 1.
fn chance() -> f64 {
    RandomState::new().build_hasher().finish() as f64 / u64::MAX as f64
}

#[cfg(test)]
mod tests {
    use supplex_engine::config::Probe;

    use super::super::sample::{Sample, block_on, text};
    use super::super::{publish, reload};
    use super::*;

    fn last(failure: Option<&str>) -> Last {
        let failure = failure.map(str::to_owned);
        Last { at: SystemTime::UNIX_EPOCH, took: Duration::from_millis(1), failure }
    }

    #[test]
    fn the_record_says_what_changed_an_endpoint_and_when() {
        let rules = Health {
            probe: Probe::Tcp,
            interval: Duration::from_secs(1),
            timeout: Duration::from_secs(1),
            unhealthy_after: 2,
            healthy_after: 1,
        };
        let mut record = Record::new();
        assert!(!record.note(last(Some("status 500")), &rules) && record.is_healthy());
        assert!(record.note(last(Some("status 503")), &rules) && !record.is_healthy());
        assert_eq!(record.why, "2 probes failed in a row, the last one: status 503");
        assert_eq!(record.since, SystemTime::UNIX_EPOCH);
        assert!(record.note(last(None), &rules) && record.is_healthy());
    }

    #[test]
    fn probes_follow_the_endpoints_and_keep_what_they_know() {
        block_on(async {
            let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a socket");
            let address = listener.local_addr().expect("an address").to_string();
            let dead = "127.0.0.1:1";
            let health = "health = { interval = \"5ms\", timeout = \"5s\" }\n";
            let both = text(&["a"], &[&*address, dead]) + health;
            let sample = Sample::new(&both);
            follow(&sample.sidecar);
            let state = |address: &str| sample.sidecar.registry.borrow().state("up", address);
            let dead_state = state(dead).expect("a state");
            while dead_state.is_healthy() {
                sleep(Duration::from_millis(1)).await;
            }
            assert!(state(&address).expect("a state").is_healthy());
            let known = sample.sidecar.probes.record("up", dead).expect("a record");
            assert!(known.why.contains("connect"), "{}", known.why);

            // Other rules: what is known stays, and a task goes on with them.
            sample.rewrite(&both.replace("\"5ms\"", "\"7ms\""));
            sample.with_workers(reload::reload(&sample.sidecar, reload::Trigger::Signal)).await;
            assert!(!dead_state.is_healthy());
            let record = sample.sidecar.probes.record("up", dead).expect("a record");
            assert_eq!(record.since, known.since);

            sample.rewrite(&text(&["a"], &[&*address, dead]));
            sample.with_workers(reload::reload(&sample.sidecar, reload::Trigger::Signal)).await;
            assert!(sample.sidecar.probes.record("up", dead).is_none());
            assert!(dead_state.is_healthy(), "nobody says otherwise any more");
            assert!(publish::behind(&sample.sidecar.crew, 3, 0).is_empty());
        });
    }
}
