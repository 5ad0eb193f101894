//! What all benches are made of: the processes they start, the load they put on, what they read from `/proc`, and the report.
//!
//! Nothing here judges the gateway from inside: it starts the release binary like any other program and looks at it from
//! outside, so that a peer is measured in exactly the same way. Read `stand.rs` for what a bench begins with, `rounds.rs` for
//! how one figure comes about, and `candidate.rs` for the configurations that are compared.

// Each bench is a crate of its own and uses its share of the kit.
#![allow(dead_code)]

pub(crate) mod candidate;
pub(crate) mod cpu;
pub(crate) mod fetch;
pub(crate) mod figures;
pub(crate) mod idle;
pub(crate) mod machine;
pub(crate) mod paced;
pub(crate) mod process;
pub(crate) mod report;
pub(crate) mod rounds;
pub(crate) mod scenario;
pub(crate) mod settings;
pub(crate) mod stand;
pub(crate) mod table;
pub(crate) mod upstream;
pub(crate) mod verdict;
pub(crate) mod wrk;
