//! A bounded map by limit and key that forgets what was used least recently.
//!
//! Clients choose keys, so there may be any number of them: the map holds at most so many entries whatever comes, takes
//! constant time per use and allocates nothing once it is full. Where to read on: `table.rs` keeps buckets in one,
//! `lease.rs` leases.

use std::hash::{BuildHasher, Hash, Hasher};

use foldhash::fast::FixedState;
use hashbrown::HashTable;

use super::Key;
use crate::hash::fnv1a;

/// No entry: the end of the list.
const NONE: u32 = u32::MAX;
/// How many entries, from the one used least recently on, are looked at for one that may go without loss.
const LOOKED_AT: usize = 8;

/// What a limit is known by over reloads: a number made of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Family(u64);

impl Family {
    /// The family of the limit of this name (64-bit FNV-1a; names come from the configuration, so nobody can choose two
    /// that collide).
    #[must_use]
    pub fn of(name: &str) -> Self {
        Self(fnv1a(name.bytes()))
    }
}

#[derive(Debug)]
struct Entry<V> {
    family: Family,
    key: Key,
    value: V,
    /// The neighbour that was used more recently.
    newer: u32,
    /// The neighbour that was used less recently.
    older: u32,
}

/// The map. A slot that was given out stays valid until four others were placed.
#[derive(Debug)]
pub(super) struct Keyed<V> {
    most: usize,
    hasher: FixedState,
    index: HashTable<u32>,
    entries: Vec<Entry<V>>,
    /// Slots without an entry.
    free: Vec<u32>,
    newest: u32,
    oldest: u32,
}

impl<V: Default> Keyed<V> {
    /// An empty map for at most `most` entries (at least 8). `seed` should be random: clients must not be able to choose
    /// keys that collide.
    pub(super) fn new(most: usize, seed: u64) -> Self {
        Self {
            most: most.clamp(LOOKED_AT, NONE as usize),
            hasher: FixedState::with_seed(seed),
            index: HashTable::new(),
            entries: Vec::new(),
            free: Vec::new(),
            newest: NONE,
            oldest: NONE,
        }
    }

    /// How many entries there are.
    pub(super) fn len(&self) -> usize {
        self.index.len()
    }

    /// The value in a slot.
    pub(super) fn get_mut(&mut self, slot: u32) -> Option<&mut V> {
        self.entries.get_mut(slot as usize).map(|entry| &mut entry.value)
    }

    /// The value in a slot.
    pub(super) fn get(&self, slot: u32) -> Option<&V> {
        self.entries.get(slot as usize).map(|entry| &entry.value)
    }

    /// The slot of an entry that is there. Does not count as a use.
    pub(super) fn find(&self, family: Family, key: &Key) -> Option<u32> {
        let same = |slot: &u32| self.is(*slot, family, key);
        self.index.find(hash(&self.hasher, family, key), same).copied()
    }

    /// The slot of an entry, which is made if it is not there, as the one used last. When the map is full, one that
    /// `may_go` is forgotten, or else the one used least recently.
    pub(super) fn place(&mut self, family: Family, key: &Key, may_go: impl Fn(&V) -> bool) -> u32 {
        if let Some(slot) = self.find(family, key) {
            if self.newest != slot {
                self.unlink(slot);
                self.link(slot);
            }
            return slot;
        }
        self.tidy(&may_go);
        let slot = self.fill(Entry { family, key: *key, value: V::default(), newer: NONE, older: NONE });
        self.link(slot);
        let Self { index, entries, hasher, .. } = self;
        let rehash = |slot: &u32| entries.get(*slot as usize).map_or(0, |entry| hash(hasher, entry.family, &entry.key));
        index.insert_unique(hash(hasher, family, key), slot, rehash);
        slot
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.index = HashTable::new();
        self.entries = Vec::new();
        self.free = Vec::new();
        (self.newest, self.oldest) = (NONE, NONE);
    }

    /// Whether the entry in a slot is this one's.
    pub(super) fn is(&self, slot: u32, family: Family, key: &Key) -> bool {
        self.entries.get(slot as usize).is_some_and(|entry| entry.family == family && entry.key == *key)
    }

    fn fill(&mut self, entry: Entry<V>) -> u32 {
        if let Some(slot) = self.free.pop()
            && let Some(place) = self.entries.get_mut(slot as usize)
        {
            *place = entry;
            return slot;
        }
        self.entries.push(entry);
        // `most` is below the number that stands for none.
        u32::try_from(self.entries.len() - 1).unwrap_or(NONE)
    }

