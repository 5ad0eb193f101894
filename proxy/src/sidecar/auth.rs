//! The keys that tokens are checked with: one task per `[auth]` table fetches them and hands them to the workers.
//!
//! A set is fetched when its table appears (the start and a reload wait for that, but not for long), every `refresh` after
//! that, and sooner when a worker met a key that it does not know: workers count such tokens, and the tasks look at the
//! counts. The last set that could be used stays in force until there is another one. Where to read on: `auth/fetch.rs`
//! gets the bytes, `auth/keys.rs` makes keys of them, `worker/authenticate.rs` uses them.

mod fetch;
mod keys;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use supplex_engine::config::Auth;
use supplex_engine::stats::AuthDecision;
use tokio::task::{AbortHandle, spawn_local};
use tokio::time::{Instant, sleep};

use super::{Sidecar, publish};
use crate::link::{KeySet, Message};

/// How long the start and a reload wait for a set that they have not had before.
const FIRST_MOST: Duration = Duration::from_secs(1);
/// How long a fetch may take otherwise.
const FETCH_MOST: Duration = Duration::from_secs(5);
/// Between two looks at the workers' counts.
const LOOK: Duration = Duration::from_millis(100);
/// Between two fetches, whatever is asked for and however they end.
const GAP: Duration = Duration::from_secs(1);

/// The key sets, by the name of their table.
#[derive(Debug, Default)]
pub(crate) struct Keys(RefCell<BTreeMap<Box<str>, Watched>>);

#[derive(Debug)]
struct Watched {
    auth: Auth,
    record: Rc<RefCell<Record>>,
    task: AbortHandle,
}

/// Records of tables whose keys were fetched for the first time, by name.
pub(crate) type Prepared = BTreeMap<Box<str>, Rc<RefCell<Record>>>;

/// What is known about one key set.
#[derive(Debug, Default)]
pub(crate) struct Record {
    /// The set in force.
    pub(crate) set: Option<Arc<KeySet>>,
    /// What it was made from.
    content: Vec<u8>,
    /// Keys of it that cannot be used.
    pub(crate) ignored: usize,
    /// When the last fetch ended that gave a set.
    pub(crate) loaded_at: Option<SystemTime>,
    /// When the last fetch ended.
    pub(crate) tried_at: Option<SystemTime>,
    /// Why the last fetch failed, if it did.
    pub(crate) failure: Option<String>,
    /// Fetches that gave a set.
    pub(crate) loaded: u64,
    /// Fetches that did not.
    pub(crate) failed: u64,
}

impl Record {
    /// Notes how a fetch ended.
    fn note(&mut self, auth: &Auth, result: Result<Vec<u8>, String>, at: SystemTime) {
        self.tried_at = Some(at);
        let made = result.and_then(|content| {
            if self.set.is_some() && content == self.content {
                return Ok(None);
            }
            keys::read(&content).map(|read| Some((content, read)))
        });
        match made {
            Ok(fresh) => {
                if let Some((content, keys::Read { keys, ignored })) = fresh {
                    tracing::info!("auth `{}`: {} keys from {}", auth.name, keys.len(), auth.jwks);
                    let (name, source) = (auth.name.clone(), auth.jwks.clone());
                    self.set = Some(Arc::new(KeySet { name, source, keys }));
                    (self.content, self.ignored) = (content, ignored);
                } else if self.failure.is_some() {
                    tracing::info!("auth `{}`: {} answers again", auth.name, auth.jwks);
                }
                self.failure = None;
                self.loaded_at = Some(at);
                self.loaded += 1;
            }
            Err(failure) => {
                if self.failure.as_ref() != Some(&failure) {
                    let stays = if self.set.is_some() { "the former keys stay" } else { "its tokens are refused" };
                    tracing::warn!("auth `{}`: no keys from {}: {failure}; {stays}", auth.name, auth.jwks);
                }
                self.failure = Some(failure);
                self.failed += 1;
            }
        }
    }
}

impl Keys {
    /// Looks at what is known about one table's keys.
    pub(crate) fn look<T>(&self, name: &str, look: impl FnOnce(&Record) -> T) -> Option<T> {
        self.0.borrow().get(name).map(|watched| look(&watched.record.borrow()))
    }
}

/// Fetches the keys of tables that are new, or have theirs in another place.
pub(crate) async fn prepare(sidecar: &Sidecar, wanted: &[Auth]) -> Prepared {
    let is_known = |auth: &Auth| {
        let watched = sidecar.auth.0.borrow();
        watched.get(&auth.name).is_some_and(|known| known.auth.jwks == auth.jwks)
    };
    let fetches: Vec<_> = wanted
        .iter()
        .filter(|auth| !is_known(auth))
        .map(|auth| {
            let auth = auth.clone();
            spawn_local(async move {
                let record = Rc::new(RefCell::new(Record::default()));
                let result = fetch::fetch(&auth.jwks, FIRST_MOST).await;
                record.borrow_mut().note(&auth, result, SystemTime::now());
                (auth.name, record)
            })
        })
        .collect();
    let mut prepared = Prepared::new();
    for fetch in fetches {
        prepared.extend(fetch.await);
    }
    prepared
}

