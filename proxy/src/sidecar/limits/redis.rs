//! The line to a Redis: takes questions, keeps one connection, and answers every question in time.
//!
//! ```text
//!   connecting --script loaded in time--> up --a reply is late----> stalled --asked again, answered in time--> up
//!     ^   |                               |                            |
//!     +---+ failed: again after a pause   +--connection lost, or-------+--no answer for a while--> connecting
//!                                            a server not to be used --> connecting
//! ```
//!
//! Only while the line is up does a question wait at all. In every other state it is answered `Unreachable` at once, so
//! that a Redis that is down costs nobody a timeout. Questions that wait go out together in one pipeline, and a few
//! pipelines may be under way. A question whose reply is late is answered `Timeout` and never sent again: whether Redis
//! charged is not known. Nothing here knows what a limit is (`script.rs` does).
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

use redis::aio::MultiplexedConnection;
use supplex_engine::config::Redis;
use tokio::sync::Notify;
use tokio::task::{JoinSet, spawn_local};
use tokio::time::{Instant, sleep, timeout};

use super::caller::Caller;
use super::measure::Measure;
use crate::link::limits::{Question, StoreError};
use flight::Fate;
use link_up::{Backoff, Endpoint};
use say::Speaker;

/// Questions that may wait for a pipeline with room.
const WAITING_MOST: usize = 8192;
/// Questions one pipeline takes.
const PIPELINE_MOST: usize = 512;
/// Pipelines under way at once. While one is answered the next is on its way; more only make a queue in Redis.
const FLIGHTS_MOST: usize = 4;
/// A line without questions asks something itself this often, so that it knows whether Redis is there.
const IDLE: Duration = Duration::from_millis(500);
/// Between two looks at a line that is waited for.
const LOOK: Duration = Duration::from_millis(2);
/// How long a connection whose reply was late gets to answer before another is made.
const STALL_MOST: Duration = Duration::from_secs(1);

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
}

impl Line {
    /// Begins to connect. To be called within the sidecar's `LocalSet`.
    #[must_use]
    pub(super) fn open(redis: &Redis, measure: Rc<Measure>) -> Self {
        let inner = Rc::new(Inner {
            timeout: redis.timeout,
            queue: RefCell::default(),
            wake: Notify::new(),
            up: Cell::new(false),
            closing: Cell::new(false),
            backoff: RefCell::default(),
            speaker: Speaker::new(redis.public_url(), Rc::clone(&measure)),
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
            Ok(endpoint) => endpoint,
            Err(error) => return self.speaker.complain(&error),
        };
        loop {
            let attempt = self.connect(&endpoint);
            let connection = tokio::select! {
                connection = attempt => connection,
                () = self.closed() => return,
            };
            if self.use_up(&connection).await == End::Closed {
                return;
            }
        }
    }

    async fn closed(&self) {
        while !self.closing.get() {
            self.wake.notified().await;
        }
    }

    async fn connect(&self, endpoint: &Endpoint) -> MultiplexedConnection {
        loop {
            let pause = self.backoff.borrow_mut().next();
            sleep(pause).await;
            match endpoint.connect(self.timeout).await {
                Ok(connection) => return connection,
                Err(error) => self.speaker.complain(&error),
            }
        }
    }

    /// Serves on this connection for as long as it is any good.
    async fn use_up(&self, connection: &MultiplexedConnection) -> End {
        self.measure.connects.increment();
        loop {
            self.up.set(true);
            self.speaker.recovered();
            let end = self.serve(connection).await;
            if end != End::Late {
                return end;
            }
            self.speaker.complain(&format!("no answer within {:?}", self.timeout));
            if !self.answers_again(connection).await {
                return End::Lost;
            }
        }
    }

    /// Sends what waits. When it returns, nobody waits.
    async fn serve(&self, connection: &MultiplexedConnection) -> End {
        let mut flights = JoinSet::new();
        let end = loop {
            while flights.len() < FLIGHTS_MOST
                && let Some(batch) = self.next_batch()
            {
                flights.spawn_local(self.flight(batch, connection));
            }
            if flights.is_empty() && self.closing.get() {
                break End::Closed;
            }
            tokio::select! {
                Some(fate) = flights.join_next() => match fate {
                    Ok(Fate::Answered) => self.backoff.borrow_mut().reset(),
                    Ok(Fate::Late) => break End::Late,
                    // A flight that panicked took its questions with it.
                    Ok(Fate::Lost) | Err(_) => break End::Lost,
                },
                () = self.wake.notified() => {}
                () = sleep(IDLE), if flights.is_empty() => {
                    flights.spawn_local(self.flight(Vec::new(), connection));
                }
            }
        };
        self.up.set(false);
        for ask in self.queue.take() {
            ask.caller.answer(Err(StoreError::Unreachable));
        }
        // Each ends in time by itself.
        while flights.join_next().await.is_some() {}
        end
    }

    fn flight(&self, batch: Vec<Ask>, connection: &MultiplexedConnection) -> impl Future<Output = Fate> + use<> {
        let (measure, speaker) = (Rc::clone(&self.measure), self.speaker.clone());
        flight::fly(batch, connection.clone(), self.timeout, measure, speaker)
    }

    fn next_batch(&self) -> Option<Vec<Ask>> {
        let mut queue = self.queue.borrow_mut();
        let length = queue.len().min(PIPELINE_MOST);
        (length > 0).then(|| queue.drain(..length).collect())
    }

    /// Whether a connection whose reply was late answers in time again, before patience ends.
    async fn answers_again(&self, connection: &MultiplexedConnection) -> bool {
        let (begun, mut backoff) = (Instant::now(), Backoff::default());
        while begun.elapsed() < STALL_MOST && !self.closing.get() {
            sleep(backoff.next()).await;
            let mut connection = connection.clone();
            match timeout(self.timeout, flight::ping(&mut connection)).await {
                Ok(Ok(())) => return true,
                Ok(Err(_)) => return false,
                Err(_late) => {}
            }
        }
        false
    }
}
