//! How a configuration comes into force while the gateway runs.
//!
//! One path, whoever asks (a signal, the admin endpoint, a changed file): read, check, bind what is new, resolve what is
//! new, publish. Until the last check has passed nothing has changed, so a refusal leaves no trace but a log entry, a
//! count and a note for `/api/config`. Reloads go one after the other.

mod history;
mod outcome;

use std::fs;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::time::SystemTime;

use tokio::task::spawn_blocking;

pub(crate) use history::Entry;
pub(crate) use outcome::{Outcome, Problem, Record, Refusal, Trigger};

use super::{Running, Sidecar, auth, probes, publish, resolve};
use crate::config::{self, Blueprint, Report};

/// A configuration file that holds.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// What it means.
    pub(crate) blueprint: Blueprint,
    /// Its bytes, to tell whether it changed.
    pub(crate) content: Vec<u8>,
}

/// Reads and checks the file.
///
/// # Errors
/// Everything that is wrong with it.
pub(crate) fn read(path: &Path) -> Result<Loaded, Report> {
    // Read before it is checked: when it changes in between, the next look finds other bytes and loads it again.
    let content = fs::read(path).unwrap_or_default();
    Ok(Loaded { blueprint: config::load(path)?, content })
}

/// Brings the file into force, if it changed and holds. `None` when a changed folder turned out to be no news.
pub(crate) async fn reload(sidecar: &Rc<Sidecar>, trigger: Trigger) -> Option<Outcome> {
    let _turn = sidecar.publishing.lock().await;
    let path = sidecar.origin.config.clone();
    let content = spawn_blocking(move || fs::read(path)).await.ok().and_then(Result::ok);
    if content.as_deref() == Some(sidecar.running.borrow().content.as_slice()) {
        return unchanged(sidecar, trigger);
    }
    if trigger == Trigger::File && sidecar.reloads.borrow().was_refused(content.as_deref()) {
        return None;
    }
    let outcome = match attempt(sidecar).await {
        Ok(outcome) => outcome,
        Err(problems) => Outcome::Refused(Refusal { at: SystemTime::now(), trigger, problems }),
    };
    outcome.log(trigger);
    sidecar.reloads.borrow_mut().note(trigger, &outcome, content, sidecar.snapshot().generation);
    Some(outcome)
}

fn unchanged(sidecar: &Sidecar, trigger: Trigger) -> Option<Outcome> {
    let outcome = Outcome::Unchanged { generation: sidecar.snapshot().generation };
    if trigger == Trigger::File {
        sidecar.reloads.borrow_mut().forget_refusal();
        return None;
    }
    // After a log rotation a signal comes without a change: go on in a new file.
    sidecar.log.retarget(sidecar.snapshot().telemetry.log_target());
    outcome.log(trigger);
    sidecar.reloads.borrow_mut().note(trigger, &outcome, None, sidecar.snapshot().generation);
    Some(outcome)
}

