//! The bytes of one attempt, both ways at once: the rest of the request up (`relay/upload.rs`), the response down
//! (`relay/download.rs`), and the clocks of both.
//!
//! Bodies are never gathered: a piece is passed on as soon as it is there, and the next is read when the receiving side
//! has taken all but two. It decides nothing about retries or replies; it says how it ended.

mod download;
mod hold_back;
mod upload;

use std::future::poll_fn;
use std::task::{Context, Poll};

use supplex_engine::exchange::{AttemptFailure, Exchange};
use supplex_engine::http1::{BodyDecoder, Step, TrailerName, Violation};
use supplex_engine::reason::Reason;

use super::arrival::Arrival;
use super::connection::{After, Connection, nanos};
use super::exchange::Tally;
use super::exchange::hedge::Way;
use super::request::Request;
use super::upstream::{Attempt, LiveUpstream};
use crate::ring::{Chunk, Socket};
use download::Download;
use upload::Upload;

/// Chunks that may be unsent before more is read for them.
const UNSENT_MOST: usize = 2;
/// A body announced longer than this is received piece by piece; a shorter one may arrive as it comes.
const LONG: u64 = 128 * 1024;

/// How an attempt ended.
pub(super) enum End {
    /// The response is complete.
    Complete {
        /// Whether the upstream's connection can serve again.
        reusable: bool,
        /// What becomes of the client's connection.
        after: After,
    },
    /// The response was given up for another attempt; the client has seen nothing of it.
    GivenUp {
        /// Whether the upstream's connection can serve again.
        reusable: bool,
    },
    /// The upstream agreed to switch protocols; the client has been told.
    Switched,
    /// The upstream failed.
    Failed(AttemptFailure),
    /// The client sent a bad body, too much, or nothing for too long.
    ClientFault(Reason),
    /// The client left.
    ClientGone,
    /// The time for the whole exchange is over.
    Deadline,
}

/// What polling one direction came to.
enum Progress {
    /// Something moved; look again.
    Moved,
    /// Waiting for this.
    Waits(Wait),
    /// Nothing more to do in this direction.
    Idle,
    /// The attempt is over.
    Over(End),
}

/// What a direction waits for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wait {
    /// The client, to send or to read.
    Client,
    /// The upstream, to send or to read.
    Upstream,
}

/// One attempt with its connection to an endpoint.
pub(super) struct Relay<'a> {
    connection: &'a Connection,
    request: &'a Request,
    upstream: &'a LiveUpstream,
    exchange: &'a mut Exchange,
    tally: &'a mut Tally,
    body: &'a mut BodyDecoder,
    attempt: Attempt,
    socket: Socket,
    /// The same request on its way to another endpoint.
    other: &'a mut Option<Way>,
    upload: Upload,
    download: Download,
    /// When the attempt was begun, on the ring's clock.
    begun: u64,
    /// When something last moved.
    moved_at: u64,
}

impl<'a> Relay<'a> {
    #[expect(clippy::too_many_arguments, reason = "one attempt really has that many parties")]
    pub(super) fn new(
        connection: &'a Connection,
        request: &'a Request,
        upstream: &'a LiveUpstream,
        exchange: &'a mut Exchange,
        tally: &'a mut Tally,
        body: &'a mut BodyDecoder,
        way: Way,
        other: &'a mut Option<Way>,
    ) -> Self {
        let Way { attempt, socket, begun, sent_at, .. } = way;
        let upload = if body.is_done() { Upload::Done } else { Upload::Body };
        if upload == Upload::Body {
            connection.socket.set_bulk(true);
        }
        let download = Download::Head { arrival: Arrival::Nothing, interims: 0 };
        Self {
            connection,
            request,
            upstream,
            exchange,
            tally,
            body,
            attempt,
            socket,
            other,
            upload,
            download,
            begun,
            moved_at: sent_at,
        }
    }

    /// Runs until the attempt is over; gives it back with its connection.
    pub(super) async fn run(mut self) -> (End, Attempt, Socket) {
        let end = poll_fn(|cx| self.poll(cx)).await;
        (end, self.attempt, self.socket)
    }

    fn poll(&mut self, cx: &Context<'_>) -> Poll<End> {
        loop {
            let up = match self.poll_upload(cx) {
                Progress::Over(end) => return Poll::Ready(end),
                progress => progress,
            };
            let down = match self.poll_download(cx) {
                Progress::Over(end) => return Poll::Ready(end),
                progress => progress,
            };
            if matches!(up, Progress::Moved) || matches!(down, Progress::Moved) {
                self.moved_at = self.connection.worker.ring.coarse_now();
                continue;
            }
            return self.poll_clocks(cx, &up, &down);
        }
    }

    /// Which clock runs depends on whom we wait for.
    fn poll_clocks(&self, cx: &Context<'_>, up: &Progress, down: &Progress) -> Poll<End> {
        let client_idle = self.moved_at + nanos(self.connection.listener.settings().idle_timeout);
        let attempt = self.moved_at + nanos(self.upstream.settings.attempt_timeout);
        let (at, end): (u64, fn() -> End) = match (up, down) {
            // Part of the request is still to come: the upstream may well wait for it.
            (Progress::Waits(Wait::Client), Progress::Waits(Wait::Upstream)) => {
                (client_idle, || End::ClientFault(Reason::BodyTimeout))
            }
            (_, Progress::Waits(Wait::Client)) => (client_idle, || End::ClientGone),
            _ => (attempt, || End::Failed(AttemptFailure::Timeout)),
        };
        let deadline = self.exchange.deadline();
        let ring = &self.connection.worker.ring;
        let passed = self.connection.deadline.poll_until(cx, ring, || at.min(deadline));
        passed.map(|()| if ring.coarse_now() >= at { end() } else { End::Deadline })
    }
}

/// Passes on what of `chunk` belongs to the body; what lies behind the body's end is the result. Trailers that `refuses` is
/// true of break a rule.
fn pass(
    body: &mut BodyDecoder,
    mut chunk: Chunk,
    refuses: impl Fn(TrailerName<'_>) -> bool,
    mut on: impl FnMut(Chunk),
) -> Result<Option<Chunk>, Violation> {
    loop {
        match body.step_guarded(chunk.bytes(), &refuses)? {
            Step::Forward(n) if n >= chunk.len() => {
                on(chunk);
                return Ok(None);
            }
            Step::Forward(n) => {
                let tail = chunk.split_off(n);
                on(std::mem::replace(&mut chunk, tail));
            }
            Step::Drop(n) => chunk.advance(n),
            Step::More => return Ok(None),
            Step::End => return Ok(Some(chunk).filter(|rest| !rest.is_empty())),
        }
    }
}
