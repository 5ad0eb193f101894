//! Where timers are stored: one vector of nodes that are chained by index.
//!
//! A free node is chained into the free list and used again before the vector grows. It knows nothing of time; the wheel
//! next door does. Every timer gets a number of its own (64 bits, never used twice), so an id that outlived its timer
//! finds nothing, even when the place was taken again.

use std::ops::{Index, IndexMut};

/// The end of a chain.
pub(super) const NIL: u32 = u32::MAX;

/// Below this many nodes there is nothing worth giving back.
const KEPT: usize = 1024;

/// Names one timer. An id whose timer is gone is harmless.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimerId {
    index: u32,
    generation: u64,
}

/// One timer, or a free place.
#[derive(Debug)]
pub(super) struct Node<K> {
    /// The tick to fire at.
    pub(super) at: u64,
    generation: u64,
    /// `None` when the place is free.
    key: Option<K>,
    /// The node before this one in its list; not kept while a place is free.
    pub(super) previous: u32,
    /// The node after this one in its list, or in the free list.
    pub(super) next: u32,
    /// The list the node stands in.
    pub(super) list: u16,
}

/// All timers of one wheel.
#[derive(Debug)]
pub(super) struct Nodes<K> {
    nodes: Vec<Node<K>>,
    free: u32,
    used: usize,
    /// The number of the next timer.
    generation: u64,
}

impl<K> Nodes<K> {
    pub(super) fn new() -> Self {
        Self { nodes: Vec::new(), free: NIL, used: 0, generation: 0 }
    }

    /// Stores a timer; it is in no list yet.
    pub(super) fn add(&mut self, at: u64, key: K) -> (u32, TimerId) {
        let generation = self.generation;
        self.generation += 1;
        self.used += 1;
        let node = Node { at, generation, key: Some(key), previous: NIL, next: NIL, list: 0 };
        let index = self.free;
        if index == NIL {
            let index = self.nodes.len() as u32;
            assert!(index < NIL, "four billion timers");
            self.nodes.push(node);
            return (index, TimerId { index, generation });
        }
        self.free = self[index].next;
        self[index] = node;
        (index, TimerId { index, generation })
    }

    /// Where the timer is, unless it is gone.
    pub(super) fn find(&self, id: TimerId) -> Option<u32> {
        let node = self.nodes.get(id.index as usize)?;
        (node.generation == id.generation && node.key.is_some()).then_some(id.index)
    }

    /// Frees the place of a timer that is in no list any more.
    pub(super) fn release(&mut self, index: u32) -> Option<K> {
        let free = self.free;
        let node = &mut self[index];
        let key = node.key.take();
        debug_assert!(key.is_some(), "released twice");
        if key.is_some() {
            node.next = free;
            self.free = index;
            self.used -= 1;
        }
        key
    }

    pub(super) fn len(&self) -> usize {
        self.used
    }

    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        self.nodes.capacity()
    }

    /// Drops the free places at the end when most places are free. Lower places come first in the free list afterwards,
    /// so that those at the end empty out.
    pub(super) fn shrink(&mut self) {
        if self.nodes.len() <= KEPT || self.used > self.nodes.len() / 4 {
            return;
        }
        let end = self.nodes.iter().rposition(|node| node.key.is_some()).map_or(0, |last| last + 1);
        self.nodes.truncate(end);
        // Some room stays, so that the next timers do not allocate one by one.
        self.nodes.shrink_to(KEPT.max(end));
        self.free = NIL;
        for index in (0..end as u32).rev() {
            if self[index].key.is_none() {
                self[index].next = self.free;
                self.free = index;
            }
        }
    }
}

impl<K> Index<u32> for Nodes<K> {
    type Output = Node<K>;

    fn index(&self, index: u32) -> &Node<K> {
        &self.nodes[index as usize]
    }
}

impl<K> IndexMut<u32> for Nodes<K> {
    fn index_mut(&mut self, index: u32) -> &mut Node<K> {
        &mut self.nodes[index as usize]
    }
}
