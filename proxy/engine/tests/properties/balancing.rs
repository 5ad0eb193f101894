//! What every balancer must do, whatever its policy: share traffic by weight, leave nobody out, never choose what is not
//! usable, always find what is, and take endpoints that join and leave.

use proptest::prelude::*;
use supplex_engine::config::Balance;
use supplex_engine::upstream::balancer::{Balancer, Draw, Member};

use crate::numbers::Numbers;

const POLICIES: [Balance; 5] =
    [Balance::RoundRobin, Balance::Random, Balance::LeastRequest, Balance::PeakEwma, Balance::ConsistentHash];
const MILLISECOND: u64 = 1_000_000;

fn policy() -> impl Strategy<Value = Balance> {
    prop::sample::select(&POLICIES[..])
}

/// Endpoints with these weights; those at the same position have the same identity.
fn members(weights: &[u32]) -> Vec<Member> {
    weights.iter().enumerate().map(|(at, weight)| Member::of(&format!("10.0.0.{at}:80"), *weight)).collect()
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

/// One request after another, all equally quick.
struct Traffic {
    balancer: Balancer,
    numbers: Numbers,
    now: u64,
}

impl Traffic {
    fn new(balance: Balance, members: &[Member], seed: u64) -> Self {
        Self { balancer: Balancer::new(balance, members), numbers: Numbers(seed), now: 0 }
    }

    fn draw(&mut self) -> Draw {
        Draw { now: self.now, random: self.numbers.next(), hash: self.numbers.next() }
    }

    fn request(&mut self, usable: impl Fn(usize) -> bool) -> Option<usize> {
        self.now += MILLISECOND;
        let draw = self.draw();
        let picked = self.balancer.pick(|_| 0, draw, usable)?;
        self.balancer.observe(picked, 5 * MILLISECOND, false, self.now);
        Some(picked)
    }

    /// How often each of `count` endpoints was chosen.
    fn picks(&mut self, count: usize, rounds: u32, usable: impl Fn(usize) -> bool) -> Vec<u32> {
        let mut picks = vec![0; count];
        for _ in 0..rounds {
            picks[self.request(&usable).expect("one is usable")] += 1;
        }
        picks
    }
}

/// Whether a count of picks out of `rounds` is what a share of `weight` out of `total` may come to by chance: six
/// standard deviations, so that a fair balancer fails about once in a billion.
fn is_fair(picks: u32, rounds: u32, weight: u32, total: u32) -> bool {
    let share = f64::from(weight) / f64::from(total);
    let tolerance = 6.0 * (f64::from(rounds) * share * (1.0 - share)).sqrt() + 1.0;
    (f64::from(picks) - f64::from(rounds) * share).abs() <= tolerance
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn in_turn_every_full_round_is_exactly_by_weight((weights, usable) in endpoints(), rounds in 1..5_u32) {
        let total: u32 = weights.iter().zip(&usable).filter(|(_, usable)| **usable).map(|(weight, _)| weight).sum();
        let mut traffic = Traffic::new(Balance::RoundRobin, &members(&weights), 0);
        let picks = traffic.picks(weights.len(), rounds * total, |at| usable[at]);
        for at in 0..weights.len() {
            prop_assert_eq!(picks[at], if usable[at] { rounds * weights[at] } else { 0 });
        }
    }

    #[test]
    fn shares_follow_the_weights_and_go_only_to_the_usable(
        balance in policy(),
        (weights, usable) in endpoints(),
        seed: u64,
    ) {
        let mut traffic = Traffic::new(balance, &members(&weights), seed);
        // Until every endpoint is known.
        traffic.picks(weights.len(), 500, |at| usable[at]);
        let rounds = 4000;
        let picks = traffic.picks(weights.len(), rounds, |at| usable[at]);
        let usable_weights = || weights.iter().zip(&usable).filter(|(_, usable)| **usable).map(|(weight, _)| *weight);
        for at in 0..weights.len() {
            if !usable[at] {
                prop_assert_eq!(picks[at], 0);
                continue;
            }
            prop_assert!(picks[at] > 0, "{balance:?} starves one: {picks:?} for {weights:?}");
            prop_assert!(
                is_fair(picks[at], rounds, weights[at], usable_weights().sum()),
                "{balance:?}: {picks:?} for {weights:?}, {usable:?}"
            );
        }
    }

    #[test]
    fn what_is_usable_changes_and_is_always_heeded(
        balance in policy(),
        weights in prop::collection::vec(1..20_u32, 1..9),
        seed: u64,
    ) {
        let mut traffic = Traffic::new(balance, &members(&weights), seed);
        for _ in 0..500 {
            let (mask, loads) = (traffic.numbers.next(), traffic.numbers.next());
            let usable = |at: usize| mask >> at & 1 == 1;
            traffic.now += loads >> 40;
            let draw = traffic.draw();
            let picked = traffic.balancer.pick(|at| loads >> (at * 4) & 15, draw, usable);
            prop_assert_eq!(picked.is_some(), (0..weights.len()).any(usable), "{:?}", balance);
            prop_assert!(picked.is_none_or(usable), "{:?}", balance);
            if let Some(picked) = picked {
                traffic.balancer.observe(picked, mask >> 30, mask & 256 == 0, draw.now);
            }
        }
    }

    #[test]
    fn the_only_usable_one_is_found_however_loaded(
        balance in policy(),
        weights in prop::collection::vec(1..20_u32, 1..9),
        only: prop::sample::Index,
        seed: u64,
    ) {
        let only = only.index(weights.len());
        let mut traffic = Traffic::new(balance, &members(&weights), seed);
        traffic.balancer.observe(only, 60_000 * MILLISECOND, true, 0);
        for _ in 0..50 {
            let draw = traffic.draw();
            let load = |at| if at == only { 1_000_000 } else { 0 };
            prop_assert_eq!(traffic.balancer.pick(load, draw, |at| at == only), Some(only));
        }
    }

    #[test]
    fn endpoints_join_and_leave_and_all_get_their_share(
        balance in policy(),
        weights in prop::collection::vec(1..20_u32, 2..8),
        leaving: prop::sample::Index,
        seed: u64,
    ) {
        let all = members(&weights);
        let mut fewer = all.clone();
        fewer.remove(leaving.index(all.len()));
        // Before, without one, and with it again: as a worker does at a reload.
        let mut traffic = Traffic::new(balance, &all, seed);
        traffic.picks(all.len(), 500, |_| true);
        for members in [&fewer, &all] {
            let mut balancer = Balancer::new(balance, members);
            balancer.adopt(&traffic.balancer, traffic.now);
            traffic.balancer = balancer;
            traffic.picks(members.len(), 500, |_| true);
            let (rounds, total) = (3000, members.iter().map(|member| member.weight).sum());
            let picks = traffic.picks(members.len(), rounds, |_| true);
            for (picks, member) in picks.iter().zip(members) {
                prop_assert!(*picks > 0, "{balance:?} starves one");
                prop_assert!(is_fair(*picks, rounds, member.weight, total), "{balance:?}: {picks} for {member:?}");
            }
        }
    }

    #[test]
    fn under_load_nobody_is_left_out_or_overrun(
        balance in prop::sample::select(&[Balance::LeastRequest, Balance::PeakEwma, Balance::ConsistentHash][..]),
        weights in prop::collection::vec(1..6_u32, 2..7),
        seed: u64,
    ) {
        // Every request stays in flight, so loads only grow: in the end each must be near its share.
        let mut traffic = Traffic::new(balance, &members(&weights), seed);
        let mut loads = vec![0_u64; weights.len()];
        let total: u64 = weights.iter().map(|weight| u64::from(*weight)).sum();
        for _ in 0..total * 100 {
            let draw = traffic.draw();
            let picked = traffic.balancer.pick(|at| loads[at], draw, |_| true);
            loads[picked.expect("all are usable")] += 1;
        }
        for (load, weight) in loads.iter().zip(&weights) {
            let share = u64::from(*weight) * 100;
            let near = match balance {
                // The bound is a promise upwards only.
                Balance::ConsistentHash => *load <= (share * 5).div_ceil(4) && *load > 0,
                // Costs count as equal within a quarter.
                Balance::PeakEwma => load.abs_diff(share) <= share / 3 + 10,
                // The spread of two choices grows with the logarithm of the logarithm of the count, not with its root.
                _ => load.abs_diff(share) <= 10 * u64::from(*weight) + 10,
            };
            prop_assert!(near, "{balance:?}: {loads:?} for {weights:?}");
        }
    }

    #[test]
    fn a_key_keeps_its_endpoint_and_only_those_of_the_leaving_one_move(
        weights in prop::collection::vec(1..20_u32, 2..12),
        leaving: prop::sample::Index,
        seed: u64,
    ) {
        let all = members(&weights);
        let leaving = leaving.index(all.len());
        let mut fewer = all.clone();
        let gone = fewer.remove(leaving);
        let mut before = Balancer::new(Balance::ConsistentHash, &all);
        let mut after = Balancer::new(Balance::ConsistentHash, &fewer);
        let mut numbers = Numbers(seed);
        for _ in 0..300 {
            let hash = numbers.next();
            let mut draw = || Draw { now: numbers.next() >> 1, random: numbers.next(), hash };
            let home = before.pick(|_| 0, draw(), |_| true).map(|at| all[at]);
            prop_assert_eq!(before.pick(|_| 3, draw(), |_| true).map(|at| all[at]), home, "a key has one endpoint");
            let next = after.pick(|_| 0, draw(), |_| true).map(|at| fewer[at]);
            prop_assert!(next == home || home == Some(gone), "a key moved although its endpoint stayed");
            // Out of use is the same as gone, so nothing moves a second time when the endpoint is removed.
            let avoided = before.pick(|_| 0, draw(), |at| at != leaving).map(|at| all[at]);
            prop_assert_eq!(avoided, next);
        }
    }
}
