//! The scenarios: how many connections, which wrk script, or which pace.

use serde::Serialize;

/// How requests are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Load {
    /// As fast as answers come, by wrk with this script of `wrk-scripts/`.
    Saturating(&'static str),
    /// At a constant rate: half of what the slowest peer does in `HEADLINE`.
    HalfLoad,
}

/// One scenario.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Scenario {
    /// A short name for flags and files.
    pub(crate) key: &'static str,
    /// What it is, for people.
    pub(crate) title: &'static str,
    /// Connections of the client.
    pub(crate) connections: u32,
    /// How requests are sent.
    pub(crate) load: Load,
}

/// The key of the scenario that the bars speak of.
pub(crate) const HEADLINE: &str = "json-64";
/// The key of the scenario at one connection.
pub(crate) const SINGLE: &str = "json-1";
/// The key of the scenario at a constant rate.
pub(crate) const HALF_LOAD: &str = "half-load";

const fn json(key: &'static str, title: &'static str, connections: u32) -> Scenario {
    Scenario { key, title, connections, load: Load::Saturating("json.lua") }
}

/// The scenarios of the gateway alone, as far as they go with JSON and keep-alive.
pub(crate) const KEEP_ALIVE: [Scenario; 4] = [
    json(HEADLINE, "142-byte JSON, 64 keep-alive connections", 64),
    json(SINGLE, "142-byte JSON, 1 keep-alive connection", 1),
    json("json-16", "142-byte JSON, 16 keep-alive connections", 16),
    json("json-256", "142-byte JSON, 256 keep-alive connections", 256),
];

/// What the comparison adds. Half load comes last, as it needs the headline's figures.
pub(crate) const COMPARED: [Scenario; 3] = [
    Scenario {
        key: "body-64k",
        title: "64 KiB body, 64 keep-alive connections",
        connections: 64,
        load: Load::Saturating("body-64k.lua"),
    },
    Scenario {
        key: "no-keep-alive",
        title: "142-byte JSON, 64 clients, a new connection for each request",
        connections: 64,
        load: Load::Saturating("no-keep-alive.lua"),
    },
    Scenario {
        key: HALF_LOAD,
        title: "142-byte JSON, 64 keep-alive connections, constant rate (half load)",
        connections: 64,
        load: Load::HalfLoad,
    },
];
