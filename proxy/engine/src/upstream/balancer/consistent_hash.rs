//! The same endpoint for the same key, as long as it is usable and not overloaded.
//!
//! Weighted rendezvous hashing (Thaler and Ravishankar 1998; weights after Schindelhauer and Schomaker 2005): every
//! endpoint has a score for the key and the highest wins. When an endpoint leaves, its keys alone go elsewhere, spread
//! over all others by weight; when one joins it takes its share from all. Nothing has to be built or kept, and the scores
//! depend on addresses alone, so all workers and processes choose alike. It costs a look at every endpoint, which for the
//! numbers that an upstream has is less than a ring's search would miss the cache for.
//!
//! The load is bounded (Mirrokni, Thorup, Zadimoghaddam 2018): an endpoint that has a quarter more in flight than its
//! share of what this worker has in flight is passed over, and its keys go to the next best. A key so hot that it would
//! drown its endpoint is spread. With next to nothing in flight a share means little, so the bound is never below
//! [`LEAST_BOUND`].

use super::{Member, scramble};

/// Fewer in flight than this is never too many.
const LEAST_BOUND: u64 = 4;

/// Weights and identities.
#[derive(Debug)]
pub struct ConsistentHash {
    members: Box<[Member]>,
    /// All weights are equal: then the hashes can be compared as they are.
    even: bool,
}

impl ConsistentHash {
    pub(super) fn new(members: &[Member]) -> Self {
        let members: Box<[Member]> =
            members.iter().map(|member| Member { weight: member.weight.max(1), ..*member }).collect();
        Self { even: members.windows(2).all(|pair| pair[0].weight == pair[1].weight), members }
    }

    /// The usable endpoint with the highest score for `hash` among those within the bound. There always is one within it.
    pub(super) fn pick(
        &self,
        in_flight: impl Fn(usize) -> u64,
        hash: u64,
        usable: impl Fn(usize) -> bool,
    ) -> Option<usize> {
        let candidates = || self.members.iter().enumerate().filter(|(position, _)| usable(*position));
        let (load, weight) = candidates()
            .fold((1_u64, 0), |(load, weight), (at, member)| (load + in_flight(at), weight + u64::from(member.weight)));
        let fits = |(at, member): &(usize, &Member)| {
            let share = u128::from(load) * u128::from(member.weight) * 5;
            let bound = share.div_ceil(u128::from(weight) * 4).max(LEAST_BOUND.into());
            u128::from(in_flight(*at)) < bound
        };
        let scored = candidates().filter(fits).map(|(at, member)| (at, self.score(hash, member)));
        scored.max_by(|(_, one), (_, other)| one.total_cmp(other)).map(|(at, _)| at)
    }

    /// The score of an endpoint for a key. With `u` uniform between 0 and 1, `-weight / ln u` is the highest of all with
    /// a probability that is the weight's share.
    fn score(&self, hash: u64, member: &Member) -> f64 {
        let mixed = scramble(hash ^ member.identity);
        // 53 bits are what a float holds; the half keeps it off 0 and 1.
        let uniform = ((mixed >> 11) as f64 + 0.5) / (1_u64 << 53) as f64;
        if self.even { uniform } else { -f64::from(member.weight) / uniform.ln() }
    }
}

#[cfg(test)]
mod tests {
    use super::super::hash;
    use super::*;

    fn policy(members: &[(&str, u32)]) -> ConsistentHash {
        let members: Vec<_> = members.iter().map(|(name, weight)| Member::of(name, *weight)).collect();
        ConsistentHash::new(&members)
    }

    #[test]
    fn a_hot_key_is_spread_once_its_endpoint_has_more_than_its_share() {
        let policy = policy(&[("a", 1), ("b", 1), ("c", 1)]);
        let mut loads = [0_u64; 3];
        for _ in 0..300 {
            let at = policy.pick(|at| loads[at], hash(b"hot"), |_| true).expect("all are usable");
            loads[at] += 1;
        }
        // 125 is the bound at the end; what did not fit went to the second best, and only then to the third.
        let mut sorted = loads;
        sorted.sort_unstable();
        assert_eq!(sorted, [50, 125, 125]);
    }

    #[test]
    fn little_load_never_moves_a_key() {
        let policy = policy(&[("a", 1), ("b", 1), ("c", 3)]);
        let home = policy.pick(|_| 0, 7, |_| true).expect("all are usable");
        for load in 0..LEAST_BOUND {
            assert_eq!(policy.pick(|at| if at == home { load } else { 0 }, 7, |_| true), Some(home));
        }
        let moved = policy.pick(|at| if at == home { 100 } else { 0 }, 7, |_| true);
        assert!(moved.is_some_and(|moved| moved != home));
    }

    #[test]
    fn equal_weights_choose_alike_however_large_they_are_written() {
        let (one, three) = (policy(&[("a", 1), ("b", 1)]), policy(&[("a", 3), ("b", 3)]));
        let mixed = policy(&[("a", 2), ("b", 2), ("c", 1)]);
        for key in (0..500_u64).map(scramble) {
            let pick = |policy: &ConsistentHash| policy.pick(|_| 0, key, |at| at < 2);
            assert_eq!(pick(&one), pick(&three));
            assert_eq!(pick(&one), pick(&mixed));
        }
    }
}
