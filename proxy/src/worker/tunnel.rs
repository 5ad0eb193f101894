//! After a switch of protocols: bytes both ways until both sides have closed.

use std::future::poll_fn;
use std::task::{Context, Poll};

use super::connection::Connection;
use crate::ring::{Received, Socket};

/// Chunks that may be unsent before the other side is read again.
const UNSENT_MOST: usize = 2;

/// Bytes that went through.
#[derive(Default)]
pub(super) struct Moved {
    pub(super) up: u64,
    pub(super) down: u64,
}

/// One direction.
struct Way<'a> {
    from: &'a Socket,
    to: &'a Socket,
    moved: u64,
    ended: bool,
}

/// A side is gone without a proper end.
struct Broken;

impl Way<'_> {
    /// Moves what can be moved. Whether anything was.
    fn pump(&mut self, cx: &Context<'_>) -> Result<bool, Broken> {
        let mut active = false;
        while !self.ended {
            match self.to.poll_room(cx, UNSENT_MOST) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(_)) => return Err(Broken),
                Poll::Pending => break,
            }
            match self.from.poll_recv(cx) {
                Poll::Ready(Received::Data(chunk)) => {
                    self.moved += chunk.len() as u64;
                    self.to.send(chunk);
                }
                Poll::Ready(Received::End) => {
                    // A half-close is passed on: the other direction may still have something to say.
                    self.to.finish();
                    self.ended = true;
                }
                Poll::Ready(Received::Broken) => return Err(Broken),
                Poll::Pending => break,
            }
            active = true;
        }
        Ok(active)
    }
}

/// Tunnels until both sides have closed, one broke, or nothing moved for `idle` nanoseconds.
pub(super) async fn run(connection: &Connection, upstream: &Socket, idle: u64) -> Moved {
    let client = &connection.socket;
    client.set_bulk(true);
    upstream.set_bulk(true);
    let mut up = Way { from: client, to: upstream, moved: 0, ended: false };
    let mut down = Way { from: upstream, to: client, moved: 0, ended: false };
    let ring = &connection.worker.ring;
    let mut last = ring.coarse_now();
    poll_fn(|cx| {
        let (Ok(sent), Ok(received)) = (up.pump(cx), down.pump(cx)) else { return Poll::Ready(()) };
        if sent || received {
            last = ring.coarse_now();
        }
        let flushed = |way: &Way<'_>| way.ended && way.to.poll_room(cx, 0).is_ready();
        if flushed(&up) && flushed(&down) {
            return Poll::Ready(());
        }
        connection.deadline.poll_until(cx, ring, || last + idle)
    })
    .await;
    Moved { up: up.moved, down: down.moved }
}
