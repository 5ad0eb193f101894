//! An eventfd that other threads ring when they left something in this worker's mailbox.
//!
//! The kernel holds a read of its counter all the time, so a ring ends the worker's sleep like any other completion, and
//! only the mailbox's task is woken.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use io_uring::{opcode, types};

use super::token::{Kind, Token};
use super::{Inner, Ring};

pub(super) struct DoorbellEntry {
    fd: OwnedFd,
    generation: u32,
    /// Where the kernel writes; boxed, because the table moves its entries.
    counter: Box<u64>,
    rung: bool,
    waker: Option<Waker>,
}

/// The receiving side of an eventfd. Lives as long as the worker.
pub(crate) struct Doorbell {
    ring: Rc<Ring>,
    slot: usize,
}

/// An eventfd, and a second descriptor of it for whoever rings.
///
/// # Errors
/// When the system has no descriptor left.
pub(crate) fn eventfd() -> io::Result<(OwnedFd, OwnedFd)> {
    // SAFETY: no pointers are passed.
    let fd = unsafe { libc::eventfd(0, libc::EFD_CLOEXEC) };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: a fresh descriptor that nobody else owns.
    let fd = unsafe { OwnedFd::from_raw_fd(fd) };
    let twin = fd.try_clone()?;
    Ok((fd, twin))
}

impl Doorbell {
    /// Takes over an eventfd.
    pub(crate) fn adopt(ring: &Rc<Ring>, fd: OwnedFd) -> Doorbell {
        let inner = &mut *ring.inner.borrow_mut();
        inner.generation = inner.generation.wrapping_add(1) & 0xff_ffff;
        let entry = DoorbellEntry { fd, generation: inner.generation, counter: Box::new(0), rung: false, waker: None };
        let slot = inner.doorbells.insert(entry);
        inner.arm_doorbell(slot);
        Doorbell { ring: Rc::clone(ring), slot }
    }

    /// Ready once it was rung since the last time. Look into the mailbox until it is empty after that.
    pub(crate) fn poll_rung(&self, cx: &Context<'_>) -> Poll<()> {
        let inner = &mut *self.ring.inner.borrow_mut();
        let entry = &mut inner.doorbells[self.slot];
        if std::mem::take(&mut entry.rung) {
            return Poll::Ready(());
        }
        entry.waker = Some(cx.waker().clone());
        Poll::Pending
    }
}

impl Inner {
    fn arm_doorbell(&mut self, slot: usize) {
        let entry = &mut self.doorbells[slot];
        let token = Token::new(Kind::Doorbell, slot, entry.generation).encode();
        let counter: *mut u64 = &raw mut *entry.counter;
        let read = opcode::Read::new(types::Fd(entry.fd.as_raw_fd()), counter.cast(), 8).build();
        self.push(read.user_data(token));
    }

    pub(super) fn complete_doorbell(&mut self, token: Token, _result: i32) -> bool {
        let slot = token.slot as usize;
        let Some(entry) = self.doorbells.get_mut(slot).filter(|entry| entry.generation == token.generation) else {
            return false;
        };
        entry.rung = true;
        let woken = entry.waker.as_ref().inspect(|waker| waker.wake_by_ref()).is_some();
        self.arm_doorbell(slot);
        woken
    }
}
