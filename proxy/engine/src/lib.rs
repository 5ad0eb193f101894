//! What the gateway decides.
//!
//! Pure: nothing here reads a clock, a socket or a random source, starts a thread or takes a lock; time and randomness
//! are arguments. Whatever can be decided without I/O lives here, so that it can be tested by law and simulated by seed.
//! The shell (`proxy/src`) acts on the answers. `proxy/ARCHITECTURE.md` is the map of both.
#![forbid(unsafe_code)]

pub mod auth;
pub mod config;
pub mod ebb;
pub mod exchange;
pub mod hash;
pub mod http1;
pub mod limit;
pub mod placement;
pub mod reason;
pub mod route;
pub mod stats;
pub mod timer;
pub mod trace;
pub mod upstream;
