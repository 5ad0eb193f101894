//! How long a saga waits until the same is asked again. Pure: chance is an argument.

use std::time::Duration;

/// Before the second try.
const FIRST: Duration = Duration::from_millis(100);

/// From this many tries in vain on, a saga counts as stuck: it goes on, and somebody should look at it.
pub(crate) const STUCK: i32 = 10;

/// The pause after `tries` tries in vain, of which there was at least one: twice as long each time, up to `longest`, and
/// between half and all of that, so that sagas that failed together do not come back together. `chance` is from 0 to 1.
pub(crate) fn after(tries: i32, longest: Duration, chance: f64) -> Duration {
    let doublings = u32::try_from(tries.saturating_sub(1)).unwrap_or_default().min(20);
    let whole = FIRST.saturating_mul(1 << doublings).min(longest);
    whole.mul_f64(0.5 + chance.clamp(0.0, 1.0) / 2.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn pauses_grow_and_have_an_end(tries in 1..=i32::MAX, chance in 0.0..=1.0) {
            let longest = Duration::from_secs(30);
            let pause = after(tries, longest, chance);
            prop_assert!(pause >= FIRST / 2 && pause <= longest);
            prop_assert!(after(tries.saturating_add(1), longest, chance) >= pause);
            prop_assert!(tries < 12 || pause >= longest / 2);
        }
    }
}