    /// Makes room for one more: two entries that may go are let go on the way, so that a map that is used by fewer keys
    /// than before becomes smaller by itself. The newest few always stay: they were placed for the same question.
    fn tidy(&mut self, may_go: &impl Fn(&V) -> bool) {
        for _ in 0..2 {
            let oldest = self.oldest;
            if self.len() > LOOKED_AT && self.get(oldest).is_some_and(may_go) {
                self.forget(oldest);
            }
        }
        if self.len() < self.most {
            return;
        }
        let mut slot = self.oldest;
        for _ in 0..LOOKED_AT.min(self.most / 2) {
            let Some(entry) = self.entries.get(slot as usize) else { break };
            if may_go(&entry.value) {
                return self.forget(slot);
            }
            slot = entry.newer;
        }
        self.forget(self.oldest);
    }

    fn forget(&mut self, slot: u32) {
        let Some(entry) = self.entries.get(slot as usize) else { return };
        let hash = hash(&self.hasher, entry.family, &entry.key);
        if let Ok(found) = self.index.find_entry(hash, |other| *other == slot) {
            found.remove();
            self.unlink(slot);
            self.free.push(slot);
        }
    }

    fn link(&mut self, slot: u32) {
        let before = std::mem::replace(&mut self.newest, slot);
        self.set(slot, |entry| (entry.newer, entry.older) = (NONE, before));
        match before {
            NONE => self.oldest = slot,
            before => self.set(before, |entry| entry.newer = slot),
        }
    }

    fn unlink(&mut self, slot: u32) {
        let Some((newer, older)) = self.entries.get(slot as usize).map(|entry| (entry.newer, entry.older)) else {
            return;
        };
        match newer {
            NONE => self.newest = older,
            newer => self.set(newer, |entry| entry.older = older),
        }
        match older {
            NONE => self.oldest = newer,
            older => self.set(older, |entry| entry.newer = newer),
        }
    }

    fn set(&mut self, slot: u32, change: impl FnOnce(&mut Entry<V>)) {
        if let Some(entry) = self.entries.get_mut(slot as usize) {
            change(entry);
        }
    }
}

fn hash(hasher: &FixedState, family: Family, key: &Key) -> u64 {
    let mut state = hasher.build_hasher();
    family.hash(&mut state);
    // The bytes alone: hashing the room behind them would cost more than all the rest.
    state.write(key.as_bytes());
    state.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: u32) -> Key {
        Key::new(number.to_string().as_bytes()).expect("short")
    }

    #[test]
    fn entries_are_found_again_by_limit_and_key() {
        let mut map = Keyed::<u32>::new(100, 7);
        let (one, other) = (Family::of("one"), Family::of("other"));
        let slot = map.place(one, &key(1), |_| false);
        *map.get_mut(slot).unwrap() = 5;
        assert_eq!(map.place(one, &key(1), |_| false), slot);
        assert_eq!(map.find(one, &key(1)), Some(slot));
        assert_eq!(map.find(other, &key(1)), None);
        assert_ne!(map.place(other, &key(1), |_| false), slot);
        assert_eq!((map.len(), map.get(slot)), (2, Some(&5)));
    }

    #[test]
    fn what_was_used_least_recently_goes_first() {
        let mut map = Keyed::<u32>::new(10, 7);
        let family = Family::of("a");
        for number in 0..10 {
            map.place(family, &key(number), |_| false);
        }
        map.place(family, &key(0), |_| false);
        map.place(family, &key(10), |_| false);
        assert_eq!(map.len(), 10);
        assert!(map.find(family, &key(0)).is_some(), "it was used");
        assert!(map.find(family, &key(1)).is_none(), "it was not");
        let slot = map.find(family, &key(3)).unwrap();
        *map.get_mut(slot).unwrap() = 1;
        map.place(family, &key(11), |value| *value == 1);
        assert!(map.find(family, &key(2)).is_some(), "another could go without loss");
        assert!(map.find(family, &key(3)).is_none());
    }

    #[test]
    fn a_map_whose_entries_may_go_becomes_smaller() {
        let mut map = Keyed::<u32>::new(1000, 7);
        let family = Family::of("a");
        for number in 0..1000 {
            map.place(family, &key(number), |_| false);
        }
        for _ in 0..2 {
            for number in 2000..2600 {
                map.place(family, &key(number), |_| true);
            }
        }
        assert!(map.len() < 10, "{} are left", map.len());
        map.clear();
        assert_eq!(map.len(), 0);
    }

    #[test]
    fn a_million_keys_take_bounded_room() {
        let mut map = Keyed::<u64>::new(5000, 7);
        let family = Family::of("a");
        for number in 0..1_000_000 {
            map.place(family, &key(number), |_| false);
        }
        assert_eq!((map.len(), map.entries.len(), map.free.len()), (5000, 5000, 0));
        assert!(map.entries.capacity() <= 8192 && map.index.capacity() <= 16384);
    }
}
