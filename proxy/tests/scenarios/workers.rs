//! Several workers: connections are shared out evenly, and each of them serves.

mod as_many_as_cpus;
mod connections_are_shared;
