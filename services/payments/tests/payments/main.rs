//! The real `svc-payments` on a real Postgres: who may ask in `access.rs`, its API in `api.rs`, how long answers are kept
//! in `pruning.rs`, keys and money under concurrency in `concurrency.rs`, faults over real sockets in `faults.rs`, its life
//! as a process in `process.rs`. Every answer is held against the service's own `/openapi.json`, and that against the
//! service in `contract.rs`.

mod access;
mod api;
mod concurrency;
mod contract;
mod faults;
mod process;
mod pruning;
mod service;
