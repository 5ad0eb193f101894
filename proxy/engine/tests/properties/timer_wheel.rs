//! The timer wheel does what a sorted map of ticks does.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use supplex_engine::timer::{TimerId, Wheel};

#[derive(Clone, Debug)]
enum Step {
    Insert(u64),
    InsertMany(u16, u64),
    Reschedule(prop::sample::Index, u64),
    Cancel(prop::sample::Index),
    Advance(u64),
    Shrink,
}

/// Distances of every size, so that every level of the wheel is used, and its edges in particular.
fn distance() -> impl Strategy<Value = u64> {
    prop_oneof![
        8 => 0..200_u64,
        4 => 0..20_000_u64,
        2 => (0..63_u32, 0..3_u64).prop_map(|(bits, offset)| (1_u64 << bits).wrapping_add(offset).wrapping_sub(1)),
        1 => any::<u64>(),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => distance().prop_map(Step::Insert),
        1 => (500..3000_u16, distance()).prop_map(|(many, at)| Step::InsertMany(many, at)),
        4 => (any::<prop::sample::Index>(), distance()).prop_map(|(which, at)| Step::Reschedule(which, at)),
        3 => any::<prop::sample::Index>().prop_map(Step::Cancel),
        6 => distance().prop_map(Step::Advance),
        1 => Just(Step::Shrink),
    ]
}

/// A wheel beside a plain map that says what it must do.
struct Pair {
    wheel: Wheel<usize>,
    now: u64,
    /// The tick and id of each timer that is set.
    model: BTreeMap<usize, (u64, TimerId)>,
    /// Every id ever given out, also the stale ones.
    ids: Vec<(usize, TimerId)>,
}

impl Pair {
    /// A tick that lies `distance` from a little before the present, so that some are in the past.
    fn tick(&self, distance: u64) -> u64 {
        self.now.saturating_sub(5).saturating_add(distance)
    }

    fn insert(&mut self, tick: u64) {
        let key = self.ids.len();
        let id = self.wheel.insert(tick, key);
        self.ids.push((key, id));
        self.model.insert(key, (tick, id));
    }

    fn advance(&mut self, tick: u64) {
        self.now = self.now.max(tick);
        let mut fired = Vec::new();
        self.wheel.advance(tick, &mut fired);
        let unique: BTreeSet<_> = fired.iter().copied().collect();
        assert_eq!(unique.len(), fired.len(), "fired twice");
        let due: BTreeSet<_> = self.model.iter().filter(|(_, (at, _))| *at <= self.now).map(|(key, _)| *key).collect();
        assert_eq!(unique, due);
        self.model.retain(|key, _| !due.contains(key));
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Insert(distance) => self.insert(self.tick(distance)),
            Step::InsertMany(many, distance) => {
                (0..u64::from(many)).for_each(|offset| self.insert(self.tick(distance).saturating_add(offset)));
            }
            Step::Reschedule(which, distance) => {
                let tick = self.tick(distance);
                let Some((key, id)) = which.get_or(&self.ids) else { return };
                assert_eq!(self.wheel.reschedule(*id, tick), self.model.contains_key(key));
                self.model.entry(*key).and_modify(|(at, _)| *at = tick);
            }
            Step::Cancel(which) => {
                let Some((key, id)) = which.get_or(&self.ids) else { return };
                assert_eq!(self.wheel.cancel(*id), self.model.remove(key).is_some());
            }
            Step::Advance(distance) => self.advance(self.tick(distance)),
            Step::Shrink => self.wheel.shrink(),
        }
        assert_eq!(self.wheel.len(), self.model.len());
    }
}

/// As `Index::get`, but for a list that may be empty.
trait GetOr {
    fn get_or<'a, T>(&self, list: &'a [T]) -> Option<&'a T>;
}

impl GetOr for prop::sample::Index {
    fn get_or<'a, T>(&self, list: &'a [T]) -> Option<&'a T> {
        (!list.is_empty()).then(|| self.get(list))
    }
}

proptest! {
    #[test]
    fn the_wheel_fires_what_a_sorted_map_would(start in distance(), steps in prop::collection::vec(step(), 1..60)) {
        let wheel = Wheel::new(start);
        let mut pair = Pair { wheel, now: start, model: BTreeMap::new(), ids: Vec::new() };
        for step in steps {
            pair.take(step);
        }
        pair.advance(u64::MAX);
        prop_assert!(pair.wheel.is_empty());
    }
}