/// Everything from the file to the workers' acknowledgement.
async fn attempt(sidecar: &Rc<Sidecar>) -> Result<Outcome, Vec<Problem>> {
    if sidecar.is_draining() {
        return Err(vec![Problem::whole("the gateway is draining", None)]);
    }
    let path = sidecar.origin.config.clone();
    let loaded = match spawn_blocking(move || read(&path)).await {
        Ok(Ok(loaded)) => loaded,
        Ok(Err(report)) => return Err(outcome::problems(&report)),
        Err(error) => return Err(vec![Problem::whole(&format!("the check failed: {error}"), None)]),
    };
    let warnings = outcome::problems(&loaded.blueprint.warnings);
    fixed_settings(&sidecar.running.borrow().blueprint, &loaded.blueprint)?;
    let names = loaded.blueprint.names();
    let bound = sidecar.book.borrow().bind(&loaded.blueprint.listeners, sidecar.crew.len());
    let fresh = bound.map_err(|error| vec![Problem::whole(&error.to_string(), None)])?;
    // Here the new configuration has won.
    sidecar.resolver.watch(&names, resolve::PATIENCE).await;
    let keys = auth::prepare(sidecar, &loaded.blueprint.auth).await;
    let generation = sidecar.snapshot().generation + 1;
    let snapshot = Arc::new(loaded.blueprint.snapshot(generation, 0, &sidecar.resolver.resolved()));
    let sockets = sidecar.book.borrow_mut().commit(fresh, &snapshot.listeners);
    let mut messages = publish::assignments(&mut sidecar.registry.borrow_mut(), &snapshot, sockets);
    auth::enclose(&keys, &mut messages);
    sidecar.log.retarget(snapshot.telemetry.log_target());
    sidecar.otlp.retarget(snapshot.telemetry.traces.collector.as_ref());
    sidecar.limits.configure(&snapshot);
    *sidecar.running.borrow_mut() = Running {
        blueprint: loaded.blueprint,
        content: loaded.content,
        snapshot: Arc::clone(&snapshot),
        loaded_at: SystemTime::now(),
    };
    probes::follow(sidecar);
    publish::deliver(&sidecar.crew, messages).await;
    auth::follow(sidecar, keys).await;
    let behind = publish::acknowledged(&sidecar.crew, &snapshot).await.err().unwrap_or_default();
    if behind.is_empty() {
        sidecar.registry.borrow_mut().retire(&snapshot);
    }
    sidecar.resolver.keep(&names);
    sidecar.write_ready_file();
    Ok(Outcome::Accepted { generation, warnings, behind })
}

