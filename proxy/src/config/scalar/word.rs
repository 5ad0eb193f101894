//! Values that are one of a few words.

use schemars::{Schema, json_schema};
use supplex_engine::config::{Balance, BreakerMode, Priority, RetryOn};

use crate::config::decode::{Refusal, Text};
use crate::config::document::quote;
use crate::config::suggest;

/// Reads a type that is one of a few words: `table` has each word with its value.
macro_rules! words {
    ($type:ty, $what:literal, $noun:literal, $known:literal, $table:expr) => {
        impl Text for $type {
            const WHAT: &'static str = $what;

            fn parse(text: &str) -> Result<Self, Refusal> {
                let found = $table.iter().find(|(word, _)| *word == text);
                found.map(|(_, value)| *value).ok_or_else(|| {
                    let hint = suggest::hint(text, &$table.map(|(word, _)| word), $known);
                    Refusal::new(format!(concat!("unknown ", $noun, " {}"), quote(text)), hint)
                })
            }

            fn schema() -> Schema {
                json_schema!({ "type": "string", "enum": $table.map(|(word, _)| word) })
            }
        }
    };
}
pub(super) use words;

const BALANCES: [(&str, Balance); 5] = [
    ("least_request", Balance::LeastRequest),
    ("round_robin", Balance::RoundRobin),
    ("random", Balance::Random),
    ("peak_ewma", Balance::PeakEwma),
    ("consistent_hash", Balance::ConsistentHash),
];

/// As in the configuration.
#[must_use]
pub(crate) fn balance_word(balance: Balance) -> &'static str {
    BALANCES.iter().find(|(_, other)| *other == balance).map_or("", |(word, _)| word)
}

words!(Balance, "the name of a balancer such as \"least_request\"", "balancer", "known balancers", BALANCES);

const BREAKER_MODES: [(&str, BreakerMode); 3] =
    [("enforce", BreakerMode::Enforce), ("shadow", BreakerMode::Shadow), ("off", BreakerMode::Off)];

words!(BreakerMode, "\"enforce\", \"shadow\" or \"off\"", "mode", "known modes", BREAKER_MODES);

words!(Priority, "\"high\", \"normal\" or \"low\"", "priority", "priorities", Priority::WORDS);

/// One cause of a retry, with its word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RetryCause(pub(crate) &'static str, pub(crate) RetryOn);

impl Text for RetryCause {
    const WHAT: &'static str = "a cause of retries such as \"connect\" or \"503\"";

    fn parse(text: &str) -> Result<Self, Refusal> {
        let words = RetryOn::WORDS.map(|(word, _)| word);
        RetryOn::WORDS.iter().find(|(word, _)| *word == text).map(|(word, cause)| Self(word, *cause)).ok_or_else(|| {
            Refusal::new(format!("{} is no cause of a retry", quote(text)), suggest::hint(text, &words, "causes"))
        })
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "enum": RetryOn::WORDS.map(|(word, _)| word) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_are_nearly_right_are_led_on() {
        assert_eq!(Balance::parse("round_robin"), Ok(Balance::RoundRobin));
        let hint = |text| Balance::parse(text).expect_err(text).hint.unwrap_or_default();
        assert_eq!(hint("leastrequest"), "did you mean `least_request`?");
        assert_eq!(hint("maglev"), "known balancers: least_request, round_robin, random, peak_ewma, consistent_hash");
    }
}
