//! Latencies: `/api/latency`, the HdrHistogram log at `/latency.hlog` and in the file that SIGUSR1 writes, and `supplex hdr`.

mod agreement;
mod counts;
mod dump;
mod other_readers;
mod questions;
mod reload;

use serde_json::Value;

use crate::harness::{Gateway, poll};

/// The document once all exchanges of the last minute are in it, and no more. A second is shown when it is over.
fn after(gateway: &Gateway, exchanges: u64) -> Value {
    let mut last = Value::Null;
    let reached = poll(|| {
        last = gateway.document("/api/latency?window=60s&by=worker");
        (last["all"]["total"]["count"] == exchanges).then_some(())
    });
    assert!(reached.is_some(), "{} instead of {exchanges} in {last:#}", last["all"]["total"]["count"]);
    last
}

/// The entry of this name in a list of the document.
fn named<'a>(document: &'a Value, list: &str, name: &str) -> &'a Value {
    let key = if list == "routes" { "route" } else { "name" };
    let entries = document[list].as_array().unwrap_or_else(|| panic!("no list of {list} in {document:#}"));
    entries.iter().find(|entry| entry[key] == name).unwrap_or_else(|| panic!("no {name} in {list} of {document:#}"))
}
