//! One client connection: request after request, until one side has enough.
//!
//! ```text
//!           ┌──────────── response done, connection kept ───────────┐
//!           ▼                                                       │
//!   accept ─► waiting for a head ─► exchange (`exchange.rs`) ───────┤
//!                 │   refused ─► local reply (`respond.rs`) ────────┤
//!                 ▼                                                 ▼
//!               gone ◄──────────── lingering close ◄──── connection not kept
//! ```

use std::future::poll_fn;
use std::net::IpAddr;
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;

use supplex_engine::reason::Reason;
use supplex_engine::stats::{ListenerBlock, WorkerBlock};

use super::Worker;
use super::arrival::Arrival;
use super::exchange;
use super::intake::{Intake, intake, refuse_late};
use super::limit;
use super::live::LiveListener;
use super::record::Record;
use super::upkeep::wheel::Deadline;
use crate::ring::{Chunk, Received, Socket};

const MILLIS: u64 = 1_000_000;
/// How long a silent connection is left open once the gateway wants it to leave: a request that is already on its way
/// still gets its answer.
const GRACE: u64 = 500 * MILLIS;
/// How long, and for how many bytes, a closing connection is read so that the client can see the last response before
/// the system resets the connection for what it still sends (RFC 9112 section 9.6).
const LINGER: u64 = 2_000 * MILLIS;
const LINGER_BYTES: usize = 1 << 20;
/// Chunks that may be unsent before the next request is looked at.
const UNSENT_MOST: usize = 4;

/// A client connection, as its task holds it.
pub(super) struct Connection {
    pub(super) worker: Rc<Worker>,
    pub(super) socket: Socket,
    pub(super) deadline: Deadline,
    pub(super) peer: IpAddr,
    pub(super) listener: Rc<LiveListener>,
    pub(super) record: Record,
    presence: Presence,
}

/// How an exchange leaves the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum After {
    /// Ready for the next request.
    Next,
    /// The last response is under way; close behind it.
    Close,
    /// The client is gone, or must notice that a response is incomplete.
    Gone,
}

enum Event {
    Bytes(Chunk),
    Ended,
    TimedOut,
}

impl Connection {
    /// Takes over an accepted socket.
    pub(super) fn new(worker: &Rc<Worker>, listener: &Rc<LiveListener>, socket: OwnedFd, peer: IpAddr) -> Self {
        Self {
            socket: Socket::adopt(&worker.ring, socket),
            deadline: worker.timers.deadline(),
            peer,
            listener: Rc::clone(listener),
            record: Record::default(),
            presence: Presence::new(&listener.block, &worker.block),
            worker: Rc::clone(worker),
        }
    }

    /// Serves until the connection ends.
    pub(super) async fn serve(mut self) {
        let mut first = true;
        loop {
            let Some(step) = self.await_request(first).await else {
                // The client may have closed its half while it still reads the last response.
                self.flush().await;
                return;
            };
            first = false;
            self.presence.set_active(true);
            let step = match step {
                Intake::Limit(plan, waiting) => limit::settle(&self, plan, waiting).await,
                step => step,
            };
            let after = match step {
                Intake::Forward(plan) => exchange::run(&mut self, plan).await,
                Intake::Refuse(refusal) => self.refuse(&refusal),
                Intake::More | Intake::Limit(..) => After::Close,
            };
            match after {
                After::Next => self.presence.set_active(false),
                After::Close => return self.linger().await,
                After::Gone => return,
            }
        }
    }

    /// Whether the gateway wants this connection to end, and since when.
    pub(super) fn leaving_since(&self) -> Option<u64> {
        self.worker.draining_since().or(self.listener.retired.get())
    }

