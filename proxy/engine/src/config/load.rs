//! Checked rules of load: who waits, who goes first, and when the gateway begins to refuse.

use std::time::Duration;

/// The `queue` of an upstream: what waits while `max_in_flight` exchanges are under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Queue {
    /// The most exchanges that wait, over all workers together; 0 refuses at once.
    pub max: usize,
    /// How long one waits at most.
    pub timeout: Duration,
}

impl Default for Queue {
    fn default() -> Self {
        Self { max: 0, timeout: Duration::from_millis(100) }
    }
}

impl Queue {
    /// The share of one of `workers` workers: none when nothing may wait, otherwise at least one place.
    #[must_use]
    pub fn per_worker(self, workers: usize) -> usize {
        self.max.div_ceil(workers.max(1))
    }
}

/// The `shed` of the gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shed {
    /// How long tasks that are ready may have to wait for their turn.
    pub queue_delay: Duration,
}

/// The `priority` of a route: what is refused later when a worker is overloaded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// Refused first.
    Low,
    /// Refused when refusing the low ones was not enough.
    #[default]
    Normal,
    /// Never refused.
    High,
}

impl Priority {
    /// Every priority with its word.
    pub const WORDS: [(&str, Priority); 3] =
        [("high", Priority::High), ("normal", Priority::Normal), ("low", Priority::Low)];

    /// As in the configuration.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, priority)| *priority == self).map_or("", |(word, _)| word)
    }
}