/// What threads and sockets were made from at the start cannot change under them.
fn fixed_settings(old: &Blueprint, new: &Blueprint) -> Result<(), Vec<Problem>> {
    let changed =
        [("workers", old.gateway.workers != new.gateway.workers), ("admin", old.gateway.admin != new.gateway.admin)];
    let problem = |name| {
        let message = format!("gateway.{name}: cannot change while the gateway runs");
        Problem::whole(&message, Some("restart it, or leave the key as it was"))
    };
    let problems: Vec<_> = changed.into_iter().filter(|(_, changed)| *changed).map(|(name, _)| problem(name)).collect();
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{Sample, block_on, text};
    use super::*;

    async fn reloaded(sample: &Sample, trigger: Trigger) -> Option<Outcome> {
        sample.with_workers(reload(&sample.sidecar, trigger)).await
    }

    fn counts(sample: &Sample) -> (u64, u64, u64) {
        let record = sample.sidecar.reloads.borrow();
        (record.accepted, record.refused, record.unchanged)
    }

    #[test]
    fn a_valid_change_is_the_next_generation_on_every_worker() {
        block_on(async {
            let sample = Sample::new(&text(&["a"], &["127.0.0.1:1"]));
            sample.rewrite(&text(&["a", "b"], &["127.0.0.1:1"]));
            let outcome = reloaded(&sample, Trigger::Signal).await;
            assert!(matches!(&outcome, Some(Outcome::Accepted { generation: 2, behind, .. }) if behind.is_empty()));
            assert_eq!(sample.sidecar.snapshot().routes.len(), 2);
            assert!(sample.sidecar.behind().is_empty());
            assert_eq!(counts(&sample), (1, 0, 0));
        });
    }

    #[test]
    fn an_invalid_file_changes_nothing_and_is_remembered_with_every_problem() {
        block_on(async {
            let sample = Sample::new(&text(&["a"], &["127.0.0.1:1"]));
            let broken = text(&["a", "a"], &[]).replace("[gateway]", "[gateway]\ncolour = 3");
            sample.rewrite(&broken);
            let outcome = reloaded(&sample, Trigger::Admin).await;
            let Some(Outcome::Refused(refusal)) = outcome else { panic!("{outcome:?}") };
            assert!(refusal.problems.len() >= 3, "{:?}", refusal.problems);
            assert!(refusal.problems.iter().any(|problem| problem.line == 2 && problem.message.contains("colour")));
            assert_eq!(sample.sidecar.snapshot().generation, 1);
            assert!(sample.mailboxes.iter().all(crate::link::Messages::is_empty), "no worker heard of it");
            assert_eq!(counts(&sample), (0, 1, 0));
            assert!(sample.sidecar.reloads.borrow().last_refusal().is_some());
            assert!(reloaded(&sample, Trigger::File).await.is_none(), "the same bad file is no news");

            sample.rewrite(&text(&["a"], &["127.0.0.1:1"]));
            assert!(matches!(reloaded(&sample, Trigger::Signal).await, Some(Outcome::Unchanged { generation: 1 })));
            assert!(sample.sidecar.reloads.borrow().last_refusal().is_none(), "the file is what runs");
            assert_eq!(counts(&sample), (0, 1, 1));
            let record = sample.sidecar.reloads.borrow();
            let told: Vec<_> =
                record.history().map(|entry| (entry.trigger, entry.result, entry.problems > 2)).collect();
            assert_eq!(told, [(Trigger::Signal, "unchanged", false), (Trigger::Admin, "refused", true)]);
        });
    }

    #[test]
    fn an_unchanged_file_does_nothing() {
        block_on(async {
            let sample = Sample::new(&text(&["a"], &["127.0.0.1:1"]));
            assert!(reloaded(&sample, Trigger::File).await.is_none());
            assert!(matches!(reloaded(&sample, Trigger::Signal).await, Some(Outcome::Unchanged { generation: 1 })));
            assert_eq!(counts(&sample), (0, 0, 1));
        });
    }

    #[test]
    fn settings_that_need_a_restart_are_refused_by_name() {
        block_on(async {
            let sample = Sample::new(&text(&["a"], &["127.0.0.1:1"]));
            sample.rewrite(&text(&["a"], &["127.0.0.1:1"]).replace("[gateway]", "[gateway]\nworkers = 7"));
            let outcome = reloaded(&sample, Trigger::Signal).await;
            let Some(Outcome::Refused(refusal)) = outcome else { panic!("{outcome:?}") };
            assert_eq!(refusal.problems.len(), 1);
            assert!(refusal.problems[0].message.starts_with("gateway.workers"));
        });
    }

    #[test]
    fn a_listener_that_cannot_be_bound_refuses_the_whole_and_a_new_one_brings_its_sockets() {
        block_on(async {
            let sample = Sample::new(&text(&["a"], &["127.0.0.1:1"]));
            let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a socket");
            let address = taken.local_addr().expect("an address");
            let more = format!("[[listeners]]\nname = \"more\"\naddress = \"{address}\"\n[[routes]]");
            sample.rewrite(&text(&["a"], &["127.0.0.1:1"]).replace("[[routes]]", &more));
            let outcome = reloaded(&sample, Trigger::Signal).await;
            assert!(
                matches!(&outcome, Some(Outcome::Refused(refusal)) if refusal.problems[0].message.contains("`more`"))
            );
            drop(taken);
            let reload = reload(&sample.sidecar, Trigger::Signal);
            let take = async {
                loop {
                    let assignments = sample.acknowledge();
                    if assignments.iter().all(Option::is_some) {
                        return assignments;
                    }
                    tokio::time::sleep(std::time::Duration::from_millis(1)).await;
                }
            };
            let (outcome, assignments) = tokio::join!(reload, take);
            assert!(matches!(outcome, Some(Outcome::Accepted { generation: 2, .. })), "{outcome:?}");
            for assignment in assignments.into_iter().flatten() {
                let sockets: Vec<_> = assignment.sockets.iter().map(|(id, _)| id.0).collect();
                assert_eq!(sockets, [1], "the first listener has its socket already");
            }
        });
    }

    #[test]
    fn nothing_is_reloaded_during_a_drain() {
        block_on(async {
            let sample = Sample::new(&text(&["a"], &["127.0.0.1:1"]));
            sample.sidecar.set_draining();
            sample.rewrite(&text(&["b"], &["127.0.0.1:1"]));
            assert!(matches!(reloaded(&sample, Trigger::Admin).await, Some(Outcome::Refused(_))));
        });
    }
}
