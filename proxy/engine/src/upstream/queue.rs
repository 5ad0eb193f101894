//! Who waits for their turn at an upstream: first in, first out, with leaving at any moment.
//!
//! Only the bookkeeping, by type parameter: it knows neither tasks nor clocks. A place that was left is used again, so
//! that waiting costs no allocation once the queue has been as long before. Joining, serving and leaving take constant time. The
//! shell's `worker/admission.rs` wakes and times out.

/// Waiting ones in order, and served ones that have not left.
///
/// ```text
///   join ──► waiting ──serve_next──► served
///               │                      │
///               └────────leave─────────┴──► gone
/// ```
#[derive(Debug)]
pub struct Queue<T> {
    places: Vec<Place<T>>,
    free: Option<usize>,
    first: Option<usize>,
    last: Option<usize>,
    waiting: usize,
}

#[derive(Debug)]
enum Place<T> {
    Free { next: Option<usize> },
    Waiting { before: Option<usize>, behind: Option<usize>, item: T },
    Served { item: T },
}

/// A place in a queue. It must be given back to the queue that gave it.
#[derive(Debug)]
#[must_use = "a place that is not left stays taken"]
pub struct Ticket(usize);

/// What becomes of somebody who wants in.
#[derive(Debug)]
pub enum Entry {
    /// There is a place at once.
    Admitted,
    /// The place comes when it is their turn.
    Waits(Ticket),
    /// Nobody more may wait.
    Full,
}

/// How somebody left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// While waiting.
    Unserved,
    /// After being served.
    Served,
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self { places: Vec::new(), free: None, first: None, last: None, waiting: 0 }
    }
}

impl<T> Queue<T> {
    /// Whether somebody who comes now gets a place at once: there is one, and nobody waits for it.
    #[must_use]
    pub fn admits(&self, has_room: impl FnOnce() -> bool) -> bool {
        self.is_empty() && has_room()
    }

    /// Lets somebody in, or lets them wait behind all others unless `most` wait already. Those who wait must have been
    /// served before, as far as there was room.
    pub fn enter(&mut self, item: T, most: usize, has_room: impl FnOnce() -> bool) -> Entry {
        if self.admits(has_room) {
            return Entry::Admitted;
        }
        self.join(item, most).map_or(Entry::Full, Entry::Waits)
    }

    /// It is the turn of whoever waits longest, if anybody waits and there is room: what they left here.
    pub fn serve(&mut self, has_room: impl FnOnce() -> bool) -> Option<&mut T> {
        if self.is_empty() || !has_room() {
            return None;
        }
        self.serve_next()
    }

    /// Waits behind all others, unless `most` wait already.
    pub fn join(&mut self, item: T, most: usize) -> Option<Ticket> {
        if self.waiting >= most {
            return None;
        }
        let place = Place::Waiting { before: self.last, behind: None, item };
        let at = match self.free {
            Some(at) => {
                let former = std::mem::replace(&mut self.places[at], place);
                self.free = if let Place::Free { next } = former { next } else { None };
                at
            }
            None => {
                self.places.push(place);
                self.places.len() - 1
            }
        };
        match self.last.replace(at) {
            Some(last) => self.set_behind(last, Some(at)),
            None => self.first = Some(at),
        }
        self.waiting += 1;
        Some(Ticket(at))
    }

    /// It is the turn of whoever waits longest: what they left here.
    pub fn serve_next(&mut self) -> Option<&mut T> {
        let at = self.first?;
        let Place::Waiting { item, .. } = self.unlink(at)? else { return None };
        let place = self.places.get_mut(at)?;
        *place = Place::Served { item };
        if let Place::Served { item } = place { Some(item) } else { None }
    }

    /// Whether it was this one's turn.
    #[must_use]
    pub fn is_served(&self, ticket: &Ticket) -> bool {
        matches!(self.places.get(ticket.0), Some(Place::Served { .. }))
    }

    /// What was left at this place.
    pub fn item(&mut self, ticket: &Ticket) -> Option<&mut T> {
        match self.places.get_mut(ticket.0)? {
            Place::Waiting { item, .. } | Place::Served { item } => Some(item),
            Place::Free { .. } => None,
        }
    }

    /// Gives the place back.
    pub fn leave(&mut self, ticket: Ticket) -> Left {
        let Ticket(at) = ticket;
        let unserved = self.unlink(at).is_some();
        if let Some(place) = self.places.get_mut(at) {
            *place = Place::Free { next: self.free.replace(at) };
        }
        if unserved { Left::Unserved } else { Left::Served }
    }

    /// How many wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.waiting
    }

    /// Whether nobody waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.waiting == 0
    }

    /// Takes a waiting one out of the order; its place is free for another state.
    fn unlink(&mut self, at: usize) -> Option<Place<T>> {
        let place = self.places.get_mut(at).filter(|place| matches!(place, Place::Waiting { .. }))?;
        let place = std::mem::replace(place, Place::Free { next: None });
        let Place::Waiting { before, behind, .. } = &place else { return None };
        match before {
            Some(before) => self.set_behind(*before, *behind),
            None => self.first = *behind,
        }
        match behind {
            Some(behind) => self.set_before(*behind, *before),
            None => self.last = *before,
        }
        self.waiting -= 1;
        Some(place)
    }

    fn set_behind(&mut self, at: usize, to: Option<usize>) {
        if let Some(Place::Waiting { behind, .. }) = self.places.get_mut(at) {
            *behind = to;
        }
    }

    fn set_before(&mut self, at: usize, to: Option<usize>) {
        if let Some(Place::Waiting { before, .. }) = self.places.get_mut(at) {
            *before = to;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_overtaken() {
        let mut queue = Queue::default();
        assert!(matches!(queue.enter('a', 1, || true), Entry::Admitted));
        let Entry::Waits(b) = queue.enter('b', 1, || false) else { panic!("there is no room") };
        assert!(matches!(queue.enter('c', 1, || true), Entry::Full), "there is room, and it is another's");
        assert!(!queue.admits(|| true));
        assert_eq!(queue.serve(|| false), None);
        assert_eq!(queue.serve(|| true).copied(), Some('b'));
        assert_eq!(queue.leave(b), Left::Served);
        assert!(queue.admits(|| true) && queue.serve(|| true).is_none());
    }

    #[test]
    fn the_first_in_is_served_first_and_leaving_keeps_the_order() {
        let mut queue = Queue::default();
        let tickets: Vec<_> = "abcd".chars().filter_map(|who| queue.join(who, 4)).collect();
        assert!(queue.join('e', 4).is_none(), "four may wait");
        let [a, b, c, d] = <[Ticket; 4]>::try_from(tickets).expect("four places");
        assert_eq!(queue.leave(b), Left::Unserved);
        assert_eq!(queue.serve_next().copied(), Some('a'));
        assert!(queue.is_served(&a) && !queue.is_served(&c));
        assert_eq!(queue.len(), 2);
        assert_eq!(queue.leave(d), Left::Unserved);
        let e = queue.join('e', 4).expect("a place");
        assert_eq!((queue.serve_next().copied(), queue.serve_next().copied()), (Some('c'), Some('e')));
        assert_eq!(queue.serve_next(), None);
        for served in [a, c, e] {
            assert_eq!(queue.leave(served), Left::Served);
        }
        assert!(queue.is_empty());
    }
}
