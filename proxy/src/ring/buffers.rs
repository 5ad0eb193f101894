//! Where bytes live: a pool of buffers that the kernel fills and that go out again without being copied.
//!
//! The kernel takes buffers from a provided-buffer ring as data arrives. What it filled becomes a [`Chunk`], which can be
//! cut, given a new front (there is headroom before the data) and handed to a send. When its last part is dropped, the
//! buffer goes back to the kernel's ring, or to the allocator if the ring is full enough. So the pool breathes: small
//! while connections are idle, larger while slow peers hold buffers, never above its bound for receiving.
//!
//! Every buffer has [`HEADROOM`] bytes in front of where the kernel writes, so that a rewritten head, which is a little
//! longer than the one that came, fits before its body.

use std::alloc::{Layout, alloc, alloc_zeroed, dealloc};
use std::cell::{Cell, RefCell};
use std::ptr::NonNull;
use std::rc::Rc;
use std::sync::atomic::{AtomicU16, Ordering};

use io_uring::types::BufRingEntry;

/// Bytes before the data of a received chunk.
pub(super) const HEADROOM: usize = 1024;
/// Bytes the kernel may write into one buffer.
pub(super) const DATA: usize = 16 * 1024;
const SIZE: usize = HEADROOM + DATA;

/// Places in the kernel's ring, a power of two.
const PLACES: u16 = 1024;
/// Buffers offered to the kernel at rest. It takes them in turn, so fewer means a smaller cache footprint.
const OFFERED_AT_REST: u16 = 64;
/// Buffers alive at most for receiving: 128 MiB.
const MOST: usize = 7700;

/// The buffer group of the ring; there is only one.
pub(super) const GROUP: u16 = 0;

/// The buffers of one worker.
pub(crate) struct Pool {
    ring: NonNull<BufRingEntry>,
    tail: Cell<u16>,
    /// Buffers in the kernel's ring now.
    offered: Cell<u16>,
    /// How many we aim to have there. Grows when the ring ran low, shrinks when it did not for a while.
    target: Cell<u16>,
    /// The fewest that were offered since the last look.
    low_mark: Cell<u16>,
    buffers: RefCell<Vec<Buffer>>,
    free_ids: RefCell<Vec<u32>>,
    alive: Cell<usize>,
}

struct Buffer {
    memory: Option<NonNull<u8>>,
    /// Chunks that refer to it.
    parts: u32,
}

impl Pool {
    /// An empty pool. The caller registers [`Pool::ring_address`] and then calls [`Pool::offer`].
    pub(super) fn new() -> Rc<Self> {
        let layout = ring_layout();
        // SAFETY: the layout is not empty; zeroed memory is a valid ring of empty entries.
        let ring = unsafe { alloc_zeroed(layout) };
        let Some(ring) = NonNull::new(ring.cast::<BufRingEntry>()) else { std::alloc::handle_alloc_error(layout) };
        Rc::new(Self {
            ring,
            tail: Cell::new(0),
            offered: Cell::new(0),
            target: Cell::new(OFFERED_AT_REST),
            low_mark: Cell::new(OFFERED_AT_REST),
            buffers: RefCell::default(),
            free_ids: RefCell::default(),
            alive: Cell::new(0),
        })
    }

    /// Address and number of places, for registration.
    pub(super) fn ring_address(&self) -> (u64, u16) {
        (self.ring.as_ptr() as u64, PLACES)
    }

    /// Fills the kernel's ring up to the target.
    pub(super) fn offer(&self) {
        while self.offered.get() < self.target.get() && self.alive.get() < MOST {
            let id = self.allocate();
            if id > u32::from(u16::MAX) {
                self.release_memory(id);
                return;
            }
            self.give(id);
        }
    }

