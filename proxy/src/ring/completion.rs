//! What each completion means: the only place where the kernel's answers reach the tables.

use io_uring::cqueue;

use super::entry::Connect;
use super::token::{Kind, Token};
use super::{Inner, Ring};

impl Ring {
    /// Takes every completion there is. Returns how many tasks were woken.
    pub(super) fn reap(&self) -> usize {
        let inner = &mut *self.inner.borrow_mut();
        let mut woken = 0;
        loop {
            // One at a time: acting on a completion may queue operations, which needs the ring.
            let Some(completion) = inner.uring.completion().next() else { break };
            woken += usize::from(inner.complete(&completion));
        }
        self.pool.adapt();
        if !inner.starved.is_empty() && self.pool.has_offered() {
            inner.feed_the_starved();
        }
        woken
    }
}

impl Inner {
    fn complete(&mut self, completion: &cqueue::Entry) -> bool {
        let (token, result, flags) = (Token::decode(completion.user_data()), completion.result(), completion.flags());
        match token.kind {
            Kind::Ignore => false,
            Kind::Recv => self.complete_recv(token, result, flags),
            Kind::Send => self.complete_send(token, result),
            Kind::Connect => self.complete_connect(token, result),
            Kind::Accept => self.complete_accept(token, result, cqueue::more(flags)),
            Kind::Doorbell => self.complete_doorbell(token, result),
        }
    }

    fn complete_recv(&mut self, token: Token, result: i32, flags: u32) -> bool {
        let slot = token.slot as usize;
        let pool = &self.pool;
        let chunk = cqueue::buffer_select(flags).map(|id| pool.received(id, result.max(0) as usize));
        let Some(entry) = self.sockets.get_mut(slot).filter(|entry| entry.generation == token.generation) else {
            return false;
        };
        if !entry.owned {
            entry.recv.armed &= cqueue::more(flags);
            self.release(slot);
            return false;
        }
        let mut wanted = [None, None];
        let mut count = 0;
        let ready = entry.received(slot, result, chunk, cqueue::more(flags), |operation| {
            if let Some(place) = wanted.get_mut(count) {
                *place = Some(operation);
                count += 1;
            }
        });
        let woken = ready && entry.wake();
        if entry.recv.starved {
            self.starved.push(slot);
        }
        wanted.into_iter().flatten().for_each(|operation| self.push(operation));
        woken
    }

    fn complete_send(&mut self, token: Token, result: i32) -> bool {
        let slot = token.slot as usize;
        let Some(entry) = self.sockets.get_mut(slot).filter(|entry| entry.generation == token.generation) else {
            return false;
        };
        let mut next = None;
        let woken = entry.sent(slot, result, |operation| next = Some(operation)) && entry.wake();
        if let Some(operation) = next {
            self.push(operation);
        }
        self.release(slot);
        woken
    }

    fn complete_connect(&mut self, token: Token, result: i32) -> bool {
        let slot = token.slot as usize;
        let Some(entry) = self.sockets.get_mut(slot).filter(|entry| entry.generation == token.generation) else {
            return false;
        };
        entry.connect = Connect::Done(if result < 0 { Err(-result) } else { Ok(()) });
        let woken = entry.owned && entry.wake();
        self.release(slot);
        woken
    }

    /// Removes an entry that nobody owns and the kernel is done with.
    pub(super) fn release(&mut self, slot: usize) {
        if self.sockets.get(slot).is_some_and(|entry| !entry.owned && !entry.in_kernel()) {
            self.sockets.remove(slot);
        }
    }

    fn feed_the_starved(&mut self) {
        for slot in std::mem::take(&mut self.starved) {
            let Some(entry) = self.sockets.get_mut(slot) else { continue };
            entry.recv.starved = false;
            if entry.owned
                && let Some(operation) = entry.arm(slot)
            {
                self.push(operation);
            }
        }
    }
}
