//! Waiting within an exchange: for its turn at the upstream, and before a retry.
//!
//! Whoever waits goes on listening for the end of the client and of the exchange's time; nothing is held meanwhile but a
//! place in the queue.

use std::future::poll_fn;
use std::task::{Context, Poll};

use supplex_engine::exchange::Verdict;
use supplex_engine::exchange::retry::backoff;
use supplex_engine::reason::Reason;
use supplex_engine::trace::Happening;

use super::Running;
use crate::worker::admission::{Admission, Entry};
use crate::worker::connection::{Connection, nanos};

/// Why waiting ended without what was waited for.
enum Ended {
    TimedOut,
    ClientGone,
}

impl Running<'_> {
    /// Waits for a place among those in flight.
    ///
    /// # Errors
    /// The verdict, when the exchange does not get one.
    pub(super) async fn enter(&mut self) -> Result<Admission, Verdict> {
        let mut waiting = match self.upstream.gate.enter() {
            Entry::Admitted(admission) => return Ok(admission),
            Entry::Full => return Err(self.exchange.refused(Reason::UpstreamBusy)),
            Entry::Wait(waiting) => waiting,
        };
        let ring = &self.connection.worker.ring;
        let (since, deadline) = (ring.coarse_now(), self.exchange.deadline());
        let until = since.saturating_add(nanos(self.upstream.settings.queue.timeout)).min(deadline);
        self.connection.socket.watch();
        let entered = poll_fn(|cx| match waiting.poll(cx) {
            Poll::Ready(admission) => Poll::Ready(Ok(admission)),
            Poll::Pending => poll_end(self.connection, until, cx).map(Err),
        });
        let entered = entered.await;
        let now = ring.coarse_now();
        let waited = now.saturating_sub(since);
        self.waited += waited;
        self.request.trace.note(now, || Happening::Queued { waited });
        entered.map_err(|ended| match ended {
            Ended::ClientGone => self.exchange.client_gone(),
            Ended::TimedOut if until == deadline => self.exchange.deadline_passed(),
            Ended::TimedOut => self.exchange.refused(Reason::UpstreamQueueTimeout),
        })
    }

    /// Pauses before a retry that the route asked for, so that an upstream in trouble is not hit by all at once.
    ///
    /// # Errors
    /// The verdict, when the client leaves meanwhile.
    pub(super) async fn pause(&mut self) -> Result<(), Verdict> {
        let worker = &self.connection.worker;
        let since = worker.ring.coarse_now();
        let left = self.exchange.deadline().saturating_sub(since);
        let pause = backoff(self.backoff, self.exchange.retries(), left, worker.random.next());
        self.connection.socket.watch();
        let ended = poll_fn(|cx| poll_end(self.connection, since.saturating_add(pause), cx)).await;
        let now = worker.ring.coarse_now();
        let waited = now.saturating_sub(since);
        self.waited += waited;
        self.request.trace.note(now, || Happening::Paused { waited });
        match ended {
            Ended::TimedOut => Ok(()),
            Ended::ClientGone => Err(self.exchange.client_gone()),
        }
    }
}

/// Ready at `until` nanoseconds, or when the client's connection breaks.
fn poll_end(connection: &Connection, until: u64, cx: &Context<'_>) -> Poll<Ended> {
    if connection.socket.poll_broken(cx).is_ready() {
        return Poll::Ready(Ended::ClientGone);
    }
    loop {
        if connection.worker.ring.coarse_now() >= until {
            return Poll::Ready(Ended::TimedOut);
        }
        connection.deadline.set(until);
        if connection.deadline.poll(cx).is_pending() {
            return Poll::Pending;
        }
    }
}
