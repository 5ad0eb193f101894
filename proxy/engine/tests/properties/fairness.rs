//! One endpoint is slow: policies that look at load or latency give it less, and never nothing.

use std::collections::BTreeSet;

use proptest::prelude::*;
use supplex_engine::config::Balance;
use supplex_engine::upstream::balancer::{Balancer, Draw, Member};

use crate::numbers::Numbers;

const MILLISECOND: u64 = 1_000_000;
const REQUESTS: u64 = 6000;

/// What became of the requests.
#[derive(Debug, Default)]
struct Outcome {
    picks: [u32; 3],
    /// Latencies added up.
    waited: u64,
}

/// Sixteen requests at a time against three endpoints that take `latencies` each, a little more or less.
fn simulate(balance: Balance, latencies: impl Fn(u64) -> [u64; 3], fails: Option<usize>, seed: u64) -> Outcome {
    let members = ["a", "b", "c"].map(|name| Member::of(name, 1));
    let mut balancer = Balancer::new(balance, &members);
    let mut numbers = Numbers(seed);
    let (mut ends, mut loads, mut outcome) = (BTreeSet::new(), [0_u64; 3], Outcome::default());
    let mut now = 0;
    for request in 0..REQUESTS {
        if ends.len() == 16 {
            let (end, _, begun, at): (u64, u64, u64, usize) = ends.pop_first().expect("there are sixteen");
            now = end;
            loads[at] -= 1;
            outcome.waited += end - begun;
            balancer.observe(at, end - begun, fails == Some(at), now);
        }
        let draw = Draw { now, random: numbers.next(), hash: numbers.next() };
        let at = balancer.pick(|at| loads[at], draw, |_| true).expect("all are usable");
        loads[at] += 1;
        outcome.picks[at] += 1;
        let latency = latencies(request)[at];
        ends.insert((now + latency + numbers.next() % (latency / 5), request, now, at));
    }
    outcome
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_slow_endpoint_gets_less_and_everybody_waits_less(seed: u64) {
        let slow = |_| [80 * MILLISECOND, 10 * MILLISECOND, 10 * MILLISECOND];
        let random = simulate(Balance::Random, slow, None, seed);
        for balance in [Balance::LeastRequest, Balance::PeakEwma] {
            let outcome = simulate(balance, slow, None, seed);
            let [slow, one, other] = outcome.picks;
            prop_assert!(slow * 2 < one.min(other), "{balance:?}: {outcome:?}");
            prop_assert!(slow >= 12, "{balance:?} starves the slow one: {outcome:?}");
            prop_assert!(outcome.waited < random.waited * 3 / 4, "{balance:?}: {outcome:?}, by chance {random:?}");
        }
    }

    #[test]
    fn an_endpoint_that_fails_at_once_does_not_draw_the_traffic(seed: u64) {
        let quick = |_| [MILLISECOND, 20 * MILLISECOND, 20 * MILLISECOND];
        let outcome = simulate(Balance::PeakEwma, quick, Some(0), seed);
        prop_assert!((12..REQUESTS as u32 / 20).contains(&outcome.picks[0]), "{outcome:?}");
    }

    #[test]
    fn an_endpoint_that_recovers_gets_its_share_back(seed: u64) {
        let first = |request| if request < 500 { 800 } else { 100 };
        let recovering = |request| [first(request), 100, 100].map(|latency| latency * MILLISECOND);
        let outcome = simulate(Balance::PeakEwma, recovering, None, seed);
        prop_assert!(outcome.picks[0] > REQUESTS as u32 / 10, "{outcome:?}");
    }
}
