//! When a peak of connections is over, so that memory it took is worth giving back.
//!
//! Giving back costs a walk over the allocator's pages, so it must not happen whenever a few connections leave. This only
//! counts; the shell's slow upkeep asks it and acts.

/// Peaks below this are not worth it.
const PEAK_LEAST: u64 = 256;
/// How many times in a row memory is given back after an ebb: what a peak took is let go of in several steps.
const ROUNDS: u32 = 10;

/// Follows the number of connections.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ebb {
    peak: u64,
    rounds: u32,
}

impl Ebb {
    /// Takes note of the number of connections now. Whether it is time to give memory back: for some rounds after the
    /// number fell below half of its peak.
    pub fn note(&mut self, connections: u64) -> bool {
        self.peak = self.peak.max(connections);
        if self.peak >= PEAK_LEAST && connections < self.peak / 2 {
            self.peak = connections;
            self.rounds = ROUNDS;
        }
        let due = self.rounds > 0;
        self.rounds = self.rounds.saturating_sub(1);
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In how many of `rounds` with `connections` memory would be given back.
    fn due(ebb: &mut Ebb, connections: u64, rounds: u32) -> usize {
        (0..rounds).filter(|_| ebb.note(connections)).count()
    }

    #[test]
    fn memory_is_given_back_for_some_rounds_after_a_peak() {
        let mut ebb = Ebb::default();
        assert_eq!(due(&mut ebb, 10_000, 5), 0, "the peak lasts");
        assert_eq!(due(&mut ebb, 6_000, 5), 0, "a few have left");
        assert_eq!(due(&mut ebb, 0, 100), ROUNDS as usize);
        assert_eq!(due(&mut ebb, 10_000, 5), 0);
        assert_eq!(due(&mut ebb, 0, 100), ROUNDS as usize, "the next peak counts again");
    }

    #[test]
    fn a_small_peak_is_not_worth_it() {
        let mut ebb = Ebb::default();
        assert_eq!(due(&mut ebb, PEAK_LEAST - 1, 1) + due(&mut ebb, 0, 100), 0);
    }
}
