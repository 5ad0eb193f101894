//! What an exchange says to one thing after another.
use std::time::Duration;

use super::*;
use crate::config::{Retries, RetryOn};

/// No budget: what is retried is about stale connections.
fn never() -> bool {
    panic!("no route asked for a retry")
}

/// A bodiless request on a connection from the pool, its head sent.
fn pooled(method: Method) -> Exchange {
    let mut exchange = Exchange::new(method, false, 100);
    exchange.attempt_started(true);
    exchange.request_bytes_sent();
    exchange
}

#[test]
fn a_stale_pooled_connection_is_retried_once() {
    let mut exchange = pooled(Method::Get);
    assert_eq!(exchange.attempt_failed(AttemptFailure::Reset, 1, never), Verdict::Retry);
    exchange.attempt_started(false);
    assert_eq!(exchange.attempt_failed(AttemptFailure::Reset, 2, never), Verdict::Reply(Reason::UpstreamReset));
    assert!(exchange.retried());
    assert_eq!((exchange.attempts(), exchange.outcome()), (2, Some(Outcome::Replied(Reason::UpstreamReset))));
}

#[test]
fn nothing_else_is_retried() {
    let reply = |failure: AttemptFailure| Verdict::Reply(failure.reason());
    for failure in [AttemptFailure::Connect, AttemptFailure::Timeout, AttemptFailure::Malformed] {
        assert_eq!(pooled(Method::Get).attempt_failed(failure, 1, never), reply(failure));
    }
    let reset = AttemptFailure::Reset;
    assert_eq!(pooled(Method::Post).attempt_failed(reset, 1, never), reply(reset), "the server may have acted");
    assert_eq!(pooled(Method::Get).attempt_failed(reset, 100, never), reply(reset), "the deadline has passed");

    let mut fresh = Exchange::new(Method::Get, false, 100);
    fresh.attempt_started(false);
    assert_eq!(fresh.attempt_failed(reset, 1, never), reply(reset), "the connection was not stale");

    let mut answered = pooled(Method::Get);
    answered.response_byte_received();
    assert_eq!(answered.attempt_failed(reset, 1, never), reply(reset), "the server was answering");

    let mut with_body = Exchange::new(Method::Put, true, 100);
    with_body.attempt_started(true);
    with_body.body_forwarded();
    assert_eq!(with_body.attempt_failed(reset, 1, never), reply(reset), "the body is gone");
}

#[test]
fn any_method_may_be_sent_again_when_nothing_was_sent() {
    let mut exchange = Exchange::new(Method::Post, true, 100);
    exchange.attempt_started(true);
    assert_eq!(exchange.attempt_failed(AttemptFailure::Reset, 1, never), Verdict::Retry);
}

#[test]
fn a_response_that_has_begun_can_only_be_cut() {
    let begun = || {
        let mut exchange = Exchange::new(Method::Post, true, 100);
        exchange.attempt_started(false);
        exchange.response_started();
        exchange
    };
    assert_eq!(begun().attempt_failed(AttemptFailure::Reset, 1, never), Verdict::Cut);
    assert_eq!(begun().response_broken(), Verdict::Cut);
    assert_eq!(begun().deadline_passed(), Verdict::Cut);
    assert_eq!(begun().body_violation(Reason::BodyTooLarge), Verdict::Cut);
    assert_eq!(begun().client_gone(), Verdict::Cut);
}

#[test]
fn after_an_interim_response_a_reply_is_possible_and_a_retry_is_not() {
    let mut exchange = pooled(Method::Get);
    exchange.interim_forwarded();
    let failure = AttemptFailure::Reset;
    assert_eq!(exchange.attempt_failed(failure, 1, never), Verdict::Reply(Reason::UpstreamReset));
}

#[test]
fn what_comes_after_the_end_never_makes_a_second_response() {
    let mut exchange = Exchange::new(Method::Post, true, 100);
    assert_eq!(exchange.deadline_passed(), Verdict::Reply(Reason::UpstreamTimeout));
    assert_eq!(exchange.body_violation(Reason::BodyTimeout), Verdict::Cut);
    assert_eq!(exchange.client_gone(), Verdict::Cut);
    assert_eq!(exchange.outcome(), Some(Outcome::Replied(Reason::UpstreamTimeout)), "the first end counts");
}

