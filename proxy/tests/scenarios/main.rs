//! Scenarios: the real binary on real sockets, one behaviour per file, one folder per feature.
//!
//! Nothing is mocked: a scenario starts its own gateway and its own upstreams, whose every byte it writes itself, and
//! talks to the gateway with a client that takes nothing for granted. They wait for what they want to see, never for
//! time to pass; the time limits are guards against hanging. Where to begin: `harness.rs`.

mod access_log;
mod admin;
mod auth;
mod balance;
mod bodies;
mod breaker;
mod client_leaves;
mod drain;
mod early;
mod explain;
mod forwarding;
mod half_close;
mod harness;
mod health;
mod hedge;
mod interim;
mod keep_alive;
mod latency;
mod limits;
mod limits_redis;
mod memory;
mod queue;
mod refusals;
mod reload;
mod retry;
mod routing;
mod shed;
mod top;
mod traces;
mod upgrade;
mod upstream_faults;
mod workers;
