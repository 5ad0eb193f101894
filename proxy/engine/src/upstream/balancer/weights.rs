//! Drawing positions by weight: what the policies that leave something to chance share.
//!
//! Weights never change; who is usable is asked at each draw. A draw costs a binary search, unless the one that was drawn
//! is not usable.

use super::{Member, scramble};

/// Weights, summed up for drawing.
#[derive(Debug)]
pub(super) struct Weights {
    /// For each endpoint, the sum of the weights up to and including its own.
    sums: Box<[u64]>,
}

impl Weights {
    pub(super) fn new(members: &[Member]) -> Self {
        let sums = members.iter().scan(0_u64, |sum, member| {
            *sum += u64::from(member.weight.max(1));
            Some(*sum)
        });
        Self { sums: sums.collect() }
    }

    pub(super) fn weight(&self, position: usize) -> u64 {
        self.sums[position] - self.start(position)
    }

    fn start(&self, position: usize) -> u64 {
        if position == 0 { 0 } else { self.sums[position - 1] }
    }

    /// A draw by weight among all; `None` when there are none.
    pub(super) fn draw(&self, random: u64) -> Option<usize> {
        self.sums.last().map(|total| self.at(below(random, *total)))
    }

    /// A draw by weight among all but `first`; `None` when there is no other.
    pub(super) fn draw_other(&self, first: usize, random: u64) -> Option<usize> {
        let others = self.sums.last().map(|total| total - self.weight(first)).filter(|others| *others > 0)?;
        let point = below(random, others);
        // The share of the first is left out: points from its start on lie behind it.
        Some(self.at(if point < self.start(first) { point } else { point + self.weight(first) }))
    }

    /// A draw by weight among the usable ones; walks over all of them.
    pub(super) fn draw_usable(&self, random: u64, usable: impl Fn(usize) -> bool) -> Option<usize> {
        let candidates = || (0..self.sums.len()).filter(|position| usable(*position));
        let total = candidates().map(|position| self.weight(position)).sum();
        let mut point = below(random, total);
        candidates().find(|position| {
            let found = point < self.weight(*position);
            point = point.saturating_sub(self.weight(*position));
            found
        })
    }

    /// Two draws, of which `worse` says whether the first is worse than the second. The other one if only that is usable;
    /// a draw among all that are usable if neither is.
    pub(super) fn better_of_two(
        &self,
        random: u64,
        usable: impl Fn(usize) -> bool,
        worse: impl Fn(usize, usize) -> bool,
    ) -> Option<usize> {
        let first = self.draw(random)?;
        let again = scramble(random);
        let Some(second) = self.draw_other(first, again) else { return usable(first).then_some(first) };
        match (usable(first), usable(second)) {
            (true, true) => Some(if worse(first, second) { second } else { first }),
            (true, false) => Some(first),
            (false, true) => Some(second),
            (false, false) => self.draw_usable(scramble(again), usable),
        }
    }

    /// The endpoint whose share of the sum of weights holds `point`.
    fn at(&self, point: u64) -> usize {
        self.sums.partition_point(|sum| *sum <= point)
    }
}

/// Maps a number that is uniform over 64 bits to one that is uniform below `limit`, without a division.
fn below(random: u64, limit: u64) -> u64 {
    ((u128::from(random) * u128::from(limit)) >> 64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_draw_is_never_the_first() {
        let weights = Weights::new(&[7, 1, 2].map(|weight| Member { weight, identity: 0 }));
        for first in 0..3 {
            for random in (0..1000_u64).map(scramble) {
                assert_ne!(weights.draw_other(first, random), Some(first));
            }
        }
        assert_eq!(Weights::new(&[Member { weight: 3, identity: 0 }]).draw_other(0, 1), None);
    }
}
