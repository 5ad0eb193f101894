//! The real `svc-products` on a real Postgres: its API in `api.rs`, searching in `search.rs`, paging in `paging.rs`, entity
//! tags in `conditional.rs`, changes by admins in `admin.rs`, reservations in `reservations.rs`, all of them at once in
//! `concurrency.rs`, its description in `contract.rs`, its life as a process in `process.rs`.

mod admin;
mod api;
mod concurrency;
mod conditional;
mod contract;
mod paging;
mod process;
mod reservations;
mod search;
mod service;