    /// The chunk that the kernel filled: buffer `id` with `len` bytes.
    pub(super) fn received(self: &Rc<Self>, id: u16, len: usize) -> Chunk {
        let offered = self.offered.get().saturating_sub(1);
        self.offered.set(offered);
        self.low_mark.set(self.low_mark.get().min(offered));
        self.chunk(u32::from(id), len.min(DATA))
    }

    /// The first chunk of buffer `id`.
    fn chunk(self: &Rc<Self>, id: u32, len: usize) -> Chunk {
        let base = match self.buffers.borrow_mut().get_mut(id as usize) {
            Some(Buffer { memory: Some(memory), parts }) => {
                *parts = 1;
                *memory
            }
            _ => unreachable!("the kernel fills only buffers that were offered"),
        };
        let start = HEADROOM as u32;
        Chunk { pool: Rc::clone(self), base, id, floor: 0, start, end: start + len as u32 }
    }

    /// To be called once per batch of completions: makes room before the ring runs dry.
    pub(super) fn adapt(&self) {
        let target = self.target.get();
        if self.offered.get() < target / 4 {
            self.target.set((target * 2).min(PLACES));
            self.offer();
        }
    }

    /// A buffer of our own to write `bytes` into; those that did not fit are left in `bytes`.
    fn write(self: &Rc<Self>, bytes: &mut &[u8]) -> Chunk {
        let (now, rest) = bytes.split_at(bytes.len().min(DATA));
        let chunk = self.chunk(self.allocate(), now.len());
        // SAFETY: the buffer was just allocated for this chunk alone and holds SIZE bytes; HEADROOM + len <= SIZE.
        unsafe { std::ptr::copy_nonoverlapping(now.as_ptr(), chunk.base.as_ptr().add(HEADROOM), now.len()) };
        *bytes = rest;
        chunk
    }

    /// Buffers of our own with all of `bytes`.
    pub(crate) fn write_all(self: &Rc<Self>, mut bytes: &[u8]) -> Opening {
        let first = self.write(&mut bytes);
        let mut then = Vec::new();
        while !bytes.is_empty() {
            then.push(self.write(&mut bytes));
        }
        Opening { first, then }
    }

    /// Whether so many buffers are held that a connection should content itself with fewer.
    pub(crate) fn is_tight(&self) -> bool {
        self.alive.get() > MOST / 2
    }

    /// Buffers allocated now.
    pub(crate) fn alive(&self) -> usize {
        self.alive.get()
    }

    /// Buffers that are not offered to the kernel: chunks refer to them.
    #[cfg(test)]
    pub(crate) fn held(&self) -> usize {
        self.alive.get() - usize::from(self.offered.get())
    }

    /// Whether the kernel has a buffer to receive into. Buffers may have come back, or [`Pool::adapt`] added some.
    pub(super) fn has_offered(&self) -> bool {
        self.offered.get() > 0
    }

    /// Looks whether the ring was never near empty since the last call, and if so aims lower.
    pub(super) fn shrink(&self) {
        let target = self.target.get();
        if self.low_mark.replace(self.offered.get()) > target / 2 && target > OFFERED_AT_REST {
            self.target.set(target / 2);
        }
    }

    fn allocate(&self) -> u32 {
        // SAFETY: the layout is not empty. The memory stays uninitialised: only bytes the kernel or we wrote are read.
        let memory = unsafe { alloc(buffer_layout()) };
        let Some(memory) = NonNull::new(memory) else { std::alloc::handle_alloc_error(buffer_layout()) };
        self.alive.set(self.alive.get() + 1);
        let mut buffers = self.buffers.borrow_mut();
        let fresh = Buffer { memory: Some(memory), parts: 0 };
        match self.free_ids.borrow_mut().pop() {
            Some(id) => {
                if let Some(buffer) = buffers.get_mut(id as usize) {
                    *buffer = fresh;
                }
                id
            }
            None => {
                buffers.push(fresh);
                (buffers.len() - 1) as u32
            }
        }
    }

