//! An endpoint that returns gets a small part of its share first, and more and more of it over a while.
//!
//! Works for every balancer: an endpoint is now and then passed over, as if it were not usable.
//!
//! A breaker's `return_over` (`breaker/rules.rs`) does the same thing after another event, and neither can stand in for the
//! other. When a breaker closed is known to all workers at the same moment, from its one word, and the share follows from
//! that time at each choice; nothing ticks for an upstream that has breakers alone. What begins a return here is a
//! worker's own knowledge (an ejection that is over, a probe it has looked at, a reload), taken up once a tick. A breaker in
//! shadow mode must spare nobody, while a probe has no such mode. And where keys are kept together they have to move to the
//! endpoint one by one, so the draw is by key here; a breaker that has just closed is about how much an endpoint is sent,
//! and draws anew each time. An endpoint that comes back from both gets the one part of the other.

use crate::hash::scramble;

/// The part of its share with which an endpoint begins.
const BEGIN: f64 = 0.1;

/// The part of its usual share that an endpoint gets `elapsed` nanoseconds after it returned, growing from a tenth to the
/// whole within `ramp` nanoseconds.
#[must_use]
pub fn part(elapsed: u64, ramp: u64) -> f64 {
    if elapsed >= ramp { 1.0 } else { BEGIN + (1.0 - BEGIN) * elapsed as f64 / ramp as f64 }
}

/// Whether an endpoint takes part in a choice when it has this part of its share. `chance` is uniform over all 64 bits;
/// the same one gives the same answer as long as the part does not shrink, so that keys which went to a returning endpoint
/// stay there.
#[must_use]
pub fn takes_part(part: f64, chance: u64, identity: u64) -> bool {
    // 53 bits are what a float holds.
    ((scramble(!chance ^ identity) >> 11) as f64) < part * (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_part_grows_from_a_tenth_to_the_whole() {
        assert_eq!([0, 500, 1000, 5000].map(|elapsed| part(elapsed, 1000)), [0.1, 0.55, 1.0, 1.0]);
        assert_eq!(part(0, 0), 1.0);
    }

    #[test]
    fn as_often_as_the_part_says_and_never_less_for_more() {
        let chances: Vec<u64> = (0..10_000).map(scramble).collect();
        let taken = |part| chances.iter().filter(|chance| takes_part(part, **chance, 7)).count();
        assert!(taken(0.1).abs_diff(1000) < 200 && taken(0.5).abs_diff(5000) < 300);
        assert_eq!(taken(1.0), 10_000);
        assert!(chances.iter().all(|chance| !takes_part(0.3, *chance, 7) || takes_part(0.4, *chance, 7)));
    }
}
