//! How often what happened: a world in which nothing ever goes wrong would prove nothing.

use std::collections::BTreeMap;

use supplex_engine::reason::Reason;

use super::ledger::End;

/// Counts by what was counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Totals(BTreeMap<&'static str, u64>);

/// What must have happened in a whole run of the test, many times.
pub(crate) const EXPECTED: [&str; 47] = [
    "a response",
    "a retry that worked",
    "a cut",
    "limit.exceeded",
    "limit.store",
    "breaker.open",
    "upstream.busy",
    "upstream.connect",
    "upstream.malformed or a bad status",
    "upstream.none",
    "upstream.queue_timeout",
    "upstream.reset",
    "upstream.timeout",
    "admitted by a lease",
    "admitted by the store",
    "refused by the store",
    "refused from memory",
    "refused from memory after the store forgot",
    "decided without the store",
    "several limits charged together",
    "charged with nobody to hear it",
    "a question that timed out",
    "a script that was not known",
    "a server that takes no writes",
    "tokens forgotten by the store",
    "an opened breaker",
    "a recovered breaker",
    "a probe",
    "an ejection",
    "an upstream ill as a whole",
    "an endpoint that failed its probes",
    "a choice in panic",
    "a retry",
    "a spent budget",
    "a stale connection",
    "an attempt on a kept connection",
    "an exchange that waited for its turn",
    "a reload",
    "a paused worker",
    "a frozen sidecar",
    "an empty restart of Redis",
    "a failover of Redis",
    "a Redis that stands still",
    "a broken connection to Redis",
    "a flood of keys",
    "a forced breaker",
    "a lease filled up ahead",
];

impl Totals {
    pub(crate) fn count(&mut self, what: &'static str) {
        self.add(what, 1);
    }

    pub(crate) fn add(&mut self, what: &'static str, times: u64) {
        *self.0.entry(what).or_default() += times;
    }

    pub(crate) fn get(&self, what: &str) -> u64 {
        self.0.get(what).copied().unwrap_or(0)
    }

    pub(crate) fn end(&mut self, end: End, route: usize, reached: usize) {
        match end {
            End::Response(200) if reached > 1 => self.count("a retry that worked"),
            End::Response(200) if route == 1 => self.count("a response of the bystander"),
            End::Response(200) => self.count("a response"),
            End::Response(_) => self.count("upstream.malformed or a bad status"),
            End::Cut => self.count("a cut"),
            End::Reply(reason) => {
                assert!(!reason.is(Reason::Internal), "a defect of the worker");
                self.count(reason.word());
            }
        }
    }

    pub(crate) fn merge(&mut self, other: &Totals) {
        for (what, times) in &other.0 {
            self.add(what, *times);
        }
    }

    /// One line for each count.
    pub(crate) fn table(&self) -> String {
        self.0.iter().map(|(what, times)| format!("{times:>9} {what}\n")).collect()
    }
}
