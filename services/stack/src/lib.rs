//! Runs the whole stack natively: Postgres, Redis, the services, the gateway, and Prometheus where it is installed.
//!
//! Three users: the binary `supplex-stack` behind `make up`; `make chaos`, which does things to a stack of its own
//! ([`up::start_again`]); and tests that need a private Postgres, Redis or service of their own ([`postgres::Temporary`],
//! [`redis::Temporary`], [`service::Process`]). Nothing here is part of the gateway, and nothing here runs in production.
//! A process is only ever signalled through a handle that was checked to be the process that was started.
//!
//! Where to read on: `up.rs` for the order of things, `process.rs` for what is done to processes.

pub mod account;
pub mod component;
pub mod down;
pub mod error;
pub mod gateway;
pub mod http;
pub mod layout;
pub mod leash;
pub mod packages;
pub mod port;
pub mod postgres;
pub mod process;
pub mod programs;
pub mod prometheus;
pub mod redis;
pub mod seed;
pub mod service;
pub mod state;
pub mod status;
pub mod temporary;
pub mod tokens;
pub mod up;

mod launch;
mod leftovers;
mod say;
mod secret;

pub use error::Error;
