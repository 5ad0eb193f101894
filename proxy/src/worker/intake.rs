//! From the bytes of a request head to what is to be done: refuse it, or forward it as rewritten.
//!
//! Everything here happens at once, between two waits, so that the parsed head can live in the worker's scratch space.

use std::rc::Rc;

use supplex_engine::config::{self, RouteId};
use supplex_engine::exchange::RetryRule;
use supplex_engine::exchange::deadline::{deadline, remaining_ms};
use supplex_engine::exchange::stages::{admit::admit, limit_rate::Counted, match_route::match_route};
use supplex_engine::http1::{
    BodyDecoder, Coding, FieldId, Framing, Method, RequestContext, RequestHead, Step, Version, Violation, write_request,
};
use supplex_engine::limit::Told;
use supplex_engine::reason::Reason;

use super::arrival::Arrival;
use super::authenticate::{identify, refuses_trailer, vouched};
use super::connection::{Connection, nanos};
use super::exchange::beginning::{Beginning, Stamp};
use super::limit::{self, Waiting};
use super::live::Live;
use super::record::fresh_id;
use super::request::Request;
use super::trace::Trace;
use super::{explained, learn};
use crate::ring::{Chunk, Opening};

/// What to do about what has arrived.
pub(super) enum Intake {
    /// Wait for more of the head.
    More,
    /// Answer without asking the upstream.
    Refuse(Refusal),
    /// Wait for what the store says about its limits.
    Limit(Plan, Waiting),
    /// Forward.
    Forward(Plan),
}

/// A request that the gateway answers itself.
pub(super) struct Refusal {
    pub(super) request: Request,
    pub(super) reason: Reason,
    /// One sentence for the client.
    pub(super) detail: &'static str,
    /// The next request's start cannot be known.
    pub(super) close: bool,
}

/// A request on its way.
pub(super) struct Plan {
    pub(super) request: Request,
    /// The rewritten head, with what arrived of the body right behind it.
    pub(super) beginning: Beginning,
    /// Follows the body.
    pub(super) body: BodyDecoder,
    /// When the exchange must be over, on the ring's clock.
    pub(super) deadline: u64,
    /// When a failed attempt is followed by another.
    pub(super) rule: RetryRule,
}

/// What was decided about a request that is forwarded.
struct Terms {
    max_body: u64,
    deadline: u64,
    rule: RetryRule,
    stamp: Stamp,
}

/// Parses what has arrived; when a head is complete, decides and rewrites it.
pub(super) fn intake(connection: &mut Connection, arrival: &mut Arrival, started: u64) -> Intake {
    let worker = Rc::clone(&connection.worker);
    let settings = connection.listener.settings();
    let scratch = &mut *worker.scratch.borrow_mut();
    let head = &mut scratch.request;
    let length = match head.parse(arrival.bytes(), settings.head_limits()) {
        Ok(Some(length)) => length,
        Ok(None) => return Intake::More,
        Err(violation) => {
            return refuse_unparsed(connection, violation.reason(), violation.detail(), started);
        }
    };
    connection.record.begin(head, arrival.bytes(), || fresh_id(|| worker.random.next()));
    let live = worker.live();
    let trace = Trace::begin(&worker, &live, head, arrival.bytes(), connection.peer);
    let mut request = facts(Rc::clone(&live), head, arrival.bytes(), started, trace);
    request.explained = explained::asked(&worker, &live, head, arrival.bytes());
    if let Some(log) = live.snapshot.telemetry.access_log.as_ref().filter(|log| !log.of_head().is_empty()) {
        connection.record.note(head, arrival.bytes(), log);
    }
    let decided = decide(&live, head, arrival.bytes(), &settings).and_then(|(id, route)| {
        request.route = Some(id);
        if worker.overload.get().refuses(route.priority) {
            return Err((Reason::Overloaded, Reason::Overloaded.row().title));
        }
        let (bytes, peer) = (arrival.bytes(), connection.peer);
        let identity = identify(&worker, &live, route, head, bytes)?;
        scratch.demand.gather(&live, id, Counted { head, bytes, peer, identity: identity.as_deref() });
        Ok((route, identity))
    });
    let (route, identity) = match decided {
        Ok(decided) => decided,
        Err((reason, detail)) => {
            let close = request.framing != Framing::None;
            let rest = std::mem::take(arrival).into_rest(length, worker.ring.pool(), &connection.socket);
            connection.socket.unread(rest);
            return Intake::Refuse(Refusal { request, reason, detail, close });
        }
    };
    request.upstream = Some(route.destination.pick(worker.random.next()));
    (request.hash, request.fallback_hash) = learn::request_hashes(&request, head, arrival.bytes(), connection.peer);
    scratch.out.clear();
    let trusted = live.snapshot.gateway.trusts(connection.peer);
    let asked = head.field(arrival.bytes(), FieldId::XRequestDeadlineMs).filter(|_| trusted);
    let deadline = deadline(started, nanos(route.timeout), asked);
    let deadline_ms = remaining_ms(deadline, worker.ring.coarse_now());
    let has_key = || head.find(arrival.bytes(), "idempotency-key").is_some_and(|key| !key.is_empty());
    let rule = RetryRule::new(route.retries.as_ref(), route.retries.is_some() && has_key());
    let rule = route.hedge.map_or(rule, |hedge| rule.hedged(nanos(hedge.after)));
    let context = RequestContext {
        head,
        bytes: arrival.bytes(),
        rewrite: &route.rewrite,
        edits: &route.request_headers,
        vouched: vouched(&live, route, identity.as_deref()),
        client: connection.peer,
        trusted,
        secure: false,
        request_id: connection.record.id(),
        deadline_ms,
        trace: Some(request.trace.onward()),
    };
    let stamps = write_request(&mut scratch.out, &context);
    let stamp = Stamp::new(stamps, deadline_ms, &request.trace);
    let rest = std::mem::take(arrival).into_rest(length, worker.ring.pool(), &connection.socket);
    let terms = Terms { max_body: settings.max_body_bytes, deadline, rule, stamp };
    match forward(connection, request, &scratch.out, rest, terms) {
        Intake::Forward(plan) => limit::begin(&worker, plan, &mut scratch.demand),
        step => step,
    }
}

