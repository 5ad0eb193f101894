//! The real `svc-payments` on a real Postgres: its API in `api.rs`, keys and money under concurrency in `concurrency.rs`,
//! faults over real sockets in `faults.rs`, its life as a process in `process.rs`. Every answer is held against the
//! service's own `/openapi.json`, and that against the service in `contract.rs`.

mod api;
mod concurrency;
mod contract;
mod faults;
mod process;
mod service;
