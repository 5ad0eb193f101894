//! DNS names of upstreams: looked up when they appear and every few seconds from then on.
//!
//! One task per name. A failed look-up keeps the last addresses; a name that never resolved has none, which is no reason
//! not to start. The order of addresses means nothing, so they are sorted, and only a different set is a change.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::{AbortHandle, spawn_local};
use tokio::time::{sleep, timeout};

use super::{Sidecar, probes, publish};
use crate::config::Resolved;

/// Between two look-ups of a name.
pub(crate) const EVERY: Duration = Duration::from_secs(5);
/// How long a start or a reload waits for names that were never looked up.
pub(crate) const PATIENCE: Duration = Duration::from_secs(3);

/// A name and a port.
type Name = (Box<str>, u16);
/// How a name is looked up.
pub(crate) type Lookup = Box<dyn Fn(&str, u16) -> Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>>>>>;

/// What is known about names.
pub(crate) struct Resolver {
    lookup: Lookup,
    every: Duration,
    known: RefCell<Resolved>,
    tasks: RefCell<BTreeMap<Name, AbortHandle>>,
    /// Names that were looked up at least once, with or without success.
    tried: RefCell<BTreeSet<Name>>,
    progress: Notify,
    changed: Notify,
}

impl Resolver {
    /// A resolver that knows nothing.
    #[must_use]
    pub(crate) fn new(lookup: Lookup, every: Duration) -> Rc<Self> {
        Rc::new(Self {
            lookup,
            every,
            known: RefCell::default(),
            tasks: RefCell::default(),
            tried: RefCell::default(),
            progress: Notify::new(),
            changed: Notify::new(),
        })
    }

    /// The system's way: `/etc/hosts`, then DNS, as `/etc/nsswitch.conf` says.
    #[must_use]
    pub(crate) fn system() -> Lookup {
        Box::new(|name, port| {
            let name = name.to_owned();
            Box::pin(async move { Ok(tokio::net::lookup_host((name.as_str(), port)).await?.collect()) })
        })
    }

    /// Begins to look up those of `names` that are new, and waits until each has an answer, but not longer than
    /// `patience`. Must run within a local set.
    pub(crate) async fn watch(self: &Rc<Self>, names: &BTreeSet<Name>, patience: Duration) {
        for name in names {
            if self.tasks.borrow().contains_key(name) {
                continue;
            }
            let task = spawn_local(Rc::clone(self).follow(name.clone()));
            self.tasks.borrow_mut().insert(name.clone(), task.abort_handle());
        }
        let all_tried = async {
            while !names.is_subset(&self.tried.borrow()) {
                self.progress.notified().await;
            }
        };
        if timeout(patience, all_tried).await.is_err() {
            for (name, _) in names.difference(&self.tried.borrow()) {
                tracing::warn!("`{name}` has not resolved yet; its upstream does without it until it does");
            }
        }
    }

    /// Forgets every name but these.
    pub(crate) fn keep(&self, names: &BTreeSet<Name>) {
        self.tasks.borrow_mut().retain(|name, task| {
            let stays = names.contains(name);
            if !stays {
                task.abort();
            }
            stays
        });
        self.tried.borrow_mut().retain(|name| names.contains(name));
        self.known.borrow_mut().retain(|name, _| names.contains(name));
    }

    /// The addresses known now.
    #[must_use]
    pub(crate) fn resolved(&self) -> Resolved {
        self.known.borrow().clone()
    }

    /// Waits until a set of addresses has changed since the last wait.
    pub(crate) async fn changed(&self) {
        self.changed.notified().await;
    }

    async fn follow(self: Rc<Self>, name: Name) {
        let mut failing = false;
        loop {
            let answer = (self.lookup)(&name.0, name.1).await;
            match answer {
                Ok(addresses) if !addresses.is_empty() => {
                    if failing {
                        tracing::info!("`{}` resolves again", name.0);
                    }
                    failing = false;
                    self.learn(&name, addresses);
                }
                failed => {
                    if !failing {
                        let cause = failed.err().map_or("no address".to_owned(), |error| error.to_string());
                        tracing::warn!("`{}` does not resolve: {cause}. Its last addresses, if any, stay", name.0);
                    }
                    failing = true;
                }
            }
            self.tried.borrow_mut().insert(name.clone());
            self.progress.notify_waiters();
            sleep(self.every).await;
        }
    }

    fn learn(&self, name: &Name, mut addresses: Vec<SocketAddr>) {
        addresses.sort_unstable();
        addresses.dedup();
        let before = self.known.borrow_mut().insert(name.clone(), addresses.clone());
        if before.as_ref() != Some(&addresses) {
            self.changed.notify_one();
        }
    }
}

/// Publishes a new snapshot whenever addresses changed. Runs for ever.
pub(crate) async fn run(sidecar: &Rc<Sidecar>) {
    loop {
        sidecar.resolver.changed().await;
        let _turn = sidecar.publishing.lock().await;
        if !sidecar.is_draining() {
            republish(sidecar).await;
        }
    }
}

