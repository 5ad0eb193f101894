//! New connections: accept, refuse above the limit, place on the right worker, start the task.

use std::future::poll_fn;
use std::io::{Read, Write};
use std::net::{IpAddr, Shutdown, SocketAddr, TcpStream};
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::sync::atomic::{Ordering, fence};
use std::task::Poll;

use socket2::SockRef;
use supplex_engine::http1::{LocalReply, Version, write_local_reply};
use supplex_engine::placement::place;
use supplex_engine::reason::Reason;

use super::Worker;
use super::connection::Connection;
use super::live::LiveListener;
use super::upkeep::wheel::Deadline;
use crate::link::{Handoff, Message};
use crate::ring::Listener;
use crate::rt;

/// How long to leave a listener alone after an accept failed, for want of descriptors for instance.
const RECOVERY: u64 = 50_000_000;

/// Starts to accept on a socket that listens.
pub(super) fn listen(worker: &Rc<Worker>, listener: &Rc<LiveListener>, socket: OwnedFd) {
    // Accepted sockets inherit it.
    let _ = SockRef::from(&socket).set_tcp_nodelay(true);
    worker.block.listening.increment();
    let socket = Listener::adopt(&worker.ring, socket);
    let (worker, listener) = (Rc::clone(worker), Rc::clone(listener));
    let ended = Rc::clone(&worker);
    let ring = Rc::clone(&worker.ring);
    let task = async move {
        accept(&worker, &listener, &socket).await;
        // What the system completed before we stopped is ours to serve.
        for accepted in socket.remaining() {
            take(&worker, &listener, accepted);
        }
        drop(socket);
        // What was handed over becomes visible before this does; see `Worker::has_drained`.
        fence(Ordering::Release);
        worker.block.listening.decrement();
    };
    rt::spawn(&ring, task, move || ended.block.panics.increment());
}

/// Accepts until the listener retires or the worker drains.
async fn accept(worker: &Rc<Worker>, listener: &Rc<LiveListener>, socket: &Listener) {
    let deadline = worker.timers.deadline();
    let mut stopping = false;
    loop {
        let next = poll_fn(|cx| {
            let leaving = worker.draining_since().is_some() || listener.retired.get().is_some();
            if leaving && !stopping {
                stopping = true;
                // Without the filter, handshakes between here and the close would be reset.
                let _ = socket.deafen();
                socket.stop();
            }
            if let Poll::Ready(next) = socket.poll_accept(cx) {
                return Poll::Ready(next);
            }
            // Nothing is set: it fires only when all deadlines are told to.
            while deadline.poll(cx).is_ready() {
                cx.waker().wake_by_ref();
                worker.ring.note_local_wake();
            }
            Poll::Pending
        });
        match next.await {
            Ok(Some(accepted)) => take(worker, listener, accepted),
            Ok(None) => return,
            Err(_) => rest(worker, &deadline).await,
        }
    }
}

async fn rest(worker: &Worker, deadline: &Deadline) {
    deadline.sleep_until(worker.ring.coarse_now() + RECOVERY).await;
}

/// Refuses, gives away or serves an accepted connection.
fn take(worker: &Rc<Worker>, listener: &Rc<LiveListener>, socket: OwnedFd) {
    listener.block.accepted.increment();
    let Some(peer) = SockRef::from(&socket).peer_addr().ok().and_then(|address| address.as_socket()) else {
        return; // Gone already.
    };
    if listener.held() >= listener.settings().max_connections as u64 {
        listener.block.refused.increment();
        refuse(worker, socket);
        return;
    }
    if let Some((socket, peer)) = hand_off(worker, listener, socket, peer) {
        start(worker, listener, socket, peer.ip());
    }
}

/// Gives the connection to a worker that holds clearly fewer; gives it back if it is ours to serve.
fn hand_off(
    worker: &Worker,
    listener: &LiveListener,
    socket: OwnedFd,
    peer: SocketAddr,
) -> Option<(OwnedFd, SocketAddr)> {
    let held = worker.blocks.iter().map(|block| block.connections.get());
    let target = place(worker.index, held).and_then(|index| worker.peers.get(index));
    let Some(mailbox) = target else { return Some((socket, peer)) };
    let listener = listener.settings().name.clone();
    match mailbox.post(Message::Adopt(Handoff { listener, socket, peer })) {
        Ok(()) => {
            worker.block.handoffs.increment();
            None
        }
        Err(Message::Adopt(Handoff { socket, peer, .. })) => {
            worker.block.link_drops.increment();
            Some((socket, peer))
        }
        Err(_) => None,
    }
}

/// Starts the task of a connection.
pub(super) fn start(worker: &Rc<Worker>, listener: &Rc<LiveListener>, socket: OwnedFd, peer: IpAddr) {
    let connection = Connection::new(worker, listener, socket, peer);
    let told = Rc::clone(worker);
    rt::spawn(&worker.ring, connection.serve(), move || told.block.panics.increment());
}

/// Says why at once and closes. Nothing is waited for: under overload, a refusal must cost next to nothing.
fn refuse(worker: &Worker, socket: OwnedFd) {
    let reason = Reason::ConnectionLimit;
    let scratch = &mut *worker.scratch.borrow_mut();
    scratch.out.clear();
    let reply = LocalReply {
        reason,
        detail: reason.row().title,
        retry_after: None,
        request_id: b"",
        date: &worker.clock.date(),
        close: true,
        head_only: false,
        limited: None,
        client: Version::Http11,
    };
    write_local_reply(&mut scratch.out, &reply);
    let mut stream = TcpStream::from(socket);
    if stream.set_nonblocking(true).is_ok() && stream.write_all(&scratch.out).is_ok() {
        // What the client has sent already would turn our close into a reset that may overtake the answer.
        let _ = stream.shutdown(Shutdown::Write);
        let _ = stream.read(&mut [0; 4096]);
    }
    let live = worker.live();
    live.route_block(None).local(reason).increment();
}
