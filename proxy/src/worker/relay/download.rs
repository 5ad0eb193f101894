//! The response, from the upstream to the client: heads are parsed and rewritten, the body is passed on.

use std::task::{Context, Poll};

use supplex_engine::config::HeaderEdits;
use supplex_engine::exchange::AttemptFailure;
use supplex_engine::exchange::stages::judge_response::{Asked, Judgement, judge_response};
use supplex_engine::http1::{BodyDecoder, Coding, Framing, Limits, ResponseContext, write_interim, write_response};
use supplex_engine::reason::Reason;
use supplex_engine::stats::block::AttemptResult;

use super::hold_back::Candidate;
use super::upload::Upload;
use super::{End, LONG, Progress, Relay, UNSENT_MOST, Wait, pass};
use crate::ring::{Chunk, Received};
use crate::worker::Scratch;
use crate::worker::arrival::Arrival;
use crate::worker::connection::After;
use crate::worker::learn::Ended;

/// What an upstream's head may be: generous, since it is ours to trust, and bounded all the same.
const LIMITS: Limits = Limits { bytes: 63 * 1024, fields: 256 };
/// Interim responses before a final one; more is an upstream that never answers.
const INTERIMS_MOST: u32 = 32;

/// Where the response stands.
///
/// ```text
///   Head ──final head──► Body ──its end──► (the attempt is over)
///    ▲ │
///    └─┘ interim head
/// ```
pub(super) enum Download {
    Head { arrival: Arrival, interims: u32 },
    Body { decoder: BodyDecoder, close: bool, reusable: bool },
}

