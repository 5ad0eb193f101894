//! Smooth weighted round robin, as nginx has it.
//!
//! Every endpoint has a credit. At each choice all usable ones earn their weight, the richest is chosen and pays what all
//! of them earned together. So the turns of a heavy endpoint are spread out instead of coming in a row: 5, 1, 1 gives
//! `a a b a c a a`. It never looks at load; `least_request.rs` does.

use super::Member;

/// Weights and credits.
#[derive(Debug)]
pub struct RoundRobin {
    turns: Box<[Turn]>,
}

#[derive(Debug)]
struct Turn {
    weight: i64,
    credit: i64,
}

impl RoundRobin {
    pub(super) fn new(members: &[Member]) -> Self {
        let turn = |member: &Member| Turn { weight: i64::from(member.weight.max(1)), credit: 0 };
        Self { turns: members.iter().map(turn).collect() }
    }

    /// The usable endpoint whose turn it is. Those that are not usable neither earn nor pay.
    pub(super) fn pick(&mut self, usable: impl Fn(usize) -> bool) -> Option<usize> {
        let mut best: Option<(usize, i64)> = None;
        let mut earned = 0;
        for (position, turn) in self.turns.iter_mut().enumerate() {
            if !usable(position) {
                continue;
            }
            turn.credit += turn.weight;
            earned += turn.weight;
            if best.is_none_or(|(_, credit)| turn.credit > credit) {
                best = Some((position, turn.credit));
            }
        }
        let (position, _) = best?;
        // All credits add up to zero again, whatever was usable, so none drifts away.
        self.turns[position].credit -= earned;
        Some(position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(weights: &[u32]) -> RoundRobin {
        let members: Vec<_> = weights.iter().map(|weight| Member { weight: *weight, identity: 0 }).collect();
        RoundRobin::new(&members)
    }

    #[test]
    fn turns_of_a_heavy_endpoint_are_spread_out() {
        let mut policy = policy(&[5, 1, 1]);
        let picks: Vec<_> = (0..7).filter_map(|_| policy.pick(|_| true)).collect();
        assert_eq!(picks, [0, 0, 1, 0, 2, 0, 0]);
    }

    #[test]
    fn without_a_usable_endpoint_there_is_no_choice() {
        assert_eq!(policy(&[1, 1]).pick(|_| false), None);
        assert_eq!(policy(&[]).pick(|_| true), None);
    }
}
