//! What the worker holds for one exchange that goes on.

use supplex_engine::exchange::Exchange;
use supplex_engine::timer::TimerId;

use crate::network::ConnectionId;

/// An exchange and what belongs to it.
pub(crate) struct Running {
    pub(crate) exchange: Exchange,
    pub(crate) has_body: bool,
    pub(crate) deadline: TimerId,
    pub(crate) attempt: Option<Attempt>,
    /// The pause before a retry, while it lasts.
    pub(crate) pause: Option<TimerId>,
    /// Endpoints that were tried.
    pub(crate) tried: Vec<usize>,
    /// Pieces of the request body that wait for a connection, and whether the last one is among them.
    pub(crate) waiting: Vec<bool>,
    /// Pieces of the request body that were given away.
    pub(crate) given: usize,
}

/// An attempt that goes on.
#[derive(Clone, Copy)]
pub(crate) struct Attempt {
    pub(crate) endpoint: usize,
    pub(crate) connection: ConnectionId,
    pub(crate) connected: bool,
    pub(crate) timer: TimerId,
    /// All of the request was sent.
    pub(crate) request_sent: bool,
}
