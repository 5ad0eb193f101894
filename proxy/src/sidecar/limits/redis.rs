//! The line to a Redis: takes questions, keeps one connection, and answers every question in time.
//!
//! ```text
//!   connecting --script loaded in time--> up --a reply is late----> stalled --asked again, answered in time--> up
//!     ^   |                               | ^                          |
//!     +---+ failed: again after a pause   | +--the slot moved, and     +--no answer for a while--> connecting
//!                                         |    the other node has it
//!                                         +--connection lost, or a server not to be used--> connecting
//! ```
//!
//! Only while the line is up does a question wait at all. In every other state it is answered `Unreachable` at once, so
//! that a Redis that is down costs nobody a timeout. Questions that wait go out together in one pipeline, as soon as the
//! one before it is answered. A question whose reply is late is answered `Timeout` and never sent again: whether Redis
//! charged is not known. Which server the connection leads to, when there are several, is found out anew for each
//! connection; one that turns out to be the wrong one by now is left at once. Nothing here knows what a limit is
//! (`script.rs` does).
//! Where to read on: `redis/flight.rs` (one pipeline), `redis/link_up.rs` (getting a connection), `redis/say.rs` (the log).

mod flight;
mod link_up;
mod say;
#[cfg(test)]
pub(super) mod server;
#[cfg(test)]
mod tests;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use supplex_engine::config::Redis;
use supplex_engine::limit::line::{Backoff, FLIGHTS_MOST, PIPELINE_MOST, STALL_MOST};
use tokio::sync::Notify;
use tokio::task::{JoinSet, spawn_local};
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::caller::Caller;
use super::measure::Measure;
use crate::link::limits::{Question, StoreError};
use flight::{Fate, Pack};
use link_up::{Endpoint, Link, Look, Sight};
use say::Speaker;

/// Questions that may wait for a pipeline with room.
const WAITING_MOST: usize = 8192;
/// A line without questions asks something itself this often, so that it knows whether Redis is there. Where another server
/// may take over, it does so among questions too: a demoted one may refuse for a while without an error.
const IDLE: Duration = Duration::from_millis(500);
/// Between two looks at a line that is waited for.
const LOOK: Duration = Duration::from_millis(2);

/// A question on its way.
#[derive(Debug)]
pub(super) struct Ask {
    /// What is asked. It names only limits that there are, see [`super::script::knows`].
    pub(super) question: Question,
    /// Who waits.
    pub(super) caller: Caller,
}

/// The line. Its task goes on after it is dropped until every question has its answer.
#[derive(Debug)]
pub(super) struct Line {
    inner: Rc<Inner>,
}

#[derive(Debug)]
struct Inner {
    timeout: Duration,
    queue: RefCell<VecDeque<Ask>>,
    wake: Notify,
    /// Rung when there may be room again.
    room: Notify,
    /// Whether as many pipelines are under way as may be.
    full: Cell<bool>,
    up: Cell<bool>,
    closing: Cell<bool>,
    backoff: RefCell<Backoff>,
    measure: Rc<Measure>,
    speaker: Speaker,
}

/// Why a connection is not used any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// Every question has its answer and no more will come.
    Closed,
    /// A reply is late.
    Late,
    /// It broke, or its server is not to be used.
    Lost,
    /// Another node of the cluster is to be used, and is known.
    Moved,
}

impl Line {
    /// Begins to connect. To be called within the sidecar's `LocalSet`.
    #[must_use]
    pub(super) fn open(redis: &Redis, measure: Rc<Measure>) -> Self {
        let inner = Rc::new(Inner {
            timeout: redis.timeout,
            queue: RefCell::default(),
            wake: Notify::new(),
            room: Notify::new(),
            full: Cell::new(false),
            up: Cell::new(false),
            closing: Cell::new(false),
            backoff: RefCell::default(),
            speaker: Speaker::new(redis.place.to_string(), Rc::clone(&measure)),
            measure,
        });
        spawn_local(Rc::clone(&inner).run(redis.clone()));
        Self { inner }
    }

    /// Whether questions can be asked now.
    #[must_use]
    pub(super) fn is_up(&self) -> bool {
        self.inner.up.get()
    }

    /// Waits until it is up, but no longer than this.
    pub(super) async fn is_up_within(&self, most: Duration) -> bool {
        let begun = Instant::now();
        while !self.is_up() && begun.elapsed() < most {
            sleep(LOOK).await;
        }
        self.is_up()
    }

    /// Waits until a question would not wait for others. What comes meanwhile is better left where it is: taking it in
    /// would wake the sidecar, and it could do nothing with it.
    pub(super) async fn has_room(&self) {
        while self.is_up() && (self.inner.full.get() || !self.inner.queue.borrow().is_empty()) {
            self.inner.room.notified().await;
        }
    }

    /// Asks, or answers at once that it cannot.
    pub(super) fn ask(&self, ask: Ask) {
        if !self.is_up() {
            return ask.caller.answer(Err(StoreError::Unreachable));
        }
        let mut queue = self.inner.queue.borrow_mut();
        if queue.len() >= WAITING_MOST {
            return ask.caller.answer(Err(StoreError::Full));
        }
        queue.push_back(ask);
        self.inner.wake.notify_one();
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.inner.closing.set(true);
        self.inner.wake.notify_one();
    }
}