    /// Waits for a whole head and takes it in; `None` when the connection is to be closed without a word.
    async fn await_request(&mut self, first: bool) -> Option<Intake> {
        let settings = self.listener.settings();
        let (header, idle) = (nanos(settings.header_timeout), nanos(settings.idle_timeout));
        let mut arrival = Arrival::Nothing;
        let mut started = self.worker.ring.coarse_now();
        loop {
            let silent = arrival.is_empty();
            let patience = if silent && !first { idle } else { header };
            match self.next_bytes(started + patience, silent).await {
                Event::Bytes(chunk) => {
                    if silent {
                        started = self.worker.ring.coarse_now();
                    }
                    if !arrival.add(chunk, settings.head_limits()) {
                        continue;
                    }
                    match intake(self, &mut arrival, started) {
                        Intake::More => {}
                        step => return Some(step),
                    }
                }
                Event::TimedOut if !silent => return Some(refuse_late(self, Reason::HeaderTimeout, started)),
                Event::Ended | Event::TimedOut => return None,
            }
        }
    }

    async fn next_bytes(&self, until: u64, silent: bool) -> Event {
        let began = self.worker.ring.coarse_now();
        poll_fn(|cx| {
            // Do not pile up responses for a client that does not read them.
            match self.socket.poll_room(cx, UNSENT_MOST) {
                Poll::Ready(Ok(())) => match self.socket.poll_recv(cx) {
                    Poll::Ready(Received::Data(chunk)) => return Poll::Ready(Event::Bytes(chunk)),
                    Poll::Ready(Received::End | Received::Broken) => return Poll::Ready(Event::Ended),
                    Poll::Pending => {}
                },
                Poll::Ready(Err(_)) => return Poll::Ready(Event::Ended),
                Poll::Pending => {}
            }
            let at = || {
                let leaving = self.leaving_since().filter(|_| silent);
                // A connection that came after the gateway began to leave has its time too.
                leaving.map_or(until, |since| until.min(since.max(began) + GRACE))
            };
            self.deadline.poll_until(cx, &self.worker.ring, at).map(|()| Event::TimedOut)
        })
        .await
    }

    /// Closes so that the client can read the last response: the sending side first, then what still comes is dropped
    /// for a while.
    async fn linger(self) {
        self.socket.set_bulk(true);
        if !self.flush().await {
            return;
        }
        self.socket.finish();
        // From here on an end is a proper end, also of a body that nothing else ends.
        self.socket.set_abrupt(false);
        let until = self.worker.ring.coarse_now() + LINGER;
        let mut dropped = 0;
        while let Event::Bytes(chunk) = self.next_bytes(until, false).await {
            dropped += chunk.len();
            if dropped > LINGER_BYTES {
                return;
            }
        }
    }

    /// Waits until the system has taken every byte: what is unsent would be lost with the socket. Some of what the client
    /// sends meanwhile is dropped, because it may not read before it has sent all. Gives up on a client that takes nothing
    /// for `idle_timeout`. Whether all was taken.
    async fn flush(&self) -> bool {
        let idle = nanos(self.listener.settings().idle_timeout);
        let mut dropped = 0;
        for most in (0..UNSENT_MOST).rev() {
            let until = self.worker.ring.coarse_now() + idle;
            let taken = poll_fn(|cx| {
                if let Poll::Ready(room) = self.socket.poll_room(cx, most) {
                    return Poll::Ready(room.is_ok());
                }
                while dropped <= LINGER_BYTES
                    && let Poll::Ready(Received::Data(chunk)) = self.socket.poll_recv(cx)
                {
                    dropped += chunk.len();
                }
                self.deadline.poll_until(cx, &self.worker.ring, || until).map(|()| false)
            });
            if !taken.await {
                return false;
            }
        }
        true
    }
}

pub(super) fn nanos(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX / 4)
}

/// The connection as the counters see it; takes itself off when dropped.
struct Presence {
    listener: Arc<ListenerBlock>,
    worker: Arc<WorkerBlock>,
    active: bool,
}

impl Presence {
    fn new(listener: &Arc<ListenerBlock>, worker: &Arc<WorkerBlock>) -> Self {
        listener.idle.increment();
        worker.connections.increment();
        Self { listener: Arc::clone(listener), worker: Arc::clone(worker), active: false }
    }

    fn set_active(&mut self, active: bool) {
        if self.active != active {
            let gauges = [&self.listener.idle, &self.listener.active];
            gauges[usize::from(self.active)].decrement();
            gauges[usize::from(active)].increment();
            self.active = active;
        }
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        self.set_active(false);
        self.listener.idle.decrement();
        self.worker.connections.decrement();
    }
}