impl Relay<'_> {
    pub(super) fn poll_download(&mut self, cx: &Context<'_>) -> Progress {
        match self.connection.socket.poll_room(cx, UNSENT_MOST) {
            Poll::Ready(Ok(())) => {}
            Poll::Ready(Err(_)) => return Progress::Over(End::ClientGone),
            Poll::Pending => return Progress::Waits(Wait::Client),
        }
        match (self.socket.poll_recv(cx), &mut self.download) {
            (Poll::Pending, _) => Progress::Waits(Wait::Upstream),
            (Poll::Ready(Received::Data(chunk)), Download::Head { arrival, .. }) => {
                self.exchange.response_byte_received();
                if !arrival.add(chunk, LIMITS) {
                    return Progress::Moved;
                }
                self.read_heads()
            }
            (Poll::Ready(Received::Data(chunk)), Download::Body { .. }) => self.pass_down(chunk),
            (Poll::Ready(Received::End), Download::Body { decoder, close, .. }) => {
                let after = if *close { After::Close } else { After::Next };
                match decoder.at_close() {
                    Ok(()) => Progress::Over(End::Complete { reusable: false, after }),
                    Err(_) => Progress::Over(End::Failed(AttemptFailure::Reset)),
                }
            }
            (Poll::Ready(Received::End | Received::Broken), _) => Progress::Over(End::Failed(AttemptFailure::Reset)),
        }
    }

    /// Reads as many heads as are complete: any number of interim ones, then a final one.
    fn read_heads(&mut self) -> Progress {
        loop {
            let Download::Head { arrival, interims } = &mut self.download else { return Progress::Moved };
            let worker = &self.connection.worker;
            let mut scratch = worker.scratch.borrow_mut();
            let scratch = &mut *scratch;
            let length = match scratch.response.parse(arrival.bytes(), LIMITS, self.request.method) {
                Ok(Some(length)) => length,
                Ok(None) => return Progress::Moved,
                Err(_) => return Progress::Over(End::Failed(AttemptFailure::Malformed)),
            };
            let asked = Asked {
                client: self.request.version,
                keep_alive: self.request.keep_alive,
                upgrade: self.request.upgrade,
                uploaded: self.upload == Upload::Done,
                leaving: self.connection.leaving_since().is_some(),
            };
            let judgement = judge_response(&scratch.response, asked);
            scratch.out.clear();
            match judgement {
                Judgement::Unasked => return Progress::Over(End::Failed(AttemptFailure::Malformed)),
                Judgement::Interim { forward } => {
                    *interims += 1;
                    if *interims > INTERIMS_MOST {
                        return Progress::Over(End::Failed(AttemptFailure::Malformed));
                    }
                    if forward {
                        self.exchange.interim_forwarded();
                        write_interim(&mut scratch.out, &scratch.response, arrival.bytes());
                        self.connection.socket.send_opening(worker.ring.pool().write_all(&scratch.out));
                    }
                    let rest = std::mem::take(arrival).into_rest(length, worker.ring.pool(), &self.socket);
                    if rest.is_empty() {
                        return Progress::Moved;
                    }
                    *arrival = Arrival::InPlace(rest);
                }
                Judgement::Switch => {
                    write_interim(&mut scratch.out, &scratch.response, arrival.bytes());
                    let rest = std::mem::take(arrival).into_rest(length, worker.ring.pool(), &self.socket);
                    self.connection.socket.send_opening(worker.ring.pool().write_all(&scratch.out));
                    self.socket.unread(rest);
                    self.exchange.response_started();
                    self.tally.status = Some(scratch.response.status());
                    self.attempt.span.answered(scratch.response.status());
                    self.attempt.count(AttemptResult::Success);
                    let now = worker.ring.coarse_now();
                    let ended = Ended::Answered { status: 101, latency: now.saturating_sub(self.begun) };
                    self.upstream.learn(&self.attempt, ended, now);
                    return Progress::Over(End::Switched);
                }
                Judgement::Final { coding, close, reusable } => {
                    let arrival = std::mem::take(arrival);
                    return self.begin_response(scratch, arrival, length, coding, close, reusable);
                }
            }
        }
    }

    /// The final head, just parsed: counts the attempt, rewrites the head and sends it with what came of the body.
    fn begin_response(
        &mut self,
        scratch: &mut Scratch,
        arrival: Arrival,
        length: usize,
        coding: Coding,
        close: bool,
        reusable: bool,
    ) -> Progress {
        let connection = self.connection;
        let worker = &connection.worker;
        let now = worker.ring.coarse_now();
        let (head, out) = (&scratch.response, &mut scratch.out);
        let (framing, status) = (head.framing(), head.status());
        self.attempt.answered(status);
        self.tally.upstream_time.stop(now);
        let latency = now.saturating_sub(self.begun);
        self.upstream.block.duration.observe(latency);
        self.upstream.learn(&self.attempt, Ended::Answered { status, latency }, now);
        let candidate = Candidate { status, framing, behind: arrival.bytes().len().saturating_sub(length), reusable };
        if let Some(end) = self.hold_back(&candidate) {
            return Progress::Over(end);
        }
        if let Some(other) = self.other.take() {
            other.overtaken(self.request, self.upstream, now);
        }
        self.exchange.response_started();
        self.tally.status = Some(status);
        let route = self.request.route.and_then(|id| self.request.live.route(id));
        let no_edits = HeaderEdits::default();
        let context = ResponseContext {
            head,
            bytes: arrival.bytes(),
            edits: route.map_or(&no_edits, |route| &route.response_headers),
            request_id: connection.record.id(),
            date: &worker.clock.date(),
            close,
            client: self.request.version,
            coding,
            limited: self.request.limited(),
            instead_of: self.request.fell_back.then_some(Reason::BreakerOpen),
        };
        write_response(out, &context);
        let (endpoint, attempts) = (&*self.attempt.endpoint().label, self.exchange.attempts());
        self.request.explain_forwarded(worker, endpoint, attempts, (self.tally.overhead, now), out);
        if framing == Framing::UntilClose || coding == Coding::Strip {
            // Until it is complete: the close is all that tells the client where the body ends (RFC 9112 section 8).
            connection.socket.set_abrupt(true);
        }
        let rest = arrival.into_rest(length, worker.ring.pool(), &self.socket);
        self.download = Download::Body { decoder: BodyDecoder::new(framing, coding), close, reusable };
        let progress = self.pass_first(rest, &scratch.out);
        self.tally.overhead += worker.ring.precise_now().saturating_sub(now);
        if matches!(progress, Progress::Moved) && is_long(framing) {
            self.socket.set_bulk(true);
        }
        progress
    }

    /// Sends the head in one piece with the first of the body, as far as that is there and fits.
    fn pass_first(&mut self, mut rest: Chunk, head: &[u8]) -> Progress {
        let client = &self.connection.socket;
        let pool = self.connection.worker.ring.pool();
        let Download::Body { decoder, .. } = &mut self.download else { return Progress::Moved };
        if rest.room() < head.len() {
            client.send_opening(pool.write_all(head));
            return self.pass_down(rest);
        }
        if rest.is_empty() {
            rest.prepend(head);
            client.send(rest);
            return self.settle(None);
        }
        let mut head = Some(head);
        let before = decoder.data_bytes();
        let passed = pass(
            decoder,
            rest,
            |_| false,
            |mut piece| {
                if let Some(head) = head.take() {
                    piece.prepend(head);
                }
                client.send(piece);
            },
        );
        self.tally.sent += decoder.data_bytes() - before;
        if let Some(head) = head {
            client.send_opening(pool.write_all(head));
        }
        match passed {
            Ok(rest) => self.settle(rest),
            Err(_) => Progress::Over(End::Failed(AttemptFailure::Malformed)),
        }
    }

    fn pass_down(&mut self, chunk: Chunk) -> Progress {
        let Download::Body { decoder, .. } = &mut self.download else { return Progress::Moved };
        let client = &self.connection.socket;
        let before = decoder.data_bytes();
        let passed = pass(decoder, chunk, |_| false, |piece| client.send(piece));
        self.tally.sent += decoder.data_bytes() - before;
        match passed {
            Ok(rest) => self.settle(rest),
            Err(_) => Progress::Over(End::Failed(AttemptFailure::Malformed)),
        }
    }

    /// Whether the response is complete now. Bytes behind its end belong to nothing that was asked for: the connection
    /// they came on is not used again.
    fn settle(&self, rest: Option<Chunk>) -> Progress {
        let Download::Body { decoder, close, reusable } = &self.download else { return Progress::Moved };
        if !decoder.is_done() {
            return Progress::Moved;
        }
        let uploaded = self.upload == Upload::Done;
        if uploaded && *reusable {
            self.socket.set_bulk(false);
        }
        let after = if *close || !uploaded { After::Close } else { After::Next };
        Progress::Over(End::Complete { reusable: *reusable && uploaded && rest.is_none(), after })
    }
}

fn is_long(framing: Framing) -> bool {
    match framing {
        Framing::None => false,
        Framing::Length(length) => length > LONG,
        Framing::Chunked | Framing::UntilClose => true,
    }
}
