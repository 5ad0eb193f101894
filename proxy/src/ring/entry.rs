//! What the ring keeps about one socket: the operations the kernel holds, what arrived, what waits to be sent.
//!
//! An entry is owned by a [`super::Socket`] and outlives it until the kernel's last completion:
//!
//! ```text
//!   adopt/connect ──► owned ──handle dropped──► orphaned ──last completion──► gone
//!                       │                          ▲
//!                       └── nothing in the kernel ─┴────────────────────────► gone
//! ```

use std::collections::VecDeque;
use std::task::{Context, Poll, Waker};

use io_uring::{opcode, squeue, types};

use super::buffers::{Chunk, GROUP};
use super::token::{Kind, Token};

/// With a multishot receive armed, more unread chunks than this stop it.
const UNREAD_MOST: usize = 8;

/// What a receive brought.
pub(crate) enum Received {
    /// Bytes.
    Data(Chunk),
    /// The peer will send no more.
    End,
    /// The connection is broken.
    Broken,
}

pub(super) struct SocketEntry {
    pub(super) fd: i32,
    pub(super) generation: u32,
    pub(super) owned: bool,
    /// The one task that drives this socket. Kept between waits: it is nearly always the same.
    waker: Option<Waker>,
    pub(super) recv: Recv,
    pub(super) send: Send,
    pub(super) connect: Connect,
}

#[derive(Default)]
pub(super) struct Recv {
    /// The kernel holds a receive.
    pub(super) armed: bool,
    multishot: bool,
    cancelling: bool,
    /// Single-shot, because a body streams and its sender must not get ahead of its reader.
    bulk: bool,
    waiting: bool,
    unread: VecDeque<Chunk>,
    ended: Option<Ended>,
    pub(super) starved: bool,
}

#[derive(Clone, Copy)]
enum Ended {
    End,
    Broken,
}

#[derive(Default)]
pub(super) struct Send {
    /// What the kernel reads from now.
    pub(super) current: Option<Chunk>,
    queue: VecDeque<Chunk>,
    broken: Option<i32>,
    /// Wake the task when no more than this many chunks are outstanding.
    waiting: Option<usize>,
    finish: Finish,
}

/// The half-close after the last byte.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Finish {
    #[default]
    No,
    /// Once the queue is empty.
    Wanted,
    /// It was asked of the system.
    Done,
}

/// The address belongs to the kernel until it has answered.
pub(super) enum Connect {
    No,
    #[expect(dead_code, reason = "the kernel reads it")]
    Pending(Box<socket2::SockAddr>),
    Done(Result<(), i32>),
}

impl SocketEntry {
    pub(super) fn new(fd: i32, generation: u32) -> Self {
        Self {
            fd,
            generation,
            owned: true,
            waker: None,
            recv: Recv::default(),
            send: Send::default(),
            connect: Connect::No,
        }
    }

    /// Whether the kernel holds any operation.
    pub(super) fn in_kernel(&self) -> bool {
        self.recv.armed || self.send.current.is_some() || matches!(self.connect, Connect::Pending(_))
    }

    fn token(&self, kind: Kind, slot: usize) -> u64 {
        Token::new(kind, slot, self.generation).encode()
    }

