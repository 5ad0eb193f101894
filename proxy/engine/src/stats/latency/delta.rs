//! What a block of latencies grew by since the last look.
//!
//! The differences telescope: whatever is counted shows up in exactly one of them, whenever the looks are taken and however
//! many counts come in while one is under way. What is counted meanwhile and not seen yet is in the next.

use std::sync::atomic::Ordering::Relaxed;

use super::{LatencyBlock, Phase, layout};

/// The buckets of one phase that grew, by index, each with by how much.
pub type Grown = Box<[(u16, u32)]>;

/// What was counted between two looks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delta {
    phases: [Grown; Phase::ALL.len()],
}

impl Delta {
    /// The buckets of a phase that grew, in ascending order.
    #[must_use]
    pub fn grown(&self, phase: Phase) -> &[(u16, u32)] {
        &self.phases[phase as usize]
    }

    /// How many latencies of a phase were counted.
    #[must_use]
    pub fn count(&self, phase: Phase) -> u64 {
        self.grown(phase).iter().map(|(_, more)| u64::from(*more)).sum()
    }
}

/// Remembers what a block's counts were at the last look. It belongs to one block.
#[derive(Debug, Default)]
pub struct Follower {
    exchanges: u32,
    /// As in the block; empty until something was counted.
    seen: Vec<u32>,
}

impl Follower {
    /// What came in since the last look; `None` when nothing did, which takes a single read to find out.
    pub fn look(&mut self, block: &LatencyBlock) -> Option<Delta> {
        let exchanges = block.exchanges();
        if exchanges == self.exchanges {
            return None;
        }
        self.exchanges = exchanges;
        if self.seen.is_empty() {
            self.seen = vec![0; block.counts().len()];
        }
        let mut phases = self.seen.chunks_mut(layout::LENGTH).zip(block.counts().chunks(layout::LENGTH));
        let phases = Phase::ALL.map(|_| {
            let Some((seen, counts)) = phases.next() else { return Grown::default() };
            let differences = seen.iter_mut().zip(counts).zip(0_u16..).filter_map(|((seen, count), index)| {
                let count = count.load(Relaxed);
                let more = count.wrapping_sub(*seen);
                *seen = count;
                (more != 0).then_some((index, more))
            });
            differences.collect()
        });
        Some(Delta { phases })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_finds_what_came_since_the_last_one() {
        let (block, mut follower) = (LatencyBlock::default(), Follower::default());
        assert_eq!(follower.look(&block), None, "nothing yet");
        block.observe(1_000_000, Some(900_000), 20_999);
        block.observe(1_000_000, None, 20_000);
        let delta = follower.look(&block).expect("two exchanges");
        assert_eq!(delta.grown(Phase::Total), [(layout::index_of(1_000) as u16, 2)]);
        assert_eq!(delta.grown(Phase::Upstream), [(layout::index_of(900) as u16, 1)]);
        assert_eq!(delta.grown(Phase::Overhead), [(20, 2)], "whole microseconds");
        assert_eq!((delta.count(Phase::Total), delta.count(Phase::Upstream)), (2, 1));
        assert_eq!(follower.look(&block), None, "nothing new");
    }

    #[test]
    fn counts_that_wrap_lose_nothing() {
        let (block, mut follower) = (LatencyBlock::default(), Follower::default());
        let (near, index) = (u32::MAX - 1, layout::index_of(7));
        block.exchanges.store(near, Relaxed);
        block.counts()[index].store(near, Relaxed);
        assert_eq!(follower.look(&block).expect("something").grown(Phase::Total), [(7, near)]);
        for _ in 0..5 {
            block.observe(7_000, None, 0);
        }
        assert_eq!(follower.look(&block).expect("five more").grown(Phase::Total), [(7, 5)]);
    }
}
