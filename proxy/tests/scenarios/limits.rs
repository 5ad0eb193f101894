//! Bounds: on what is under way at once, and on how fast requests may come.

mod all_or_nothing;
mod body_of_a_refused_request;
mod burst_is_exact;
mod cost;
mod exact_across_workers;
mod exempt;
mod keys;
mod max_connections;
mod max_in_flight;
mod preflights;
mod reload_keeps_buckets;
mod shadow;
mod store_does_not_answer;
mod what_clients_are_told;

use crate::harness::{Client, Gateway};

/// The status of a plain GET.
fn ask(client: &mut Client) -> u16 {
    client.get("/").status()
}

/// How many of `count` requests pass; the others must have been refused by a limit.
fn passed(client: &mut Client, count: usize) -> usize {
    let statuses = (0..count).map(|_| ask(client));
    statuses.inspect(|status| assert!([200, 429].contains(status), "{status}")).filter(|status| *status == 200).count()
}

/// The sum of one limit's decisions over all sources.
fn decisions(gateway: &Gateway, limit: &str, decision: &str) -> u64 {
    let document = gateway.document("/api/limits");
    let limits = document["limits"].as_array().expect("a list");
    let found = limits.iter().find(|found| found["name"] == limit).expect("the limit is listed");
    let sources = found["decisions"][decision].as_object().expect("sums by source");
    sources.values().filter_map(serde_json::Value::as_u64).sum()
}
