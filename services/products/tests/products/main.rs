//! The real `svc-products` on a real Postgres: its API in `api.rs`, its life as a process in `process.rs`.

mod api;
mod process;
mod service;