impl Inner {
    /// Until the line is closed.
    async fn run(self: Rc<Self>, redis: Redis) {
        let endpoint = match Endpoint::new(&redis) {
            Ok(endpoint) => Rc::new(endpoint),
            Err(error) => return self.speaker.complain(&error),
        };
        loop {
            let attempt = self.connect(&endpoint);
            let link = tokio::select! {
                link = attempt => link,
                () = self.closed() => return,
            };
            let end = self.use_up(link, &endpoint).await;
            self.measure.leaves();
            if end == End::Closed {
                return;
            }
        }
    }

    async fn closed(&self) {
        while !self.closing.get() {
            self.wake.notified().await;
        }
    }

    async fn connect(&self, endpoint: &Endpoint) -> Link {
        loop {
            let pause = self.backoff.borrow_mut().pause();
            sleep(pause).await;
            match endpoint.connect().await {
                Ok(link) => return link,
                Err(error) => self.speaker.complain(&error),
            }
        }
    }

    /// Serves on this connection for as long as it, or one that takes its place, is any good.
    async fn use_up(&self, mut link: Link, endpoint: &Rc<Endpoint>) -> End {
        self.measure.uses(link.server.as_ref());
        loop {
            self.up.set(true);
            self.speaker.recovered(link.server.as_ref());
            match self.serve(&link, endpoint).await {
                End::Late => {
                    self.speaker.complain(&format!("no answer within {:?}", self.timeout));
                    if !self.answers_again(&link).await {
                        return End::Lost;
                    }
                }
                End::Moved => match self.follow(endpoint).await {
                    Some(other) => {
                        link = other;
                        self.measure.uses(link.server.as_ref());
                    }
                    None => return End::Lost,
                },
                end => return end,
            }
        }
    }

    /// Sends what waits. When it returns, nobody waits, unless another node is to be asked.
    async fn serve(&self, link: &Link, endpoint: &Rc<Endpoint>) -> End {
        let (speaker, measure) = (self.speaker.clone(), Rc::clone(&self.measure));
        let pack = Pack { endpoint: Rc::clone(endpoint), limit: self.timeout, measure, speaker };
        let mut flights = JoinSet::new();
        let (mut look_at, watched) = (Instant::now() + IDLE, link.look != Look::Alive);
        let supplanted = endpoint.supplanted(link);
        tokio::pin!(supplanted);
        let end = loop {
            while flights.len() < FLIGHTS_MOST
                && let Some(batch) = self.next_batch()
            {
                flights.spawn_local(flight::fly(batch, link.clone(), pack.clone()));
            }
            self.has_now(flights.len() >= FLIGHTS_MOST);
            if flights.is_empty() && self.closing.get() {
                break End::Closed;
            }
            tokio::select! {
                Some(fate) = flights.join_next() => match fate {
                    Ok(Fate::Answered) => {
                        self.backoff.borrow_mut().reset();
                        if !watched {
                            look_at = Instant::now() + IDLE;
                        }
                    }
                    Ok(Fate::Late) => break End::Late,
                    Ok(Fate::Moved) => break End::Moved,
                    // A flight that panicked took its questions with it.
                    Ok(Fate::Lost) | Err(_) => break End::Lost,
                },
                () = self.wake.notified() => {}
                () = sleep_until(look_at), if flights.is_empty() || watched && flights.len() <= FLIGHTS_MOST => {
                    look_at = Instant::now() + IDLE;
                    flights.spawn_local(flight::fly(Vec::new(), link.clone(), pack.clone()));
                }
                () = &mut supplanted => {
                    self.speaker.complain("another server is the master now");
                    break End::Lost;
                }
            }
        };
        if end != End::Moved {
            self.hang_up();
        }
        self.has_now(false);
        // Each ends in time by itself.
        while flights.join_next().await.is_some() {}
        end
    }

    /// Notes whether the line is full, and lets questions in if it is not.
    fn has_now(&self, full: bool) {
        self.full.set(full);
        if !full {
            self.room.notify_one();
        }
    }

    /// Answers what waits, and lets nothing wait.
    fn hang_up(&self) {
        self.up.set(false);
        for ask in self.queue.take() {
            ask.caller.answer(Err(StoreError::Unreachable));
        }
        self.room.notify_one();
    }

    /// The connection to the node where the slot moved. While it is made questions wait, but no longer than for an answer.
    async fn follow(&self, endpoint: &Endpoint) -> Option<Link> {
        let followed = match endpoint.cluster() {
            Some(cluster) => timeout(self.timeout, cluster.follow()).await.ok(),
            None => None,
        };
        match followed {
            Some(Ok(link)) => {
                self.speaker.moved(link.server.as_ref());
                return Some(link);
            }
            Some(Err(why)) => self.speaker.complain(&why),
            None => self.speaker.complain("the slot moved, and the other node does not answer in time"),
        }
        self.hang_up();
        None
    }

    fn next_batch(&self) -> Option<Vec<Ask>> {
        let mut queue = self.queue.borrow_mut();
        let length = queue.len().min(PIPELINE_MOST);
        (length > 0).then(|| queue.drain(..length).collect())
    }

    /// Whether a connection whose reply was late answers in time again, before patience ends.
    async fn answers_again(&self, link: &Link) -> bool {
        let (begun, mut backoff) = (Instant::now(), Backoff::default());
        while begun.elapsed() < STALL_MOST && !self.closing.get() {
            sleep(backoff.pause()).await;
            match timeout(self.timeout, flight::look(&mut link.clone())).await {
                Ok(Ok(Sight::Fit)) => return true,
                Ok(Ok(Sight::Unfit(_) | Sight::Moved(_)) | Err(_)) => return false,
                Err(_late) => {}
            }
        }
        false
    }
}
