//! Whatever happens in whatever order, an exchange never harms: no second response, no unsafe second attempt.

use std::cell::Cell;
use std::time::Duration;

use proptest::prelude::*;
use supplex_engine::config::{Retries, RetryOn};
use supplex_engine::exchange::{AttemptFailure, Exchange, Outcome, RetryRule, Verdict};
use supplex_engine::http1::Method;
use supplex_engine::reason::Reason;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Event {
    AttemptStarted { pooled: bool },
    RequestBytesSent,
    BodyForwarded,
    ResponseByte,
    Interim,
    Status(u16),
    ResponseStarted,
    ResponseFinished,
    AttemptFailed(AttemptFailure),
    Refused,
    ResponseBroken,
    BodyViolation,
    DeadlinePassed,
    ClientGone,
}

fn event() -> impl Strategy<Value = Event> {
    let failure = prop_oneof![
        4 => Just(AttemptFailure::Reset),
        1 => Just(AttemptFailure::Connect),
        1 => Just(AttemptFailure::Timeout),
        1 => Just(AttemptFailure::Malformed),
    ];
    prop_oneof![
        8 => prop::bool::weighted(0.8).prop_map(|pooled| Event::AttemptStarted { pooled }),
        3 => Just(Event::RequestBytesSent),
        1 => Just(Event::BodyForwarded),
        1 => Just(Event::ResponseByte),
        1 => Just(Event::Interim),
        2 => prop::sample::select(vec![200, 502, 503]).prop_map(Event::Status),
        2 => Just(Event::ResponseStarted),
        1 => Just(Event::ResponseFinished),
        6 => failure.prop_map(Event::AttemptFailed),
        1 => Just(Event::Refused),
        1 => Just(Event::ResponseBroken),
        1 => Just(Event::BodyViolation),
        1 => Just(Event::DeadlinePassed),
        1 => Just(Event::ClientGone),
    ]
}

fn method() -> impl Strategy<Value = Method> {
    prop::sample::select(Method::ALL.to_vec())
}

/// What an observer of both connections has seen.
#[derive(Default)]
struct Seen {
    attempt: bool,
    pooled: bool,
    sent: bool,
    body: bool,
    answered: bool,
    responding: bool,
    /// The client has seen an interim response.
    interim: bool,
    /// Retries of stale connections, and others.
    stale: u32,
    retries: u32,
    /// The last retry was because a connection broke.
    broke: bool,
    /// Complete responses, replies and cuts.
    ends: u32,
}

impl Seen {
    /// Whether the event can happen now, as far as the caller knows.
    fn allows(&self, event: Event, has_body: bool) -> bool {
        let over = self.ends > 0;
        match event {
            Event::AttemptStarted { pooled } => !over && !self.attempt && (!pooled || !self.broke),
            Event::RequestBytesSent | Event::ResponseByte => self.attempt || over,
            Event::BodyForwarded => has_body && (self.attempt || over),
            Event::Interim | Event::Status(_) => self.attempt && !self.responding,
            Event::ResponseStarted | Event::ResponseBroken | Event::AttemptFailed(_) => self.attempt && !over,
            Event::ResponseFinished => self.responding && !over,
            Event::Refused => !over && !self.attempt,
            Event::BodyViolation => has_body,
            Event::DeadlinePassed | Event::ClientGone => true,
        }
    }

    fn note(&mut self, event: Event) {
        match event {
            Event::AttemptStarted { pooled } => {
                (self.attempt, self.pooled, self.sent, self.answered) = (true, pooled, false, false);
            }
            Event::RequestBytesSent => self.sent = true,
            Event::BodyForwarded => (self.sent, self.body) = (true, true),
            Event::ResponseByte | Event::Status(_) => self.answered = true,
            Event::Interim => (self.answered, self.interim) = (true, true),
            Event::ResponseStarted => (self.answered, self.responding) = (true, true),
            _ => {}
        }
    }
}

fn apply(exchange: &mut Exchange, event: Event, now: u64, budget: impl FnOnce() -> bool) -> Option<Verdict> {
    match event {
        Event::AttemptStarted { pooled } => exchange.attempt_started(pooled),
        Event::RequestBytesSent => exchange.request_bytes_sent(),
        Event::BodyForwarded => exchange.body_forwarded(),
        Event::ResponseByte => exchange.response_byte_received(),
        Event::Interim => exchange.interim_forwarded(),
        Event::Status(status) => {
            exchange.response_byte_received();
            return exchange.status_received(status, now, budget).then_some(Verdict::Retry);
        }
        Event::ResponseStarted => exchange.response_started(),
        Event::ResponseFinished => exchange.response_finished(),
        Event::AttemptFailed(failure) => return Some(exchange.attempt_failed(failure, now, budget)),
        Event::Refused => return Some(exchange.refused(Reason::UpstreamNone)),
        Event::ResponseBroken => return Some(exchange.response_broken()),
        Event::BodyViolation => return Some(exchange.body_violation(Reason::BodyTooLarge)),
        Event::DeadlinePassed => return Some(exchange.deadline_passed()),
        Event::ClientGone => return Some(exchange.client_gone()),
    }
    None
}

