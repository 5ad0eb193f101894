//! The bytes of a head as they arrive: in place as long as one buffer holds them, gathered otherwise.

use std::rc::Rc;

use supplex_engine::http1::Limits;

use crate::ring::{Chunk, Pool, Socket};

/// What has arrived of a head that may not be complete.
#[derive(Default)]
pub(super) enum Arrival {
    #[default]
    Nothing,
    /// All in one buffer, as nearly always.
    InPlace(Chunk),
    /// Pieces of several, copied together.
    Gathered(Vec<u8>),
}

impl Arrival {
    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Arrival::Nothing => &[],
            Arrival::InPlace(chunk) => chunk.bytes(),
            Arrival::Gathered(bytes) => bytes,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bytes().is_empty()
    }

    /// Adds what came. Whether the head is worth another parse now: it may be complete, or wrong in a new way.
    pub(super) fn add(&mut self, chunk: Chunk, limits: Limits) -> bool {
        let seen = self.bytes().len();
        *self = match std::mem::take(self) {
            Arrival::Nothing => Arrival::InPlace(chunk),
            former => {
                let mut bytes = match former {
                    Arrival::Gathered(bytes) => bytes,
                    other => other.bytes().to_vec(),
                };
                bytes.extend_from_slice(chunk.bytes());
                Arrival::Gathered(bytes)
            }
        };
        limits.worth_parsing(self.bytes(), seen)
    }

    /// What follows the first `length` bytes, as a chunk that a head can be written in front of. What does not fit one
    /// buffer goes back to the socket.
    pub(super) fn into_rest(self, length: usize, pool: &Rc<Pool>, socket: &Socket) -> Chunk {
        let bytes = match self {
            Arrival::InPlace(mut chunk) => {
                chunk.advance(length);
                return chunk;
            }
            Arrival::Gathered(bytes) => bytes,
            Arrival::Nothing => Vec::new(),
        };
        let opening = pool.write_all(bytes.get(length..).unwrap_or_default());
        opening.then.into_iter().rev().for_each(|chunk| socket.unread(chunk));
        opening.first
    }
}
