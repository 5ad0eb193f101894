//! Deadlines: a hashed hierarchical timer wheel (Varghese and Lauck 1987), counted in ticks.
//!
//! Setting, moving and cancelling a timer cost a few stores, however many there are, and allocate only when there are
//! more timers than ever before. The wheel knows no clock: whoever owns it says which tick it is and what a tick means.
//! It never fires early and never loses a timer, whatever the size of a jump. `timer/nodes.rs` is the storage; the user
//! is the shell's `worker/upkeep/wheel.rs`.
//!
//! Each level has 64 slots and each slot of a level spans all of the level below. A timer stands on the level of the
//! highest base-64 digit in which its tick differs from the present one. So all timers of a level share the digits above
//! it with the present, no slot ever wraps around, and eleven levels hold any 64-bit tick without an overflow list.

mod nodes;

pub use nodes::TimerId;
use nodes::{NIL, Nodes};

/// Bits of a digit: one level resolves this many bits of a tick.
const BITS: u32 = 6;
/// Slots of one level, so that a `u64` says which are occupied.
const SLOTS: usize = 1 << BITS;
/// Levels that together resolve all 64 bits.
const LEVELS: usize = (u64::BITS.div_ceil(BITS)) as usize;
/// The list of timers whose tick was not in the future when they were set. It follows the lists of the slots.
const DUE: usize = LEVELS * SLOTS;

/// Timers, each with a key to hand back when it fires.
#[derive(Debug)]
pub struct Wheel<K> {
    now: u64,
    nodes: Nodes<K>,
    /// Per level, a bit for each slot that holds a timer.
    occupied: [u64; LEVELS],
    /// The first timer of each slot, level by level, then of the due list.
    heads: Box<[u32]>,
}

impl<K> Wheel<K> {
    /// An empty wheel at `tick`.
    #[must_use]
    pub fn new(tick: u64) -> Self {
        Self { now: tick, nodes: Nodes::new(), occupied: [0; LEVELS], heads: vec![NIL; DUE + 1].into_boxed_slice() }
    }

    /// Sets a timer for `at_tick`. A tick that is not in the future fires at the next [`Wheel::advance`].
    pub fn insert(&mut self, at_tick: u64, key: K) -> TimerId {
        let (index, id) = self.nodes.add(at_tick, key);
        self.link(index);
        id
    }

    /// Moves a timer to another tick; false when it has fired or was cancelled.
    pub fn reschedule(&mut self, id: TimerId, at_tick: u64) -> bool {
        let Some(index) = self.nodes.find(id) else { return false };
        self.unlink(index);
        self.nodes[index].at = at_tick;
        self.link(index);
        true
    }

    /// Removes a timer; false when it has fired or was cancelled.
    pub fn cancel(&mut self, id: TimerId) -> bool {
        let Some(index) = self.nodes.find(id) else { return false };
        self.unlink(index);
        drop(self.nodes.release(index));
        true
    }

    /// Moves on to `tick` and appends to `fired` the keys of all timers due at or before it, in no particular order. A
    /// tick that is behind the present one counts as the present one.
    pub fn advance(&mut self, tick: u64, fired: &mut Vec<K>) {
        let mut later = NIL;
        let overdue = std::mem::replace(&mut self.heads[DUE], NIL);
        self.empty_list(overdue, u64::MAX, fired, &mut later);
        if tick <= self.now {
            return;
        }
        for level in 0..LEVELS {
            let shift = BITS * level as u32;
            if self.now >> shift == tick >> shift {
                // Neither this level nor one above has come to another slot.
                break;
            }
            let passed = self.occupied[level] & self.passed_slots(level, tick);
            self.occupied[level] &= !passed;
            let mut slots = passed;
            while slots != 0 {
                let list = level * SLOTS + slots.trailing_zeros() as usize;
                slots &= slots - 1;
                let first = std::mem::replace(&mut self.heads[list], NIL);
                self.empty_list(first, tick, fired, &mut later);
            }
        }
        self.now = tick;
        while later != NIL {
            let index = later;
            later = self.nodes[index].next;
            self.link(index);
        }
    }

    /// The number of timers that are set.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether no timer is set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Gives memory back after a peak. Costs a pass over the storage when there is something to give back, so call it
    /// now and then, not on every tick.
    pub fn shrink(&mut self) {
        self.nodes.shrink();
    }

    /// The slots of `level` that begin at or before `tick`, which is in the future.
    fn passed_slots(&self, level: usize, tick: u64) -> u64 {
        let above = BITS * (level as u32 + 1);
        // A shift by all bits leaves nothing, so that no digit stands above the highest level.
        let digits_above = |tick: u64| tick.checked_shr(above).unwrap_or(0);
        if digits_above(self.now) != digits_above(tick) {
            return u64::MAX;
        }
        u64::MAX >> (SLOTS as u64 - 1 - digit(tick, level))
    }