/// Holds the verdict against what was seen before it.
fn judge(seen: &mut Seen, event: Event, verdict: Verdict, case: Case, in_time: bool, charged: bool) {
    match verdict {
        Verdict::Retry => {
            assert!(!seen.body && !seen.responding && in_time, "a retry that may harm");
            assert!(case.method.is_idempotent() || case.keyed || !seen.sent, "the upstream may have acted on it");
            seen.broke = event == Event::AttemptFailed(AttemptFailure::Reset);
            if charged {
                assert!(!seen.interim, "the client has seen something");
                assert!(wanted(case.on, event), "nobody asked for it");
                seen.retries += 1;
                assert!(seen.retries <= case.max, "one too many");
            } else {
                assert!(seen.broke && seen.pooled && !seen.answered, "that was not a stale connection");
                seen.stale += 1;
                assert_eq!(seen.stale, 1, "a second stale connection");
            }
            seen.attempt = false;
        }
        Verdict::Reply(_) => {
            assert!(!seen.responding, "a reply into a response");
            assert_eq!(seen.ends, 0, "a reply after the end");
            seen.ends += 1;
        }
        Verdict::Cut => {
            let needless = !seen.responding && seen.ends == 0 && event != Event::ClientGone;
            assert!(!needless, "the client could have been told");
            seen.ends = 1;
        }
    }
}

/// What a request and its route allow.
#[derive(Clone, Copy, Debug)]
struct Case {
    method: Method,
    max: u32,
    on: RetryOn,
    keyed: bool,
}

fn case() -> impl Strategy<Value = Case> {
    let causes = prop::collection::vec(prop::sample::select(RetryOn::WORDS.to_vec()), 0..7);
    let on = causes.prop_map(|causes| causes.iter().fold(RetryOn::NONE, |on, (_, cause)| on.and(*cause)));
    (method(), 0..4_u32, on, any::<bool>()).prop_map(|(method, max, on, keyed)| Case { method, max, on, keyed })
}

fn wanted(on: RetryOn, event: Event) -> bool {
    match event {
        Event::AttemptFailed(failure) => on.has(failure),
        Event::Status(status) => on.has_status(status),
        _ => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn no_order_of_events_does_harm(
        case in case(),
        budget in prop::collection::vec(any::<bool>(), 30),
        has_body: bool,
        deadline in 5..30_u64,
        events in prop::collection::vec(event(), 1..30),
    ) {
        let backoff = Duration::from_millis(1);
        let retries = Retries { max: case.max, on: case.on, backoff, post_with_idempotency_key: true };
        let rule = RetryRule::new(Some(&retries), case.keyed);
        let mut exchange = Exchange::new(case.method, has_body, deadline).with_retries(rule);
        let mut seen = Seen::default();
        for (now, event) in (0..).zip(events) {
            // What cannot happen is a defect of the caller and stops a debug build.
            if !seen.allows(event, has_body) {
                continue;
            }
            let outcome = exchange.outcome();
            let (allowed, charged) = (budget[now as usize], Cell::new(false));
            let verdict = apply(&mut exchange, event, now, || {
                assert!(!charged.get(), "asked twice");
                charged.set(true);
                allowed
            });
            if charged.get() && allowed {
                prop_assert_eq!(verdict, Some(Verdict::Retry), "charged for nothing");
            }
            let charged = charged.get() && allowed;
            match verdict {
                Some(verdict) => judge(&mut seen, event, verdict, case, now < deadline, charged),
                None => {
                    seen.note(event);
                    seen.ends += u32::from(event == Event::ResponseFinished);
                }
            }
            prop_assert!(outcome.is_none() || exchange.outcome() == outcome, "an end was changed");
            prop_assert_eq!(exchange.outcome().is_some(), seen.ends > 0, "after {:?}", event);
            prop_assert_eq!(exchange.retried(), seen.retries + seen.stale > 0);
            prop_assert_eq!(exchange.retries(), seen.retries);
            prop_assert!(exchange.attempts() <= 2 + case.max);
            if exchange.outcome() == Some(Outcome::Forwarded) {
                prop_assert!(seen.responding);
            }
        }
    }
}
