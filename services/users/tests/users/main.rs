//! The real `svc-users` on a real Postgres: accounts in `account.rs`, refresh tokens in `refresh.rs`, keys and how other
//! services check tokens in `keys.rs`, its life as a process in `process.rs`. Every answer is held against the service's
//! own `/openapi.json`.

mod account;
mod keys;
mod process;
mod refresh;
mod service;
