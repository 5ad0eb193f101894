//! Balancers share traffic by weight, leave nobody out and never choose what is not usable.

use proptest::prelude::*;
use supplex_engine::config::Balance;
use supplex_engine::upstream::Balancer;

/// Uniform 64-bit numbers from a seed (SplitMix64), by the same method as the shell's.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

fn policy() -> impl Strategy<Value = Balance> {
    prop_oneof![Just(Balance::RoundRobin), Just(Balance::LeastRequest)]
}

/// Weights, and which endpoints are usable: at least one.
fn endpoints() -> impl Strategy<Value = (Vec<u32>, Vec<bool>)> {
    (1..9_usize)
        .prop_flat_map(|count| {
            (prop::collection::vec(1..20_u32, count), prop::collection::vec(prop::bool::weighted(0.7), count), 0..count)
        })
        .prop_map(|(weights, mut usable, one)| {
            usable[one] = true;
            (weights, usable)
        })
}

/// How often each endpoint was chosen while nothing was in flight.
fn picks(balance: Balance, weights: &[u32], usable: &[bool], seed: u64, rounds: u32) -> Vec<u32> {
    let mut balancer = Balancer::new(balance, weights);
    let (mut numbers, mut picks) = (Numbers(seed), vec![0; weights.len()]);
    for _ in 0..rounds {
        let picked = balancer.pick(|_| 0, numbers.next(), |at| usable[at]);
        picks[picked.expect("one is usable")] += 1;
    }
    picks
}

fn usable_total(weights: &[u32], usable: &[bool]) -> u32 {
    weights.iter().zip(usable).filter(|(_, usable)| **usable).map(|(weight, _)| weight).sum()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn in_turn_every_full_round_is_exactly_by_weight((weights, usable) in endpoints(), rounds in 1..5_u32) {
        let total = usable_total(&weights, &usable);
        let picks = picks(Balance::RoundRobin, &weights, &usable, 0, rounds * total);
        for at in 0..weights.len() {
            prop_assert_eq!(picks[at], if usable[at] { rounds * weights[at] } else { 0 });
        }
    }

    #[test]
    fn at_random_shares_follow_the_weights((weights, usable) in endpoints(), seed: u64) {
        let total = usable_total(&weights, &usable);
        let rounds = 4000;
        let picks = picks(Balance::LeastRequest, &weights, &usable, seed, rounds);
        for at in 0..weights.len() {
            if !usable[at] {
                prop_assert_eq!(picks[at], 0);
                continue;
            }
            let share = f64::from(weights[at]) / f64::from(total);
            // Six standard deviations of a binomial count: a fair balancer fails about once in a billion.
            let tolerance = 6.0 * (f64::from(rounds) * share * (1.0 - share)).sqrt() + 1.0;
            let distance = (f64::from(picks[at]) - f64::from(rounds) * share).abs();
            prop_assert!(distance <= tolerance, "{picks:?} for {weights:?}");
        }
    }

    #[test]
    fn what_is_usable_changes_and_is_always_heeded(
        balance in policy(),
        weights in prop::collection::vec(1..20_u32, 1..9),
        seed: u64,
    ) {
        let mut balancer = Balancer::new(balance, &weights);
        let mut numbers = Numbers(seed);
        for _ in 0..500 {
            let (mask, loads) = (numbers.next(), numbers.next());
            let usable = |at: usize| mask >> at & 1 == 1;
            let picked = balancer.pick(|at| loads >> (at * 4) & 15, numbers.next(), usable);
            prop_assert_eq!(picked.is_some(), (0..weights.len()).any(usable));
            prop_assert!(picked.is_none_or(usable));
        }
    }

    #[test]
    fn under_load_nobody_is_left_out_or_overrun(weights in prop::collection::vec(1..6_u32, 2..7), seed: u64) {
        // Every request stays in flight, so loads only grow: in the end each must be near its share.
        let mut balancer = Balancer::new(Balance::LeastRequest, &weights);
        let (mut numbers, mut loads) = (Numbers(seed), vec![0_u64; weights.len()]);
        let total: u64 = weights.iter().map(|weight| u64::from(*weight)).sum();
        for _ in 0..total * 100 {
            let picked = balancer.pick(|at| loads[at], numbers.next(), |_| true);
            loads[picked.expect("all are usable")] += 1;
        }
        for (load, weight) in loads.iter().zip(&weights) {
            // The spread of two choices grows with the logarithm of the logarithm of the count, not with its root.
            let share = u64::from(*weight) * 100;
            prop_assert!(load.abs_diff(share) <= 10 * u64::from(*weight) + 10, "{loads:?} for {weights:?}");
        }
    }

    #[test]
    fn a_slow_endpoint_gets_less(seed: u64) {
        // Three endpoints of equal weight; the first takes eight times as long to answer. Eight requests at a time.
        let mut balancer = Balancer::new(Balance::LeastRequest, &[1, 1, 1]);
        let mut numbers = Numbers(seed);
        let (mut ends, mut loads, mut picks) = (std::collections::BTreeSet::new(), [0_u64; 3], [0_u32; 3]);
        for request in 0..2000_u64 {
            let now = if ends.len() == 8 {
                let (now, _, at): (u64, u64, usize) = ends.pop_first().expect("eight are in flight");
                loads[at] -= 1;
                now
            } else {
                request
            };
            let at = balancer.pick(|at| loads[at], numbers.next(), |_| true).expect("all are usable");
            loads[at] += 1;
            picks[at] += 1;
            ends.insert((now + if at == 0 { 80 } else { 10 }, request, at));
        }
        prop_assert!(picks[0] * 2 < picks[1].min(picks[2]) && picks[0] > 100, "{picks:?}");
    }
}