/// The running configuration with the addresses known now, if that makes a difference.
async fn republish(sidecar: &Rc<Sidecar>) {
    let old = sidecar.snapshot();
    let resolved = sidecar.resolver.resolved();
    let new = sidecar.running.borrow().blueprint.snapshot(old.generation, old.resolution + 1, &resolved);
    if new.upstreams == old.upstreams {
        return;
    }
    let new = Arc::new(new);
    let messages = publish::assignments(&mut sidecar.registry.borrow_mut(), &new, Vec::new());
    sidecar.running.borrow_mut().snapshot = Arc::clone(&new);
    probes::follow(sidecar);
    publish::deliver(&sidecar.crew, messages).await;
    match publish::acknowledged(&sidecar.crew, &new).await {
        Ok(()) => {
            sidecar.registry.borrow_mut().retire(&new);
            tracing::info!("addresses of upstreams changed: generation {}.{}", new.generation, new.resolution);
        }
        Err(behind) => tracing::warn!("{} did not take over new addresses yet", publish::name_workers(&behind)),
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::super::sample::{Sample, block_on, text};
    use super::*;

    fn addresses(list: &[&str]) -> Vec<SocketAddr> {
        list.iter().map(|address| address.parse().expect("an address")).collect()
    }

    fn names(list: &[&str]) -> BTreeSet<Name> {
        list.iter().map(|name| ((*name).into(), 80)).collect()
    }

    /// Answers from a cell; `None` is a failure.
    fn scripted(answer: &Rc<RefCell<Option<Vec<SocketAddr>>>>) -> Lookup {
        let answer = Rc::clone(answer);
        Box::new(move |_, _| {
            let answer = answer.borrow().clone().ok_or_else(|| io::Error::other("no such name"));
            Box::pin(async move { answer })
        })
    }

    #[test]
    fn a_failure_keeps_the_last_addresses_and_order_is_no_change() {
        block_on(async {
            let answer = Rc::new(RefCell::new(Some(addresses(&["10.0.0.2:80", "10.0.0.1:80"]))));
            let resolver = Resolver::new(scripted(&answer), Duration::from_millis(1));
            resolver.watch(&names(&["a.test"]), Duration::from_secs(60)).await;
            resolver.changed().await;
            let sorted = Resolved::from([(("a.test".into(), 80), addresses(&["10.0.0.1:80", "10.0.0.2:80"]))]);
            assert_eq!(resolver.resolved(), sorted);

            *answer.borrow_mut() = Some(addresses(&["10.0.0.1:80", "10.0.0.2:80"]));
            sleep(Duration::from_millis(20)).await;
            *answer.borrow_mut() = None;
            sleep(Duration::from_millis(20)).await;
            assert_eq!(resolver.resolved(), sorted);
            assert!(timeout(Duration::from_millis(5), resolver.changed()).await.is_err(), "nothing changed");

            *answer.borrow_mut() = Some(addresses(&["10.0.0.3:80"]));
            resolver.changed().await;
            assert_eq!(resolver.resolved().into_values().collect::<Vec<_>>(), [addresses(&["10.0.0.3:80"])]);
        });
    }

    #[test]
    fn a_name_that_never_answers_does_not_hold_up_the_others_for_ever() {
        block_on(async {
            let lookup: Lookup = Box::new(|name, port| {
                let hangs = name == "slow.test";
                Box::pin(async move {
                    if hangs {
                        std::future::pending::<()>().await;
                    }
                    Ok(vec![SocketAddr::from(([10, 0, 0, 1], port))])
                })
            });
            let resolver = Resolver::new(lookup, Duration::from_secs(3600));
            resolver.watch(&names(&["slow.test", "fast.test"]), Duration::from_millis(50)).await;
            assert_eq!(resolver.resolved().len(), 1);
        });
    }

    #[test]
    fn names_that_are_gone_are_looked_up_no_more() {
        block_on(async {
            let count = Rc::new(Cell::new(0_u32));
            let counted = Rc::clone(&count);
            let lookup: Lookup = Box::new(move |_, port| {
                counted.set(counted.get() + 1);
                Box::pin(async move { Ok(vec![SocketAddr::from(([10, 0, 0, 1], port))]) })
            });
            let resolver = Resolver::new(lookup, Duration::from_millis(1));
            resolver.watch(&names(&["a.test"]), Duration::from_secs(60)).await;
            resolver.keep(&BTreeSet::new());
            tokio::task::yield_now().await;
            let seen = count.get();
            sleep(Duration::from_millis(20)).await;
            assert_eq!((count.get(), resolver.resolved().len()), (seen, 0));
        });
    }

    #[test]
    fn changed_addresses_reach_the_workers_as_a_new_resolution() {
        block_on(async {
            let sample = Sample::new(&text(&["a"], &["svc.test:80"]));
            sample.sidecar.resolver.known.borrow_mut().insert(("svc.test".into(), 80), addresses(&["10.0.0.9:80"]));
            sample.with_workers(republish(&sample.sidecar)).await;
            let snapshot = sample.sidecar.snapshot();
            assert_eq!((snapshot.generation, snapshot.resolution), (1, 1));
            assert_eq!(snapshot.upstreams[0].endpoints.len(), 1);
            assert!(sample.sidecar.behind().is_empty());
            sample.with_workers(republish(&sample.sidecar)).await;
            assert_eq!(sample.sidecar.snapshot().resolution, 1, "the same addresses are no news");
        });
    }
}
