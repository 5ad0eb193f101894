//! The idle connections to one endpoint.
//!
//! Last in, first out: the connection used a moment ago is the least likely to have been closed by the other side, and
//! those that are not needed grow old and are swept out. The pool never opens, closes or looks at a connection: what it
//! gives back is the caller's to close.

use std::collections::VecDeque;

/// Idle connections, the longest idle in front.
#[derive(Debug)]
pub struct Pool<T> {
    idle: VecDeque<Idle<T>>,
}

#[derive(Debug)]
struct Idle<T> {
    since: u64,
    item: T,
}

impl<T> Default for Pool<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Pool<T> {
    /// An empty pool.
    #[must_use]
    pub fn new() -> Self {
        Self { idle: VecDeque::new() }
    }

    /// Keeps a connection that is idle since `now` (nanoseconds), at most `most` of them. Returns what must be closed:
    /// the longest idle one when there is no room, or `item` itself when `most` is 0. After the bound was lowered,
    /// [`Pool::trim`] brings the pool down to it.
    #[must_use = "what is returned must be closed"]
    pub fn put(&mut self, now: u64, item: T, most: usize) -> Option<T> {
        if most == 0 {
            return Some(item);
        }
        let evicted = if self.idle.len() >= most { self.idle.pop_front() } else { None };
        self.idle.push_back(Idle { since: now, item });
        evicted.map(|idle| idle.item)
    }

    /// The connection that was put last.
    pub fn take(&mut self) -> Option<T> {
        self.idle.pop_back().map(|idle| idle.item)
    }

    /// Hands to `drop` every connection that is idle since before `expired_before` or that `keep` refuses. The order of
    /// the others does not change.
    pub fn sweep(&mut self, expired_before: u64, mut keep: impl FnMut(&T) -> bool, mut drop: impl FnMut(T)) {
        for _ in 0..self.idle.len() {
            let Some(idle) = self.idle.pop_front() else { return };
            if idle.since < expired_before || !keep(&idle.item) {
                drop(idle.item);
            } else {
                self.idle.push_back(idle);
            }
        }
    }

    /// Hands the longest idle connections to `drop` until no more than `most` are left; for a bound that became smaller.
    pub fn trim(&mut self, most: usize, mut drop: impl FnMut(T)) {
        while self.idle.len() > most {
            let Some(idle) = self.idle.pop_front() else { return };
            drop(idle.item);
        }
    }

    /// The number of idle connections.
    #[must_use]
    pub fn len(&self) -> usize {
        self.idle.len()
    }

    /// Whether no connection is idle.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.idle.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_in_is_the_first_out() {
        let mut pool = Pool::new();
        assert_eq!(pool.put(1, 'a', 8), None);
        assert_eq!(pool.put(2, 'b', 8), None);
        assert_eq!((pool.take(), pool.take(), pool.take()), (Some('b'), Some('a'), None));
    }

    #[test]
    fn a_full_pool_gives_up_the_longest_idle() {
        let mut pool = Pool::new();
        assert_eq!(pool.put(1, 'a', 2), None);
        assert_eq!(pool.put(2, 'b', 2), None);
        assert_eq!(pool.put(3, 'c', 2), Some('a'));
        assert_eq!(pool.put(4, 'd', 0), Some('d'), "a bound of 0 keeps nothing");
        assert_eq!(pool.len(), 2);
    }

    #[test]
    fn sweeping_drops_the_old_and_the_refused_and_keeps_the_order() {
        let mut pool = Pool::new();
        for (now, item) in [(1, 'a'), (2, 'b'), (3, 'c'), (4, 'd')] {
            assert_eq!(pool.put(now, item, 8), None);
        }
        let mut dropped = Vec::new();
        pool.sweep(2, |item| *item != 'c', |item| dropped.push(item));
        assert_eq!(dropped, ['a', 'c']);
        pool.trim(1, |item| dropped.push(item));
        assert_eq!(dropped, ['a', 'c', 'b'], "trimmed from the longest idle");
        assert_eq!(pool.take(), Some('d'));
        assert!(pool.is_empty());
    }
}
