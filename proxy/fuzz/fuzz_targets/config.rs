//! Fuzzes the configuration: `proxy/src/config/exercise.rs`.
#![no_main]
#![allow(dead_code, reason = "the gateway uses what this target does not")]

/// The gateway's sources; the inner module is found as the gateway itself finds it.
#[path = "../../src"]
mod gateway {
    pub(crate) mod config;
}

use gateway::config;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    config::exercise::exercise(data);
});