    /// Takes a buffer back that no chunk refers to.
    fn recycle(&self, id: u32) {
        if self.offered.get() < self.target.get() && id <= u32::from(u16::MAX) {
            self.give(id);
        } else {
            self.release_memory(id);
        }
    }

    fn release_memory(&self, id: u32) {
        let memory = self.buffers.borrow_mut().get_mut(id as usize).and_then(|buffer| buffer.memory.take());
        if let Some(memory) = memory {
            // SAFETY: allocated with this layout; no chunk refers to it and it is not in the kernel's ring.
            unsafe { dealloc(memory.as_ptr(), buffer_layout()) };
            self.alive.set(self.alive.get() - 1);
            self.free_ids.borrow_mut().push(id);
        }
    }

    /// Puts a buffer into the kernel's ring.
    fn give(&self, id: u32) {
        let Some(memory) = self.buffers.borrow().get(id as usize).and_then(|buffer| buffer.memory) else { return };
        let tail = self.tail.get();
        let next = tail.wrapping_add(1);
        // SAFETY: the place is within the ring of PLACES entries and free, because fewer than PLACES buffers are
        // offered. The tail lies in the first entry, as the kernel defines it, and is published with release order after
        // the entry is written. The buffer stays allocated while it is in the ring.
        unsafe {
            let place = &mut *self.ring.as_ptr().add(usize::from(tail & (PLACES - 1)));
            place.set_addr(memory.as_ptr().add(HEADROOM) as u64);
            place.set_len(DATA as u32);
            place.set_bid(id as u16);
            let shared_tail = BufRingEntry::tail(self.ring.as_ptr()).cast::<AtomicU16>();
            (*shared_tail).store(next, Ordering::Release);
        }
        self.tail.set(next);
        self.offered.set(self.offered.get() + 1);
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        // A pool lives as long as its worker, and the kernel may write into it until the ring is closed; the ring is
        // dropped first (see `Ring`), so here nothing refers to the memory any more.
        for buffer in self.buffers.get_mut() {
            if let Some(memory) = buffer.memory.take() {
                // SAFETY: allocated with this layout and referred to by nobody.
                unsafe { dealloc(memory.as_ptr(), buffer_layout()) };
            }
        }
        // SAFETY: allocated with this layout in `new`.
        unsafe { dealloc(self.ring.as_ptr().cast(), ring_layout()) };
    }
}

fn buffer_layout() -> Layout {
    const LAYOUT: Layout = match Layout::from_size_align(SIZE, 64) {
        Ok(layout) => layout,
        Err(_) => panic!("a constant layout"),
    };
    LAYOUT
}

fn ring_layout() -> Layout {
    const LAYOUT: Layout = match Layout::from_size_align(PLACES as usize * size_of::<BufRingEntry>(), 4096) {
        Ok(layout) => layout,
        Err(_) => panic!("a constant layout"),
    };
    LAYOUT
}

/// A part of a buffer that belongs to its holder: readable, cuttable, and writable only in front of its data.
///
/// Two chunks of one buffer never overlap in what they may write.
pub(crate) struct Chunk {
    pool: Rc<Pool>,
    base: NonNull<u8>,
    id: u32,
    /// The lowest place this chunk may write to.
    floor: u32,
    start: u32,
    end: u32,
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
        if let Some(buffer) = self.pool.buffers.borrow_mut().get_mut(self.id as usize) {
            buffer.parts += 1;
        }
        let Chunk { base, id, floor, start, end, .. } = *self;
        Chunk { pool: Rc::clone(&self.pool), base, id, floor, start, end }
    }
}

impl Drop for Chunk {
    fn drop(&mut self) {
        let last = self.pool.buffers.borrow_mut().get_mut(self.id as usize).is_some_and(|buffer| {
            buffer.parts -= 1;
            buffer.parts == 0
        });
        if last {
            self.pool.recycle(self.id);
        }
    }
}