    pub(super) fn wait(&mut self, cx: &Context<'_>) {
        if !self.waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
            self.waker = Some(cx.waker().clone());
        }
    }

    pub(super) fn forget_task(&mut self) {
        self.waker = None;
        self.recv.waiting = false;
        self.send.waiting = None;
    }

    pub(super) fn wake(&self) -> bool {
        self.waker.as_ref().inspect(|waker| waker.wake_by_ref()).is_some()
    }

    // Receiving.

    pub(super) fn arm(&mut self, slot: usize) -> Option<squeue::Entry> {
        if self.recv.armed || self.recv.ended.is_some() || self.recv.starved {
            return None;
        }
        self.recv.armed = true;
        self.recv.cancelling = false;
        self.recv.multishot = !self.recv.bulk;
        let fd = types::Fd(self.fd);
        let entry = if self.recv.multishot {
            opcode::RecvMulti::new(fd, GROUP).build()
        } else {
            opcode::Recv::new(fd, std::ptr::null_mut(), 0).buf_group(GROUP).build().flags(squeue::Flags::BUFFER_SELECT)
        };
        Some(entry.user_data(self.token(Kind::Recv, slot)))
    }

    /// Asks the kernel to stop a multishot receive; what it already read still arrives.
    fn stop_multishot(&mut self, slot: usize) -> Option<squeue::Entry> {
        if !self.recv.armed || !self.recv.multishot || self.recv.cancelling {
            return None;
        }
        self.recv.cancelling = true;
        let cancel = opcode::AsyncCancel::new(self.token(Kind::Recv, slot)).build();
        Some(cancel.flags(squeue::Flags::SKIP_SUCCESS).user_data(Token::IGNORE))
    }

    pub(super) fn set_bulk(&mut self, slot: usize, bulk: bool) -> Option<squeue::Entry> {
        self.recv.bulk = bulk;
        if bulk { self.stop_multishot(slot) } else { None }
    }

    /// What to do for a reader: hand out what is there, or see that something is under way.
    pub(super) fn read(
        &mut self,
        slot: usize,
        cx: &Context<'_>,
        tight: bool,
        mut push: impl FnMut(squeue::Entry),
    ) -> Poll<Received> {
        if let Some(chunk) = self.recv.unread.pop_front() {
            // While a body streams, the next piece is fetched while this one is passed on: two buffers, no more, and
            // none ahead of the reader when memory is tight.
            if self.recv.bulk && self.recv.unread.is_empty() && !tight {
                self.arm(slot).map(push);
            }
            return Poll::Ready(Received::Data(chunk));
        }
        match self.recv.ended {
            Some(Ended::End) => return Poll::Ready(Received::End),
            Some(Ended::Broken) => return Poll::Ready(Received::Broken),
            None => {}
        }
        if let Some(entry) = self.arm(slot) {
            push(entry);
        }
        self.recv.waiting = true;
        self.wait(cx);
        Poll::Pending
    }

    /// A receive completed. Returns whether the task has something to do.
    pub(super) fn received(
        &mut self,
        slot: usize,
        result: i32,
        chunk: Option<Chunk>,
        more: bool,
        mut push: impl FnMut(squeue::Entry),
    ) -> bool {
        self.recv.armed &= more;
        match (result, chunk) {
            (1.., Some(chunk)) => self.recv.unread.push_back(chunk),
            (0, _) => self.recv.ended = Some(Ended::End),
            (error, _) if error == -libc::ENOBUFS => self.recv.starved = true,
            (error, _) if error == -libc::ECANCELED && self.recv.cancelling => {}
            (error, _) if error == -libc::EINTR || error == -libc::EAGAIN => {}
            _ => self.recv.ended = Some(Ended::Broken),
        }
        if more && self.recv.unread.len() > UNREAD_MOST {
            self.stop_multishot(slot).map(&mut push);
        }
        if let Some(Ended::Broken) = self.recv.ended {
            // Of interest even to a task that does not read: there is nobody left to work for.
            self.recv.waiting = false;
            return true;
        }
        if self.recv.unread.is_empty() && self.recv.ended.is_none() {
            if self.recv.waiting {
                // Ended by the kernel's choice, or by our change of mode, with the reader still there.
                self.arm(slot).map(push);
            }
            return false;
        }
        std::mem::take(&mut self.recv.waiting)
    }

    pub(super) fn broken(&mut self, cx: &Context<'_>) -> Poll<()> {
        if matches!(self.recv.ended, Some(Ended::Broken)) || self.send.broken.is_some() {
            return Poll::Ready(());
        }
        self.wait(cx);
        Poll::Pending
    }

    /// Nothing unread, and the peer has not closed: fit for the next exchange.
    pub(super) fn is_pristine(&self) -> bool {
        self.recv.unread.is_empty()
            && self.recv.ended.is_none()
            && self.send.broken.is_none()
            && self.send.current.is_none()
            && self.send.finish == Finish::No
    }

    /// Puts bytes back in front of what is unread.
    pub(super) fn unread(&mut self, chunk: Chunk) {
        self.recv.unread.push_front(chunk);
    }

    // Sending.

    pub(super) fn send(&mut self, slot: usize, chunk: Chunk) -> Option<squeue::Entry> {
        if self.send.broken.is_some() || chunk.is_empty() {
            return None;
        }
        if self.send.current.is_some() {
            self.send.queue.push_back(chunk);
            return None;
        }
        Some(self.submit_send(slot, chunk))
    }

    fn submit_send(&mut self, slot: usize, chunk: Chunk) -> squeue::Entry {
        let bytes = chunk.bytes();
        let more = if self.send.queue.is_empty() { 0 } else { libc::MSG_MORE };
        let entry = opcode::Send::new(types::Fd(self.fd), bytes.as_ptr(), bytes.len() as u32)
            .flags(libc::MSG_NOSIGNAL | libc::MSG_WAITALL | more)
            .build()
            .user_data(self.token(Kind::Send, slot));
        self.send.current = Some(chunk);
        entry
    }

    /// A send completed. Returns whether the task waits for that.
    pub(super) fn sent(&mut self, slot: usize, result: i32, mut push: impl FnMut(squeue::Entry)) -> bool {
        let current = self.send.current.take();
        match (result, current) {
            (0.., Some(mut chunk)) if (result as usize) < chunk.len() && self.owned => {
                chunk.advance(result as usize);
                push(self.submit_send(slot, chunk));
            }
            (0.., _) => {
                if let Some(next) = self.send.queue.pop_front() {
                    push(self.submit_send(slot, next));
                } else if self.send.finish == Finish::Wanted {
                    self.finish_now();
                }
            }
            (error, _) => {
                self.send.broken = Some(-error);
                self.send.queue.clear();
            }
        }
        let room = self.send.waiting.is_some_and(|most| self.outstanding() <= most);
        if room || self.send.broken.is_some() {
            self.send.waiting = None;
            return true;
        }
        false
    }

    /// Chunks handed to this socket that the kernel has not taken yet.
    pub(super) fn outstanding(&self) -> usize {
        usize::from(self.send.current.is_some()) + self.send.queue.len()
    }

    pub(super) fn room(&mut self, cx: &Context<'_>, most: usize) -> Poll<Result<(), i32>> {
        if let Some(error) = self.send.broken {
            return Poll::Ready(Err(error));
        }
        if self.outstanding() <= most {
            return Poll::Ready(Ok(()));
        }
        self.send.waiting = Some(most);
        self.wait(cx);
        Poll::Pending
    }

    pub(super) fn finish(&mut self) {
        if self.send.finish == Finish::No {
            self.send.finish = Finish::Wanted;
            if self.send.current.is_none() {
                self.finish_now();
            }
        }
    }

    /// By a system call, not through the ring: the kernel would hand the operation to a thread of its own, which looks up
    /// the descriptor later, when it may be closed and already be another connection's.
    fn finish_now(&mut self) {
        self.send.finish = Finish::Done;
        // SAFETY: the descriptor is open: an entry that is no longer owned finishes nothing (see `abandon`). What can go
        // wrong is that the connection is broken already.
        unsafe { libc::shutdown(self.fd, libc::SHUT_WR) };
    }

    // Leaving.

    /// The handle is gone: forget the task and every byte the kernel does not hold.
    pub(super) fn abandon(&mut self) {
        self.owned = false;
        self.forget_task();
        self.recv.unread = VecDeque::new();
        self.send.queue = VecDeque::new();
        self.send.finish = Finish::Done;
    }
}