    /// Takes a list that was cut off its slot apart: what is due at `tick` fires, the rest is chained to `later`.
    fn empty_list(&mut self, first: u32, tick: u64, fired: &mut Vec<K>, later: &mut u32) {
        let mut index = first;
        while index != NIL {
            let node = &mut self.nodes[index];
            let next = node.next;
            if node.at <= tick {
                fired.extend(self.nodes.release(index));
            } else {
                node.next = *later;
                *later = index;
            }
            index = next;
        }
    }

    /// Puts a timer into the slot of its tick.
    fn link(&mut self, index: u32) {
        let at = self.nodes[index].at;
        let list = if at <= self.now {
            DUE
        } else {
            let level = ((at ^ self.now).ilog2() / BITS) as usize;
            self.occupied[level] |= 1 << digit(at, level);
            level * SLOTS + digit(at, level) as usize
        };
        let next = std::mem::replace(&mut self.heads[list], index);
        if next != NIL {
            self.nodes[next].previous = index;
        }
        let node = &mut self.nodes[index];
        (node.previous, node.next, node.list) = (NIL, next, list as u16);
    }

    /// Takes a timer out of its slot.
    fn unlink(&mut self, index: u32) {
        let node = &self.nodes[index];
        let (previous, next, list) = (node.previous, node.next, usize::from(node.list));
        if next != NIL {
            self.nodes[next].previous = previous;
        }
        if previous != NIL {
            self.nodes[previous].next = next;
            return;
        }
        self.heads[list] = next;
        if next == NIL && list != DUE {
            self.occupied[list / SLOTS] &= !(1 << (list % SLOTS));
        }
    }
}

/// The base-64 digit of `tick` that `level` resolves.
fn digit(tick: u64, level: usize) -> u64 {
    (tick >> (BITS * level as u32)) & (SLOTS as u64 - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn advance(wheel: &mut Wheel<&'static str>, tick: u64) -> Vec<&'static str> {
        let mut fired = Vec::new();
        wheel.advance(tick, &mut fired);
        fired.sort_unstable();
        fired
    }

    #[test]
    fn fires_on_its_tick_and_not_before() {
        let mut wheel = Wheel::new(63);
        wheel.insert(64, "next slot of the level above");
        wheel.insert(64 * 64 + 1, "far");
        assert!(advance(&mut wheel, 63).is_empty());
        assert_eq!(advance(&mut wheel, 64), ["next slot of the level above"]);
        assert!(advance(&mut wheel, 64 * 64).is_empty(), "one tick early");
        assert_eq!(advance(&mut wheel, 64 * 64 + 1), ["far"]);
        assert!(wheel.is_empty());
    }

    #[test]
    fn the_past_and_the_present_fire_at_the_next_advance() {
        let mut wheel = Wheel::new(100);
        wheel.insert(7, "past");
        wheel.insert(100, "present");
        assert_eq!(advance(&mut wheel, 100), ["past", "present"]);
    }

    #[test]
    fn one_jump_to_the_end_of_time_fires_everything() {
        let mut wheel = Wheel::new(0);
        wheel.insert(u64::MAX, "last");
        wheel.insert(1 << 40, "middle");
        assert_eq!(advance(&mut wheel, u64::MAX - 1), ["middle"]);
        assert_eq!(advance(&mut wheel, u64::MAX), ["last"]);
    }

    #[test]
    fn a_stale_id_touches_nothing() {
        let mut wheel = Wheel::new(0);
        let old = wheel.insert(5, "old");
        assert!(wheel.cancel(old));
        let new = wheel.insert(6, "new in the same place");
        assert!(!wheel.cancel(old) && !wheel.reschedule(old, 1));
        assert!(wheel.reschedule(new, 2));
        assert_eq!(advance(&mut wheel, 2), ["new in the same place"]);
        assert!(!wheel.cancel(new));
    }

    #[test]
    fn memory_is_given_back_and_ids_from_before_stay_stale() {
        let mut wheel = Wheel::new(0);
        let ids: Vec<_> = (0..10_000).map(|tick| wheel.insert(tick, "peak")).collect();
        assert_eq!(advance(&mut wheel, 9_998).len(), 9_999);
        assert!(wheel.cancel(ids[9_999]));
        wheel.shrink();
        assert!(wheel.nodes.capacity() < 5_000);
        let id = wheel.insert(20_000, "after");
        assert!(ids.iter().all(|stale| !wheel.cancel(*stale)));
        assert!(wheel.cancel(id));
    }
}
