//! Fuzzes the configuration: `proxy/src/config/exercise.rs`.
#![no_main]
#![allow(dead_code, reason = "the gateway uses what this target does not")]

#[path = "../../src/config.rs"]
mod config;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    config::exercise::exercise(data);
});
