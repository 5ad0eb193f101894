//! Which worker serves a connection that has just been accepted.
//!
//! Sockets with SO_REUSEPORT are shared out by a hash, blindly: with few connections one worker may get most of them. A
//! worker that holds clearly more than the least loaded one gives a fresh connection away. "Clearly" leaves room, so that
//! connections do not wander for nothing: a handoff costs a message and a wake.

/// A worker keeps a connection as long as it holds at most this many more than the least loaded one, or an eighth more.
pub const SLACK: u64 = 2;

/// The worker that should serve a connection which worker `own` accepted, given how many each holds. `None`: itself.
#[must_use]
pub fn place(own: usize, held: impl Iterator<Item = u64> + Clone) -> Option<usize> {
    let mine = held.clone().nth(own)?;
    let (least, fewest) = held.enumerate().min_by_key(|(_, count)| *count)?;
    (least != own && mine > fewest + SLACK.max(fewest / 8)).then_some(least)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placed(own: usize, held: &[u64]) -> Option<usize> {
        place(own, held.iter().copied())
    }

    #[test]
    fn a_worker_alone_keeps_everything() {
        assert_eq!(placed(0, &[1_000_000]), None);
    }

    #[test]
    fn small_differences_are_left_alone() {
        assert_eq!(placed(0, &[2, 0]), None);
        assert_eq!(placed(0, &[3, 0]), Some(1));
        assert_eq!(placed(1, &[800, 899]), None);
        assert_eq!(placed(1, &[800, 901]), Some(0));
    }

    #[test]
    fn any_arrival_order_ends_balanced() {
        let mut held = [0_u64; 4];
        for n in 0..4000_usize {
            // The hash sends nine of ten to the first worker.
            let accepting = if n % 10 == 0 { n / 10 % 4 } else { 0 };
            held[placed(accepting, &held).unwrap_or(accepting)] += 1;
        }
        let (most, least) = (held.iter().max().unwrap(), held.iter().min().unwrap());
        assert!(most - least <= least / 8 + SLACK + 1, "{held:?}");
    }
}
