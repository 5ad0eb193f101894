//! Works on sagas: those of the requests at hand, and those that nobody works on any more.
//!
//! ```text
//! a checkout ──a place is free──▶ in our hands at once          ┌─▶ it rests: whoever waits for the order is told
//!      └──none is──▶ due now ──▶ ┐                              │
//! after a pause ───────────────▶ ├─▶ claimed ─▶ ask ─▶ record ──┼─▶ it goes on: ask for the next step
//! its process died, lease over ▶ ┘                              └─▶ in vain: due after a pause, and out of our hands
//! ```
//!
//! Knows no rule and no SQL. At a signal to stop it takes up nothing more (`close`); when all requests are answered it ends
//! the calls at hand, writes down their answers and gives the rest back (`finish`). Where to read on: `saga.rs` for the
//! rules, `runner/drive.rs` for one saga.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, broadcast};
use tokio::time::{Instant, timeout, timeout_at};
use uuid::Uuid;

use crate::calls::Calls;
use crate::case::Case;
use crate::counters::Counters;
use crate::settings::Work;
use crate::store::{Failure, Found, Scope, Store};

mod drive;

/// How often the backlog is counted.
const COUNT_INTERVAL: Duration = Duration::from_secs(2);

/// How often somebody who waits for an order looks by themselves: another process may work on it.
const LOOK_INTERVAL: Duration = Duration::from_millis(200);

/// How many ends of sagas are kept for whoever waits. Who misses one looks by themselves.
const ENDS: usize = 1024;

/// Works on sagas. Clones are the same.
#[derive(Clone)]
pub(crate) struct Runner(Arc<Inner>);

struct Inner {
    store: Store,
    calls: Calls,
    counters: Counters,
    work: Work,
    /// As many as may be worked on at once.
    places: Arc<Semaphore>,
    /// There may be a place, or something to do.
    wake: Notify,
    /// Orders whose sagas came to rest here.
    ends: broadcast::Sender<Uuid>,
    closed: AtomicBool,
    finishing: AtomicBool,
}

/// Leave to work on one saga.
pub(crate) struct Place {
    /// Free for others when it is dropped.
    _permit: OwnedSemaphorePermit,
}

/// Somebody who waits for an order.
pub(crate) struct Watch {
    order: Uuid,
    begins: bool,
    ends: broadcast::Receiver<Uuid>,
}

impl Runner {
    /// A runner that does nothing yet.
    pub(crate) fn new(store: Store, calls: Calls, counters: Counters, work: Work) -> Self {
        let places = Arc::new(Semaphore::new(work.sagas_at_once.into()));
        let (wake, ends) = (Notify::new(), broadcast::Sender::new(ENDS));
        let (closed, finishing) = (AtomicBool::new(false), AtomicBool::new(false));
        Self(Arc::new(Inner { store, calls, counters, work, places, wake, ends, closed, finishing }))
    }

    /// A place to work on a saga at once, if one is free.
    pub(crate) fn place(&self) -> Option<Place> {
        Arc::clone(&self.0.places).try_acquire_owned().ok().map(|permit| Place { _permit: permit })
    }

    /// For how long a saga is ours without a sign of life.
    pub(crate) fn lease(&self) -> Duration {
        self.0.work.saga_lease
    }

    /// Works on a saga that is ours already.
    pub(crate) fn begin(&self, case: Case, place: Place) {
        let inner = Arc::clone(&self.0);
        tokio::spawn(async move {
            inner.drive(case).await;
            drop(place);
            inner.wake.notify_one();
        });
    }

    /// Says that there is something to take up.
    pub(crate) fn wake(&self) {
        self.0.wake.notify_one();
    }

    /// Begins to watch for the end of an order's saga. `begins` says that the saga begins only now.
    pub(crate) fn watch(&self, order: Uuid, begins: bool) -> Watch {
        Watch { order, begins, ends: self.0.ends.subscribe() }
    }

    /// The order that `watch` is for: when it has come to rest, or as it stands at `until`.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) async fn settled(&self, mut watch: Watch, until: Instant) -> Result<Found, Failure> {
        loop {
            // One whose saga has only just begun is not worth a look before there is news of it.
            if !std::mem::take(&mut watch.begins) {
                let found = self.0.store.order(watch.order, Scope::All).await?;
                if !found.order.state.is_moving() || Instant::now() >= until {
                    return Ok(found);
                }
            }
            watch.ended(until.min(Instant::now() + LOOK_INTERVAL)).await;
        }
    }

    /// Takes up what is due, until [`close`](Self::close).
    pub(crate) async fn run(self) {
        let inner = &self.0;
        let mut counted: Option<Instant> = None;
        while !inner.closed.load(Ordering::Relaxed) {
            if counted.is_none_or(|counted| counted.elapsed() >= COUNT_INTERVAL) {
                counted = Some(Instant::now());
                inner.count().await;
            }
            if self.take_up().await {
                continue;
            }
            // An end of the time is as good a reason to look as any.
            let _elapsed = timeout(inner.work.saga_interval, inner.wake.notified()).await;
        }
    }

    /// Takes up as many sagas as there are places. Says whether there may be more.
    async fn take_up(&self) -> bool {
        let free = self.0.places.available_permits();
        let places: Vec<_> = (0..free).map_while(|_| self.place()).collect();
        if places.is_empty() {
            return false;
        }
        let cases = match self.0.store.claim(places.len(), self.lease()).await {
            Ok(cases) => cases,
            Err(error) => {
                tracing::warn!(%error, "no sagas can be taken up now");
                return false;
            }
        };
        let more = cases.len() == places.len();
        self.0.counters.resumed.inc_by(cases.len() as u64);
        for (case, place) in cases.into_iter().zip(places) {
            self.begin(case, place);
        }
        more
    }

    /// Takes up nothing more.
    pub(crate) fn close(&self) {
        self.0.closed.store(true, Ordering::Relaxed);
        self.0.wake.notify_one();
    }

    /// Ends the calls at hand and gives back what is not at an end, within `limit`. What takes longer is taken up by others
    /// when its lease is over.
    pub(crate) async fn finish(&self, limit: Duration) {
        self.close();
        self.0.finishing.store(true, Ordering::Relaxed);
        let all = self.0.work.sagas_at_once.into();
        if timeout(limit, self.0.places.acquire_many(all)).await.is_err() {
            tracing::warn!("sagas were still worked on; they are taken up again when their leases end");
        }
    }
}

impl Inner {
    async fn count(&self) {
        match self.store.backlog().await {
            Ok(backlog) => {
                self.counters.backlog(backlog);
                if backlog.stuck > 0 {
                    tracing::warn!(stuck = backlog.stuck, "sagas are tried again and again in vain");
                }
            }
            Err(error) => tracing::warn!(%error, "the sagas cannot be counted"),
        }
    }
}

impl Watch {
    /// Waits for the end, at most until `limit`.
    async fn ended(&mut self, limit: Instant) {
        let heard = async {
            // Who is too slow misses some, and looks.
            while let Ok(order) = self.ends.recv().await {
                if order == self.order {
                    break;
                }
            }
        };
        let _elapsed = timeout_at(limit, heard).await;
    }
}
