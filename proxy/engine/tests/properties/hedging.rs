//! However two attempts of one exchange fare: there are never more than two at once, a second one is made at most once and
//! only where that can do no harm, what fails leaves the exchange to the other for nothing, and there is one end.

use std::time::Duration;

use proptest::prelude::*;
use supplex_engine::config::{Retries, RetryOn};
use supplex_engine::exchange::{AttemptFailure, Exchange, RetryRule, Verdict};
use supplex_engine::http1::Method;

const DEADLINE: u64 = 1_000;

#[derive(Clone, Copy, Debug)]
enum Event {
    /// The first attempt has had no answer for long enough.
    Silence,
    Byte,
    Interim,
    Status(u16),
    Fails(AttemptFailure),
}

fn event() -> impl Strategy<Value = Event> {
    use AttemptFailure::{Malformed, Reset, Timeout};
    prop_oneof![
        4 => Just(Event::Silence),
        1 => Just(Event::Byte),
        1 => Just(Event::Interim),
        3 => prop::sample::select(vec![200, 500, 503]).prop_map(Event::Status),
        3 => prop::sample::select(vec![Reset, Timeout, Malformed]).prop_map(Event::Fails),
    ]
}

/// What is known without the exchange.
#[derive(Debug, Default)]
struct Model {
    beside: bool,
    hedged: bool,
    byte: bool,
    interim: bool,
    retries: u32,
}

/// The attempt that was listened to is over and the exchange goes on: with the other if there is one, or with a new one.
fn goes_on(exchange: &mut Exchange, model: &mut Model) {
    if std::mem::take(&mut model.beside) {
        exchange.goes_on_with_other(false);
    } else {
        exchange.attempt_started(false);
        exchange.request_bytes_sent();
    }
    model.byte = false;
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn two_attempts_are_one_exchange(
        method in prop::sample::select(vec![Method::Get, Method::Put, Method::Post]),
        hedges in any::<bool>(),
        gone in any::<bool>(),
        max in 0..3_u32,
        events in prop::collection::vec(event(), 1..20),
    ) {
        let backoff = Duration::from_millis(1);
        let retries = Retries { max, on: RetryOn::DEFAULT, backoff, post_with_idempotency_key: false };
        let rule = RetryRule::new(Some(&retries), false);
        let rule = if hedges { rule.hedged(5) } else { rule };
        let mut exchange = Exchange::new(method, true, DEADLINE).with_retries(rule);
        exchange.attempt_started(false);
        exchange.request_bytes_sent();
        if gone {
            exchange.body_forwarded();
        }
        let harmless = method != Method::Post && !gone;
        let mut model = Model::default();
        for event in events {
            let may = hedges && harmless && !model.hedged && !model.byte && !model.interim;
            prop_assert_eq!(exchange.hedge_after(), may.then_some(5), "{:?}", model);
            let retried = harmless && !model.interim && model.retries < max;
            let asked = std::cell::Cell::new(false);
            let budget = || {
                asked.set(true);
                true
            };
            let again = match event {
                Event::Silence => {
                    if may {
                        exchange.hedged(false);
                        (model.hedged, model.beside) = (true, true);
                    }
                    continue;
                }
                Event::Byte => {
                    exchange.response_byte_received();
                    model.byte = true;
                    continue;
                }
                Event::Interim => {
                    exchange.interim_forwarded();
                    (model.byte, model.interim) = (true, true);
                    continue;
                }
                Event::Status(status) => {
                    let again = exchange.status_received(status, 1, budget);
                    let turns = model.beside && !model.interim;
                    prop_assert_eq!(again, status == 503 && (turns || (retried && !model.beside)), "{:?}", model);
                    again
                }
                Event::Fails(failure) => {
                    let again = exchange.attempt_failed(failure, 1, budget) == Verdict::Retry;
                    let turns = model.beside && !model.interim;
                    let on = failure == AttemptFailure::Reset;
                    prop_assert_eq!(again, turns || (retried && on), "{:?}", model);
                    again
                }
            };
            if model.beside && again {
                prop_assert!(!asked.get(), "the other was paid for");
            }
            if !again {
                if matches!(event, Event::Fails(_)) {
                    prop_assert!(exchange.outcome().is_some());
                } else {
                    exchange.response_started();
                    exchange.response_finished();
                }
                prop_assert!(exchange.attempts() <= 2 + max);
                break;
            }
            model.retries += u32::from(!model.beside);
            prop_assert_eq!(exchange.retries(), model.retries);
            goes_on(&mut exchange, &mut model);
        }
    }
}
