//! A draw by weight among the usable endpoints. It keeps no state and looks at no load: right where requests are all alike,
//! and the measure for policies that claim to do better.

use super::weights::Weights;
use super::{Member, scramble};

/// The weights.
#[derive(Debug)]
pub struct Random(Weights);

impl Random {
    pub(super) fn new(members: &[Member]) -> Self {
        Self(Weights::new(members))
    }

    pub(super) fn pick(&self, random: u64, usable: impl Fn(usize) -> bool) -> Option<usize> {
        // Most of the time all are usable, and one draw is enough.
        let first = self.0.draw(random)?;
        if usable(first) { Some(first) } else { self.0.draw_usable(scramble(random), usable) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_usable_endpoint_there_is_no_choice() {
        let members = [Member::of("a", 1), Member::of("b", 2)];
        assert_eq!(Random::new(&members).pick(1, |_| false), None);
        assert_eq!(Random::new(&[]).pick(1, |_| true), None);
    }
}
