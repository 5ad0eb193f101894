//! A listening socket with a multishot accept.
//!
//! Leaving without a lost connection takes three steps, and all are here: refuse new handshakes ([`Listener::deafen`]),
//! stop the accept ([`Listener::stop`]), take what the system had queued ([`Listener::remaining`]).

use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, IntoRawFd, OwnedFd, RawFd};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use io_uring::{opcode, squeue, types};
use socket2::{SockFilter, SockRef};

use super::token::{Kind, Token};
use super::{Inner, Ring};

pub(super) struct ListenerEntry {
    fd: RawFd,
    generation: u32,
    owned: bool,
    armed: bool,
    stopping: bool,
    queue: VecDeque<OwnedFd>,
    failed: Option<i32>,
    waker: Option<Waker>,
}

impl ListenerEntry {
    fn arm(&mut self, slot: usize) -> Option<squeue::Entry> {
        if self.armed || self.stopping {
            return None;
        }
        self.armed = true;
        let token = Token::new(Kind::Accept, slot, self.generation).encode();
        Some(opcode::AcceptMulti::new(types::Fd(self.fd)).flags(libc::SOCK_CLOEXEC).build().user_data(token))
    }

    fn cancel(&self, slot: usize) -> Option<squeue::Entry> {
        let token = Token::new(Kind::Accept, slot, self.generation).encode();
        let cancel = || opcode::AsyncCancel::new(token).build().flags(squeue::Flags::SKIP_SUCCESS);
        self.armed.then(|| cancel().user_data(Token::IGNORE))
    }
}

/// A listening socket of this worker's ring.
pub(crate) struct Listener {
    ring: Rc<Ring>,
    slot: usize,
    fd: RawFd,
}

impl Listener {
    /// Takes over a socket that already listens, and starts to accept.
    pub(crate) fn adopt(ring: &Rc<Ring>, fd: OwnedFd) -> Listener {
        let fd = fd.into_raw_fd();
        let inner = &mut *ring.inner.borrow_mut();
        inner.generation = inner.generation.wrapping_add(1) & 0xff_ffff;
        let mut entry = ListenerEntry {
            fd,
            generation: inner.generation,
            owned: true,
            armed: false,
            stopping: false,
            queue: VecDeque::new(),
            failed: None,
            waker: None,
        };
        let slot = inner.listeners.vacant_key();
        let accept = entry.arm(slot);
        inner.listeners.insert(entry);
        if let Some(operation) = accept {
            inner.push(operation);
        }
        Listener { ring: Rc::clone(ring), slot, fd }
    }

    /// The next connection; `None` once the listener is stopped and has handed out everything.
    ///
    /// # Errors
    /// When the system could not accept, for instance for want of descriptors. The next poll tries again, so wait first.
    pub(crate) fn poll_accept(&self, cx: &Context<'_>) -> Poll<io::Result<Option<OwnedFd>>> {
        let inner = &mut *self.ring.inner.borrow_mut();
        let entry = &mut inner.listeners[self.slot];
        if let Some(fd) = entry.queue.pop_front() {
            return Poll::Ready(Ok(Some(fd)));
        }
        if let Some(error) = entry.failed.take() {
            return Poll::Ready(Err(io::Error::from_raw_os_error(error)));
        }
        if entry.stopping && !entry.armed {
            return Poll::Ready(Ok(None));
        }
        entry.waker = Some(cx.waker().clone());
        if let Some(operation) = entry.arm(self.slot) {
            inner.push(operation);
        }
        Poll::Pending
    }

    /// Drops every new handshake unseen; those that are under way may still complete. Clients try again, and meet
    /// another worker, another process, or a closed port: a clear answer instead of a reset.
    ///
    /// # Errors
    /// When the system refuses the filter.
    pub(crate) fn deafen(&self) -> io::Result<()> {
        // Classic BPF over the TCP header: byte 13 holds the flags; drop what has SYN without ACK.
        let instruction = |code: u32, jt, jf, k| SockFilter::new(code as u16, jt, jf, k);
        let filter = [
            instruction(libc::BPF_LD | libc::BPF_B | libc::BPF_ABS, 0, 0, 13),
            instruction(libc::BPF_ALU | libc::BPF_AND | libc::BPF_K, 0, 0, 0x12),
            instruction(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, 0, 1, 0x02),
            instruction(libc::BPF_RET | libc::BPF_K, 0, 0, 0),
            instruction(libc::BPF_RET | libc::BPF_K, 0, 0, u32::MAX),
        ];
        SockRef::from(&self.borrow()).attach_filter(&filter)
    }

    /// Ends the multishot accept. [`Listener::poll_accept`] goes on to hand out what it had taken.
    pub(crate) fn stop(&self) {
        let inner = &mut *self.ring.inner.borrow_mut();
        let entry = &mut inner.listeners[self.slot];
        entry.stopping = true;
        if let Some(operation) = entry.cancel(self.slot) {
            inner.push(operation);
        }
    }

    /// What the system had queued, after [`Listener::stop`] has taken effect. Never waits.
    pub(crate) fn remaining(&self) -> Vec<OwnedFd> {
        let fd = self.borrow();
        let socket = SockRef::from(&fd);
        if socket.set_nonblocking(true).is_err() {
            return Vec::new();
        }
        std::iter::from_fn(|| socket.accept().ok()).map(|(accepted, _)| accepted.into()).collect()
    }

    fn borrow(&self) -> BorrowedFd<'_> {
        // SAFETY: the descriptor is open as long as this handle lives.
        unsafe { BorrowedFd::borrow_raw(self.fd) }
    }
}

impl AsRawFd for Listener {
    fn as_raw_fd(&self) -> RawFd {
        self.fd
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let inner = &mut *self.ring.inner.borrow_mut();
        let Some(entry) = inner.listeners.get_mut(self.slot) else { return };
        entry.owned = false;
        entry.stopping = true;
        entry.queue.clear();
        entry.waker = None;
        match entry.cancel(self.slot) {
            Some(operation) => inner.push(operation),
            None => drop(inner.listeners.remove(self.slot)),
        }
        let close = opcode::Close::new(types::Fd(self.fd)).build();
        inner.push(close.flags(squeue::Flags::SKIP_SUCCESS).user_data(Token::IGNORE));
    }
}

impl Inner {
    pub(super) fn complete_accept(&mut self, token: Token, result: i32, more: bool) -> bool {
        // SAFETY: a non-negative result of an accept is a new descriptor that nobody else owns.
        let accepted = (result >= 0).then(|| unsafe { OwnedFd::from_raw_fd(result) });
        let slot = token.slot as usize;
        let Some(entry) = self.listeners.get_mut(slot).filter(|entry| entry.generation == token.generation) else {
            return false;
        };
        entry.armed &= more;
        if !entry.owned {
            if !entry.armed {
                self.listeners.remove(slot);
            }
            return false;
        }
        let fatal = result < 0 && result != -libc::ECANCELED && result != -libc::ECONNABORTED && result != -libc::EINTR;
        entry.queue.extend(accepted);
        if fatal {
            entry.failed = Some(-result);
        } else if let Some(operation) = entry.arm(slot) {
            self.push(operation);
            let entry = &self.listeners[slot];
            return entry.waker.as_ref().inspect(|waker| waker.wake_by_ref()).is_some();
        }
        let entry = &self.listeners[slot];
        entry.waker.as_ref().inspect(|waker| waker.wake_by_ref()).is_some()
    }
}
