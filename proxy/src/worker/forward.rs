//! A connection to an endpoint: an idle one, or a new one.

use std::future::poll_fn;
use std::task::Poll;

use supplex_engine::config;

use super::connection::{Connection, nanos};
use super::upkeep::wheel::Deadline;
use super::upstream::LiveEndpoint;
use crate::ring::Socket;

/// Why there is no connection.
pub(super) enum Unreached {
    /// Refused, unreachable, or not in time.
    Connect,
    /// The time for the whole exchange is over.
    Deadline,
    /// The client has left.
    ClientGone,
}

/// Finds or makes a connection; the flag says whether it was used before. `timer` is set to when this takes too long.
/// `fresh`: only a new one will do.
pub(super) async fn acquire(
    connection: &Connection,
    timer: &Deadline,
    endpoint: &LiveEndpoint,
    fresh: bool,
    settings: &config::Upstream,
    deadline: u64,
) -> Result<(Socket, bool), Unreached> {
    if !fresh && let Some(socket) = endpoint.take_idle() {
        return Ok((socket, true));
    }
    let ring = &connection.worker.ring;
    let socket = Socket::connect(ring, &endpoint.address).map_err(|_| Unreached::Connect)?;
    // The time for an attempt covers connecting.
    let until = ring.coarse_now() + nanos(settings.connect_timeout.min(settings.attempt_timeout));
    poll_fn(|cx| {
        if let Poll::Ready(result) = socket.poll_connected(cx) {
            return Poll::Ready(result.map_err(|_| Unreached::Connect));
        }
        if connection.socket.poll_broken(cx).is_ready() {
            return Poll::Ready(Err(Unreached::ClientGone));
        }
        timer
            .poll_until(cx, ring, || until.min(deadline))
            .map(|()| Err(if ring.coarse_now() >= deadline { Unreached::Deadline } else { Unreached::Connect }))
    })
    .await?;
    Ok((socket, false))
}