fn decide<'a>(
    live: &'a Live,
    head: &RequestHead,
    bytes: &[u8],
    listener: &config::Listener,
) -> Result<(RouteId, &'a config::Route), (Reason, &'static str)> {
    let refuse = |reason: Reason| (reason, reason.row().title);
    admit(head, listener).map_err(refuse)?;
    let found = match_route(&live.snapshot, head, bytes).and_then(|id| Some((id, live.route(id)?)));
    found.ok_or_else(|| refuse(Reason::RouteNone))
}

fn facts(live: Rc<Live>, head: &RequestHead, bytes: &[u8], started: u64, trace: Trace) -> Request {
    Request {
        live,
        route: None,
        upstream: None,
        hash: 0,
        fallback_hash: 0,
        method: head.method(),
        version: head.version(),
        framing: head.framing(),
        keep_alive: head.keep_alive(),
        upgrade: head.upgrade(bytes).is_some(),
        fell_back: false,
        started,
        told: Told::default(),
        explained: None,
        trace,
    }
}

/// A refusal of a request whose head did not come to its end.
pub(super) fn refuse_late(connection: &mut Connection, reason: Reason, started: u64) -> Intake {
    refuse_unparsed(connection, reason, reason.row().title, started)
}

fn refuse_unparsed(connection: &mut Connection, reason: Reason, detail: &'static str, started: u64) -> Intake {
    let worker = &connection.worker;
    connection.record.begin_unparsed(fresh_id(|| worker.random.next()));
    let live = worker.live();
    let request = Request {
        trace: Trace::fresh(worker, &live),
        live,
        route: None,
        upstream: None,
        hash: 0,
        fallback_hash: 0,
        method: Method::Extension,
        version: Version::Http11,
        framing: Framing::None,
        keep_alive: false,
        upgrade: false,
        fell_back: false,
        started,
        told: Told::default(),
        explained: None,
    };
    Intake::Refuse(Refusal { request, reason, detail, close: true })
}

/// Joins the rewritten head with the first piece of the body; the rest is for later reads.
fn forward(connection: &Connection, request: Request, head: &[u8], mut rest: Chunk, terms: Terms) -> Intake {
    let Terms { max_body, deadline, rule, stamp } = terms;
    let mut body = BodyDecoder::new(request.framing, Coding::Keep);
    if rest.room() < head.len() {
        // A head this long goes out on its own.
        connection.socket.unread(rest);
        let opening = connection.worker.ring.pool().write_all(head);
        let beginning = Beginning::new(opening, stamp, false, true);
        return Intake::Forward(Plan { request, beginning, body, deadline, rule });
    }
    if let Err((reason, detail)) = look_ahead(&request, body.clone(), rest.bytes(), max_body) {
        return Intake::Refuse(Refusal { request, reason, detail, close: true });
    }
    let piece = loop {
        match body.step(rest.bytes()) {
            Ok(Step::Drop(n)) => rest.advance(n),
            Ok(Step::Forward(n)) => break n,
            // The look ahead has found no error.
            Ok(Step::More | Step::End) | Err(_) => break 0,
        }
    };
    if piece < rest.len() {
        connection.socket.unread(rest.split_off(piece));
    }
    rest.prepend(head);
    let opening = Opening { first: rest, then: Vec::new() };
    // A whole body that came with its head is kept where the route may want to send it again.
    let beginning = Beginning::new(opening, stamp, piece > 0, body.is_done() && rule.wants_more());
    Intake::Forward(Plan { request, beginning, body, deadline, rule })
}

/// Checks what came of the body together with the head, so that the upstream sees nothing of a request that is known to
/// be bad.
fn look_ahead(
    request: &Request,
    mut body: BodyDecoder,
    mut bytes: &[u8],
    max_body: u64,
) -> Result<(), (Reason, &'static str)> {
    let refuse = |violation: Violation| (violation.reason(), violation.detail());
    let mut step = |bytes: &[u8]| body.step_guarded(bytes, |name| refuses_trailer(request, name)).map_err(refuse);
    while let Step::Drop(n) | Step::Forward(n) = step(bytes)? {
        bytes = bytes.get(n..).unwrap_or_default();
    }
    if body.data_bytes() > max_body {
        return Err((Reason::BodyTooLarge, Reason::BodyTooLarge.row().title));
    }
    Ok(())
}