/// A request on a fresh connection of a route that retries on everything, its head sent.
fn retrying(method: Method, max: u32, has_key: bool) -> Exchange {
    let on = RetryOn::WORDS.iter().fold(RetryOn::NONE, |set, (_, cause)| set.and(*cause));
    let retries = Retries { max, on, backoff: Duration::from_millis(1), post_with_idempotency_key: true };
    let rule = RetryRule::new(Some(&retries), has_key);
    let mut exchange = Exchange::new(method, true, 100).with_retries(rule);
    exchange.attempt_started(false);
    exchange.request_bytes_sent();
    exchange
}

#[test]
fn a_route_retries_up_to_its_bound() {
    let mut exchange = retrying(Method::Get, 2, false);
    assert_eq!(exchange.attempt_failed(AttemptFailure::Timeout, 1, || true), Verdict::Retry);
    assert!(!exchange.needs_fresh());
    exchange.attempt_started(true);
    assert!(exchange.status_received(503, 2, || true));
    exchange.attempt_started(true);
    exchange.request_bytes_sent();
    assert_eq!(exchange.attempt_failed(AttemptFailure::Reset, 3, never), Verdict::Retry, "stale, and not of the route");
    assert!(exchange.needs_fresh());
    exchange.attempt_started(false);
    assert!(!exchange.status_received(503, 4, never), "passed on");
    exchange.response_started();
    exchange.response_finished();
    assert_eq!((exchange.attempts(), exchange.retries(), exchange.retried()), (4, 2, true));
    assert_eq!(exchange.outcome(), Some(Outcome::Forwarded));
}

#[test]
fn a_spent_budget_passes_the_failure_on() {
    let mut exchange = retrying(Method::Get, 2, false);
    assert!(!exchange.status_received(502, 1, || false));
    let verdict = exchange.attempt_failed(AttemptFailure::Reset, 2, || false);
    assert_eq!(verdict, Verdict::Reply(Reason::UpstreamReset));
    assert_eq!(exchange.retries(), 0);
}

#[test]
fn what_could_do_harm_is_not_retried_whatever_the_route_says() {
    let reset = AttemptFailure::Reset;
    let reply = Verdict::Reply(Reason::UpstreamReset);
    assert_eq!(retrying(Method::Post, 2, false).attempt_failed(reset, 1, never), reply, "the server may have acted");
    assert!(!retrying(Method::Patch, 2, false).status_received(503, 1, never));
    assert_eq!(retrying(Method::Post, 2, true).attempt_failed(reset, 1, || true), Verdict::Retry, "it has a key");
    assert_eq!(retrying(Method::Get, 2, false).attempt_failed(reset, 100, never), reply, "it is too late");

    let mut told = retrying(Method::Get, 2, false);
    told.interim_forwarded();
    assert_eq!(told.attempt_failed(reset, 1, never), reply, "the client has seen something");

    let mut without_body = retrying(Method::Put, 2, false);
    without_body.body_forwarded();
    assert!(!without_body.status_received(503, 1, never), "the body is gone");

    let mut answering = retrying(Method::Get, 2, false);
    answering.response_started();
    assert_eq!(answering.attempt_failed(reset, 1, never), Verdict::Cut);
}

#[test]
fn nothing_was_sent_when_no_connection_came_about() {
    let retries =
        Retries { max: 1, on: RetryOn::CONNECT, backoff: Duration::from_millis(1), post_with_idempotency_key: false };
    let mut exchange = Exchange::new(Method::Post, true, 100).with_retries(RetryRule::new(Some(&retries), false));
    exchange.attempt_started(false);
    assert_eq!(exchange.attempt_failed(AttemptFailure::Connect, 1, || true), Verdict::Retry);
    exchange.attempt_started(false);
    let verdict = exchange.attempt_failed(AttemptFailure::Connect, 2, never);
    assert_eq!(verdict, Verdict::Reply(Reason::UpstreamConnect));
}
