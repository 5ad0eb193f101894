//! How the process takes memory from the system and gives it back.
//!
//! Left to itself, the allocator keeps what a peak of connections took: freed pages wait for its next call, which a worker
//! that fell silent does not make, and huge pages come back as soon as one small block in them lives. Stands here because
//! the allocator's own calls have no safe wrapper; it decides nothing (`supplex_engine::ebb` says when).

use libmimalloc_sys::{mi_collect, mi_option_set, mi_option_t};

/// `mi_option_purge_delay` of mimalloc.h, which the crate gives no name.
const PURGE_DELAY: mi_option_t = 15;

/// To be called once, before there are other threads: no huge pages, and free pages go back without delay. In steady
/// state no page becomes free, so a request pays for neither (`runtime-notes/06-memory-after-a-peak.md`).
pub(crate) fn settle() {
    // Where it is not allowed, memory is taken in larger pieces; nothing else is lost.
    let _ = rustix::thread::disable_transparent_huge_pages(true);
    // SAFETY: the option exists in the version that is linked (a number it does not know would be ignored), and no other
    // thread runs yet that could read it.
    unsafe { mi_option_set(PURGE_DELAY, 0) }
}

/// Has the allocator return the unused pages of this thread. Takes a walk over them, so not for the path of a request.
pub(crate) fn give_back() {
    // SAFETY: may be called at any time by any thread; it touches the calling thread's own heap and free pages only.
    unsafe { mi_collect(true) }
}
