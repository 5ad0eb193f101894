//! Breaks the stack on purpose, under load, and says what clients saw of it: `make chaos`.
//!
//! It brings up a stack of its own (`supplex_stack`) in a folder of its own, on free ports, sends load through the gateway
//! ([`load`]), does one bad thing after the other ([`steps`]), and compares what was promised with what was measured
//! ([`verdict`]). It never touches a stack that somebody else started, and stops everything that it started.
//!
//! Where to read on: `run.rs` for the whole run, `scene.rs` for what a step can do, `config.rs` for how the gateway is
//! configured here.

pub mod admin;
pub mod config;
pub mod figures;
pub mod freeze;
pub mod load;
pub mod notebook;
pub mod options;
pub mod report;
pub mod run;
pub mod scene;
pub mod second;
pub mod steps;
pub mod traffic;
pub mod verdict;
pub mod watch;
