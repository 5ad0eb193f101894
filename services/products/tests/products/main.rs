//! The real `svc-products` on a real Postgres: its API in `api.rs`, searching in `search.rs`, paging in `paging.rs`, entity
//! tags in `conditional.rs`, changes by admins in `admin.rs`, reservations in `reservations.rs`, all of them at once in
//! `concurrency.rs`, its life as a process in `process.rs`. Every answer is held against the service's own `/openapi.json`,
//! and that against the service in `contract.rs`.

mod admin;
mod api;
mod concurrency;
mod conditional;
mod contract;
mod issuer;
mod paging;
mod process;
mod reservations;
mod search;
mod service;
