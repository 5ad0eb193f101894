//! A connected (or connecting) stream socket, TCP or unix.
//!
//! One task drives a socket at a time. Dropping it at any moment is safe: what the kernel still holds is cancelled, and
//! the descriptor is closed behind that.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, IntoRawFd, OwnedFd, RawFd};
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use io_uring::{opcode, squeue, types};
use socket2::{Domain, SockAddr, SockRef, Type};

use super::entry::{Connect, Received, SocketEntry};
use super::token::{Kind, Token};
use super::{Chunk, Opening, Ring};

/// A stream socket of this worker's ring.
pub(crate) struct Socket {
    ring: Rc<Ring>,
    slot: usize,
    fd: RawFd,
}

impl Socket {
    /// Takes over a connected socket and starts to receive.
    pub(crate) fn adopt(ring: &Rc<Ring>, fd: OwnedFd) -> Socket {
        let socket = Self::insert(ring, fd);
        socket.watch();
        socket
    }

    /// Starts to connect; [`Socket::poll_connected`] tells when it is done.
    pub(crate) fn connect(ring: &Rc<Ring>, address: &SockAddr) -> io::Result<Socket> {
        let socket = socket2::Socket::new(Domain::from(i32::from(address.family())), Type::STREAM, None)?;
        if !address.is_unix() {
            socket.set_tcp_nodelay(true)?;
        }
        let socket = Self::insert(ring, socket.into());
        let fd = types::Fd(socket.fd);
        socket.with(|entry, slot| {
            let address = Box::new(address.clone());
            let connect = opcode::Connect::new(fd, address.as_ptr().cast(), address.len()).build();
            entry.connect = Connect::Pending(address);
            Some(connect.user_data(Token::new(Kind::Connect, slot, entry.generation).encode()))
        });
        Ok(socket)
    }

    fn insert(ring: &Rc<Ring>, fd: OwnedFd) -> Socket {
        let fd = fd.into_raw_fd();
        let inner = &mut *ring.inner.borrow_mut();
        inner.generation = inner.generation.wrapping_add(1) & 0xff_ffff;
        let slot = inner.sockets.insert(SocketEntry::new(fd, inner.generation));
        Socket { ring: Rc::clone(ring), slot, fd }
    }

    /// Acts on the entry and queues the operation that results, if any.
    fn with(&self, act: impl FnOnce(&mut SocketEntry, usize) -> Option<squeue::Entry>) {
        let inner = &mut *self.ring.inner.borrow_mut();
        if let Some(operation) = inner.sockets.get_mut(self.slot).and_then(|entry| act(entry, self.slot)) {
            inner.push(operation);
        }
    }

    fn ask<T>(&self, act: impl FnOnce(&mut SocketEntry) -> T) -> T {
        let inner = &mut *self.ring.inner.borrow_mut();
        // The entry of a live handle is in the table until the handle is dropped.
        act(&mut inner.sockets[self.slot])
    }

    /// Whether the connection is made.
    ///
    /// # Errors
    /// The system's error number when it could not be made.
    pub(crate) fn poll_connected(&self, cx: &Context<'_>) -> Poll<Result<(), i32>> {
        self.ask(|entry| match &entry.connect {
            Connect::Done(result) => Poll::Ready(*result),
            Connect::No => Poll::Ready(Ok(())),
            Connect::Pending(_) => {
                entry.wait(cx);
                Poll::Pending
            }
        })
    }

    /// The next bytes.
    pub(crate) fn poll_recv(&self, cx: &Context<'_>) -> Poll<Received> {
        let inner = &mut *self.ring.inner.borrow_mut();
        let tight = self.ring.pool.is_tight();
        let mut wanted = None;
        let result = inner.sockets[self.slot].read(self.slot, cx, tight, |operation| wanted = Some(operation));
        if let Some(operation) = wanted {
            inner.push(operation);
        }
        result
    }

    /// Ready when the connection broke. A mere end of the peer's sending does not count, and neither does unread data.
    pub(crate) fn poll_broken(&self, cx: &Context<'_>) -> Poll<()> {
        self.ask(|entry| entry.broken(cx))
    }

    /// Sees to it that a receive is under way, so that an end is noticed even though nobody reads.
    pub(crate) fn watch(&self) {
        self.with(SocketEntry::arm);
    }

    /// Receives piece by piece, so that the sender cannot get more than two buffers ahead (`true`), or as much as comes
    /// (`false`, cheaper).
    pub(crate) fn set_bulk(&self, bulk: bool) {
        self.with(|entry, slot| entry.set_bulk(slot, bulk));
    }

    /// Puts bytes back, to be received again first.
    pub(crate) fn unread(&self, chunk: Chunk) {
        if !chunk.is_empty() {
            self.ask(|entry| entry.unread(chunk));
        }
    }

    /// Nothing unread, nothing unsent, nothing closed: fit for the next exchange.
    pub(crate) fn is_pristine(&self) -> bool {
        self.ask(|entry| entry.is_pristine())
    }

    /// Sends bytes after those already given. Never waits; [`Socket::poll_room`] is for that.
    pub(crate) fn send(&self, chunk: Chunk) {
        self.with(|entry, slot| entry.send(slot, chunk));
    }

    /// Sends the beginning of a message.
    pub(crate) fn send_opening(&self, opening: Opening) {
        self.send(opening.first);
        opening.then.into_iter().for_each(|chunk| self.send(chunk));
    }

    /// Ready when at most `most` chunks are unsent.
    ///
    /// # Errors
    /// The system's error number when sending has failed; what was queued is dropped.
    pub(crate) fn poll_room(&self, cx: &Context<'_>, most: usize) -> Poll<Result<(), i32>> {
        self.ask(|entry| entry.room(cx, most))
    }

    /// Closes the sending side once everything is sent.
    pub(crate) fn finish(&self) {
        self.ask(SocketEntry::finish);
    }

    /// Whether dropping the socket resets the connection instead of ending it, so that the peer cannot take what it got
    /// for all there is.
    pub(crate) fn set_abrupt(&self, abrupt: bool) {
        // SAFETY: the descriptor is open as long as this handle lives.
        let fd = unsafe { BorrowedFd::borrow_raw(self.fd) };
        // It can fail only where the connection is broken already.
        let _ = SockRef::from(&fd).set_linger(abrupt.then_some(Duration::ZERO));
    }

    /// Forgets the task that drove this socket; for putting it away.
    pub(crate) fn forget_task(&self) {
        self.ask(SocketEntry::forget_task);
    }
}

impl AsRawFd for Socket {
    fn as_raw_fd(&self) -> RawFd {
        self.fd
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let inner = &mut *self.ring.inner.borrow_mut();
        let Some(entry) = inner.sockets.get_mut(self.slot) else { return };
        entry.abandon();
        let fd = types::Fd(self.fd);
        if entry.in_kernel() {
            // Closing a descriptor does not end what the kernel does on it: cancel first. Operations of one submission
            // are issued in order.
            let cancel = opcode::AsyncCancel2::new(types::CancelBuilder::fd(fd).all()).build();
            inner.push(cancel.flags(squeue::Flags::SKIP_SUCCESS).user_data(Token::IGNORE));
        } else {
            inner.sockets.remove(self.slot);
        }
        let close = opcode::Close::new(fd).build();
        inner.push(close.flags(squeue::Flags::SKIP_SUCCESS).user_data(Token::IGNORE));
    }
}
