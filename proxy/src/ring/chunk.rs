//! Parts of buffers, as they travel: received, cut, given a new front, sent.
//!
//! A chunk never copies its bytes and never outlives its buffer; when the last part of a buffer is dropped, the pool gets
//! the buffer back (`buffers.rs`).

use std::ptr::NonNull;
use std::rc::Rc;

use super::buffers::Pool;

/// A part of a buffer that belongs to its holder: readable, cuttable, and writable only in front of its data.
///
/// Two chunks of one buffer never overlap in what they may write.
pub(crate) struct Chunk {
    pub(super) pool: Rc<Pool>,
    pub(super) base: NonNull<u8>,
    pub(super) id: u32,
    /// The lowest place this chunk may write to.
    pub(super) floor: u32,
    pub(super) start: u32,
    pub(super) end: u32,
}

/// The beginning of a message: one chunk nearly always, more when a head is too long for one.
pub(crate) struct Opening {
    /// Never missing, possibly empty.
    pub first: Chunk,
    /// What did not fit.
    pub then: Vec<Chunk>,
}

impl Opening {
    /// A second handle on the same bytes, to send them again.
    pub(crate) fn share(&mut self) -> Opening {
        Opening { first: self.first.share(), then: self.then.iter_mut().map(Chunk::share).collect() }
    }
}

impl Chunk {
    /// The bytes.
    pub(crate) fn bytes(&self) -> &[u8] {
        // SAFETY: start..end was written by the kernel or by us, lies within the buffer, and is not written again while
        // this chunk exists: a front is only written below the start of every chunk that shares the buffer.
        unsafe { std::slice::from_raw_parts(self.base.as_ptr().add(self.start as usize), self.len()) }
    }

    /// How many bytes.
    pub(crate) fn len(&self) -> usize {
        (self.end - self.start) as usize
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// Drops the first `n` bytes; the room may be written again.
    pub(crate) fn advance(&mut self, n: usize) {
        self.start = (self.start + n as u32).min(self.end);
    }

    /// Cuts at `n`: this chunk keeps what is before, the result is what follows.
    pub(crate) fn split_off(&mut self, n: usize) -> Chunk {
        let cut = (self.start + n as u32).min(self.end);
        let mut tail = self.same_buffer();
        (tail.floor, tail.start) = (cut, cut);
        self.end = cut;
        tail
    }

    /// How many bytes [`Chunk::prepend`] can take.
    pub(crate) fn room(&self) -> usize {
        (self.start - self.floor) as usize
    }

    /// Writes `front` before the bytes, if there is room; whether it did.
    pub(crate) fn prepend(&mut self, front: &[u8]) -> bool {
        if self.room() < front.len() {
            return false;
        }
        self.start -= front.len() as u32;
        // SAFETY: floor..start belongs to this chunk alone (see `split_off` and `share`), and `front` cannot alias it:
        // no reference to it exists while we hold `&mut self`.
        unsafe {
            std::ptr::copy_nonoverlapping(front.as_ptr(), self.base.as_ptr().add(self.start as usize), front.len());
        }
        true
    }

    /// A second handle on the same bytes. Neither can be given a new front after that.
    pub(crate) fn share(&mut self) -> Chunk {
        self.floor = self.start;
        self.same_buffer()
    }

    fn same_buffer(&self) -> Chunk {
        self.pool.refer(self.id);
        let Chunk { base, id, floor, start, end, .. } = *self;
        Chunk { pool: Rc::clone(&self.pool), base, id, floor, start, end }
    }
}

impl Drop for Chunk {
    fn drop(&mut self) {
        self.pool.release(self.id);
    }
}
