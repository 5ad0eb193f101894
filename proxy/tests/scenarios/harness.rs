//! What scenarios are made of: a [`Gateway`] with its [`Config`], [`Upstream`]s, [`Client`]s, and [`Message`]s.
//!
//! In a scenario, make the upstreams first, then the gateway, then the clients: they end in the opposite order, so that
//! each still has its counterpart while it checks that everything went well.

mod client;
mod collector;
mod config;
mod gate;
mod gateway;
mod load;
mod message;
mod pattern;
mod problem;
mod receiver;
mod redis;
mod redis_group;
mod upstream;
mod wire;

use std::time::Duration;

pub(crate) use client::Client;
pub(crate) use collector::{Collector, table as spans_to};
pub(crate) use config::Config;
pub(crate) use gate::Gate;
pub(crate) use gateway::{Gateway, poll};
pub(crate) use load::Load;
pub(crate) use message::Message;
pub(crate) use pattern::Pattern;
pub(crate) use problem::assert_problem;
pub(crate) use receiver::Receiver;
pub(crate) use redis::Redis;
pub(crate) use redis_group::{RedisGroup, SLOT};
pub(crate) use upstream::{Peer, Upstream};
pub(crate) use wire::{Kind, Wire};

/// How long anything may take before a scenario is given up as hanging. Never what a verdict depends on otherwise.
pub(crate) const GUARD: Duration = Duration::from_secs(20);

/// Asks until there is an answer.
pub(crate) fn wait_for<T>(what: &str, ask: impl FnMut() -> Option<T>) -> T {
    poll(ask).unwrap_or_else(|| panic!("{what}: it does not come"))
}
