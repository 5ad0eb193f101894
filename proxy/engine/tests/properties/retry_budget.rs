//! However requests come, retries stay within the budget, and none that it allows is refused.

use proptest::prelude::*;
use supplex_engine::config;
use supplex_engine::upstream::RetryBudget;

const SECOND: u64 = 1_000_000_000;

#[derive(Clone, Copy, Debug)]
enum Event {
    Request,
    Retry,
    Pass(u64),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        6 => Just(Event::Request),
        6 => Just(Event::Retry),
        2 => (0..2 * SECOND).prop_map(Event::Pass),
        1 => (0..30 * SECOND).prop_map(Event::Pass),
    ]
}

proptest! {
    #[test]
    fn a_retry_is_allowed_exactly_when_there_were_few_enough(
        per_thousand in 0..1_001_u32,
        min_per_second in 0..4_u32,
        workers in 1..5_usize,
        events in prop::collection::vec(event(), 1..400),
    ) {
        let rule = config::RetryBudget { per_thousand, min_per_second };
        let mut budget = RetryBudget::new(rule, workers);
        let (mut now, mut requests, mut retries) = (0, Vec::new(), Vec::new());
        for event in events {
            match event {
                Event::Pass(time) => now += time,
                Event::Request => {
                    budget.request(now);
                    requests.push(now / SECOND);
                }
                Event::Retry => {
                    let recent = |seconds: &[u64]| {
                        seconds.iter().filter(|second| **second + 10 > now / SECOND).count() as f64
                    };
                    let share = f64::from(min_per_second) * 10.0 / workers as f64;
                    let most = f64::from(per_thousand) / 1_000.0 * recent(&requests) + share;
                    let wanted = recent(&retries) + 1.0 <= most + 1e-9;
                    prop_assert_eq!(budget.spend(now), wanted, "{} of {}", recent(&retries), most);
                    if wanted {
                        retries.push(now / SECOND);
                    }
                }
            }
        }
    }
}
