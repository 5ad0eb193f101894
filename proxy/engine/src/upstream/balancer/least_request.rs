//! The better of two random endpoints (Mitzenmacher 2001), by in-flight requests over weight.
//!
//! The two are drawn by weight and are different. When both are equally loaded the first draw stands, so that shares
//! follow the weights while nothing is busy; under load the comparison does the balancing. Comparing only two keeps
//! workers, who do not see each other's newest requests, from all running to the same endpoint. No state changes.

/// The weights, summed up for drawing.
#[derive(Debug)]
pub struct LeastRequest {
    /// For each endpoint, the sum of the weights up to and including its own.
    sums: Box<[u64]>,
}

impl LeastRequest {
    pub(super) fn new(weights: &[u32]) -> Self {
        let sums = weights.iter().scan(0_u64, |sum, weight| {
            *sum += u64::from((*weight).max(1));
            Some(*sum)
        });
        Self { sums: sums.collect() }
    }

    /// The less loaded of two draws; the other one if only that is usable; else a draw among all that are usable.
    pub(super) fn pick(
        &self,
        in_flight: impl Fn(usize) -> u64,
        random: u64,
        usable: impl Fn(usize) -> bool,
    ) -> Option<usize> {
        let total = *self.sums.last()?;
        let first = self.at(below(random, total));
        if self.sums.len() == 1 {
            return usable(first).then_some(first);
        }
        let again = scramble(random);
        let second = self.draw_other(first, total, again);
        match (usable(first), usable(second)) {
            (true, true) => Some(if self.busier(first, second, in_flight) { second } else { first }),
            (true, false) => Some(first),
            (false, true) => Some(second),
            (false, false) => self.draw_usable(scramble(again), usable),
        }
    }

    fn weight(&self, position: usize) -> u64 {
        self.sums[position] - self.start(position)
    }

    fn start(&self, position: usize) -> u64 {
        if position == 0 { 0 } else { self.sums[position - 1] }
    }

    /// The endpoint whose share of the sum of weights holds `point`.
    fn at(&self, point: u64) -> usize {
        self.sums.partition_point(|sum| *sum <= point)
    }

    /// A draw by weight among all but `first`.
    fn draw_other(&self, first: usize, total: u64, random: u64) -> usize {
        let point = below(random, total - self.weight(first));
        // The share of the first is left out: points from its start on lie behind it.
        self.at(if point < self.start(first) { point } else { point + self.weight(first) })
    }

    /// A draw by weight among the usable ones; walks over all of them.
    fn draw_usable(&self, random: u64, usable: impl Fn(usize) -> bool) -> Option<usize> {
        let candidates = || (0..self.sums.len()).filter(|position| usable(*position));
        let total = candidates().map(|position| self.weight(position)).sum();
        let mut point = below(random, total);
        candidates().find(|position| {
            let found = point < self.weight(*position);
            point = point.saturating_sub(self.weight(*position));
            found
        })
    }

    /// Whether `one` has more in flight for its weight than `other`; cross-multiplied, since a division would round.
    fn busier(&self, one: usize, other: usize, in_flight: impl Fn(usize) -> u64) -> bool {
        let load = |loaded: usize, against: usize| u128::from(in_flight(loaded)) * u128::from(self.weight(against));
        load(one, other) > load(other, one)
    }
}

/// Maps a number that is uniform over 64 bits to one that is uniform below `limit`, without a division.
fn below(random: u64, limit: u64) -> u64 {
    ((u128::from(random) * u128::from(limit)) >> 64) as u64
}

/// Another number, unrelated to the first one to all appearances (the finaliser of SplitMix64).
fn scramble(random: u64) -> u64 {
    let mixed = random.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_endpoints_the_less_loaded_is_always_chosen() {
        let policy = LeastRequest::new(&[1, 3]);
        // 2 over 1 is busier than 5 over 3; 1 over 1 is less busy.
        for random in (0..1000_u64).map(scramble) {
            assert_eq!(policy.pick(|at| [2, 5][at], random, |_| true), Some(1));
            assert_eq!(policy.pick(|at| [1, 5][at], random, |_| true), Some(0));
        }
    }

    #[test]
    fn the_second_draw_is_never_the_first() {
        let policy = LeastRequest::new(&[7, 1, 2]);
        for first in 0..3 {
            for random in (0..1000_u64).map(scramble) {
                assert_ne!(policy.draw_other(first, 10, random), first);
            }
        }
    }

    #[test]
    fn without_a_usable_endpoint_there_is_no_choice() {
        assert_eq!(LeastRequest::new(&[1, 1]).pick(|_| 0, 1, |_| false), None);
        assert_eq!(LeastRequest::new(&[1]).pick(|_| 0, 1, |_| false), None);
        assert_eq!(LeastRequest::new(&[]).pick(|_| 0, 1, |_| true), None);
    }
}