/// Encloses keys that were fetched for the first time with the configuration that needs them.
pub(crate) fn enclose(prepared: &Prepared, messages: &mut [Message]) {
    let sets: Vec<_> = prepared.values().filter_map(|record| record.borrow().set.clone()).collect();
    for message in messages {
        if let Message::Configure(assignment) = message {
            assignment.keys.clone_from(&sets);
        }
    }
}

/// Keeps the keys of the snapshot in force current and no others, and hands the workers what there is. To be called when the
/// snapshot is on its way to them.
pub(crate) async fn follow(sidecar: &Rc<Sidecar>, mut prepared: Prepared) {
    let snapshot = sidecar.snapshot();
    let before = std::mem::take(&mut *sidecar.auth.0.borrow_mut());
    before.values().for_each(|watched| watched.task.abort());
    let mut sets = Vec::new();
    for auth in &snapshot.auth {
        let known = before.get(&auth.name).filter(|known| known.auth.jwks == auth.jwks);
        let record = known.map(|known| Rc::clone(&known.record)).or_else(|| prepared.remove(&auth.name));
        let record = record.unwrap_or_default();
        sets.extend(record.borrow().set.clone());
        let task = spawn_local(watch(Rc::clone(sidecar), auth.clone(), Rc::clone(&record))).abort_handle();
        let watched = Watched { auth: auth.clone(), record, task };
        sidecar.auth.0.borrow_mut().insert(auth.name.clone(), watched);
    }
    for set in sets {
        hand_over(sidecar, &set).await;
    }
}

async fn hand_over(sidecar: &Sidecar, set: &Arc<KeySet>) {
    let messages = sidecar.crew.iter().map(|_| Message::Keys(Arc::clone(set))).collect();
    publish::deliver(&sidecar.crew, messages).await;
}

/// Fetches one table's keys again and again, until it is aborted.
async fn watch(sidecar: Rc<Sidecar>, auth: Auth, record: Rc<RefCell<Record>>) {
    let mut asked = unknown(&sidecar, &auth);
    loop {
        let (start, failed) = (Instant::now(), record.borrow().failure.is_some());
        let pause = if failed { auth.refresh.min(GAP) } else { auth.refresh };
        while start.elapsed() < pause && !(start.elapsed() >= GAP && unknown(&sidecar, &auth) != asked) {
            sleep(LOOK.min(pause.saturating_sub(start.elapsed()))).await;
        }
        asked = unknown(&sidecar, &auth);
        let result = fetch::fetch(&auth.jwks, FETCH_MOST).await;
        record.borrow_mut().note(&auth, result, SystemTime::now());
        let set = record.borrow().set.clone();
        // Every time, so that a worker that was too busy once gets it the next time; the same set is no news to it.
        if let Some(set) = set {
            hand_over(&sidecar, &set).await;
        }
    }
}

/// Tokens with a key that workers did not know.
fn unknown(sidecar: &Sidecar, auth: &Auth) -> u64 {
    sidecar.registry.borrow().auth_decisions(&auth.name, AuthDecision::UnknownKey)
}

#[cfg(test)]
mod tests {
    use super::super::sample::{Sample, block_on, text};
    use super::*;

    const SET: &str =
        r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"k","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;

    #[test]
    fn a_set_stays_until_there_is_another_one() {
        block_on(async {
            let folder = tempfile::tempdir().expect("a folder");
            let path = folder.path().join("jwks.json");
            let table = format!(
                "[auth.users]\njwks = {path:?}\nissuer = \"i\"\naudience = \"a\"\nrefresh = \"100ms\"\n[[routes]]"
            );
            let sample = Sample::new(&text(&["a"], &["127.0.0.1:1"]).replacen("[[routes]]", &table, 1));
            let auth = sample.sidecar.snapshot().auth.clone();
            let prepared = prepare(&sample.sidecar, &auth).await;
            follow(&sample.sidecar, prepared).await;
            let look = |look: fn(&Record) -> (usize, bool)| sample.sidecar.auth.look("users", look).expect("watched");
            let state =
                || look(|record| (record.set.as_ref().map_or(0, |set| set.keys.len()), record.failure.is_some()));
            assert_eq!(state(), (0, true), "there is no file");

            for (content, wanted) in
                [(Some(SET), (1, false)), (Some("{}"), (1, true)), (Some(SET), (1, false)), (None, (1, true))]
            {
                match content {
                    Some(content) => std::fs::write(&path, content).expect("a file"),
                    None => std::fs::remove_file(&path).expect("no file"),
                }
                while state() != wanted {
                    sleep(Duration::from_millis(5)).await;
                }
            }
            let handed: Vec<_> = sample
                .mailboxes
                .iter()
                .map(|mailbox| {
                    mailbox
                        .take()
                        .filter(|message| matches!(message, Message::Keys(set) if set.keys.len() == 1))
                        .count()
                })
                .collect();
            assert!(handed.iter().all(|count| *count > 0), "{handed:?}");
        });
    }
}
