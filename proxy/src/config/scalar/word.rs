//! Values that are one of a few words.

use schemars::{Schema, json_schema};
use supplex_engine::config::{AccessLog, Balance, BreakerMode, Priority, RetryOn};

use crate::config::decode::{Refusal, Text};
use crate::config::document::quote;
use crate::config::suggest;

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

impl Text for Balance {
    const WHAT: &'static str = "the name of a balancer such as \"least_request\"";

    fn parse(text: &str) -> Result<Self, Refusal> {
        match BALANCES.iter().find(|(word, _)| *word == text) {
            Some((_, balance)) => Ok(*balance),
            None => {
                let hint = suggest::hint(text, &BALANCES.map(|(word, _)| word), "known balancers");
                Err(Refusal::new(format!("unknown balancer {}", quote(text)), hint))
            }
        }
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "enum": BALANCES.map(|(word, _)| word) })
    }
}

const BREAKER_MODES: [(&str, BreakerMode); 3] =
    [("enforce", BreakerMode::Enforce), ("shadow", BreakerMode::Shadow), ("off", BreakerMode::Off)];

impl Text for BreakerMode {
    const WHAT: &'static str = "\"enforce\", \"shadow\" or \"off\"";

    fn parse(text: &str) -> Result<Self, Refusal> {
        match BREAKER_MODES.iter().find(|(word, _)| *word == text) {
            Some((_, mode)) => Ok(*mode),
            None => {
                let hint = suggest::hint(text, &BREAKER_MODES.map(|(word, _)| word), "known modes");
                Err(Refusal::new(format!("unknown mode {}", quote(text)), hint))
            }
        }
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "enum": BREAKER_MODES.map(|(word, _)| word) })
    }
}

impl Text for Priority {
    const WHAT: &'static str = "\"high\", \"normal\" or \"low\"";

    fn parse(text: &str) -> Result<Self, Refusal> {
        let words = Priority::WORDS.map(|(word, _)| word);
        Priority::WORDS.iter().find(|(word, _)| *word == text).map(|(_, priority)| *priority).ok_or_else(|| {
            Refusal::new(format!("unknown priority {}", quote(text)), suggest::hint(text, &words, "priorities"))
        })
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "enum": Priority::WORDS.map(|(word, _)| word) })
    }
}

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

/// How the access log is written. JSON lines are the only form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LogFormat;

impl Text for LogFormat {
    const WHAT: &'static str = "\"json\"";

    fn parse(text: &str) -> Result<Self, Refusal> {
        if text == "json" {
            return Ok(Self);
        }
        Err(Refusal::new(format!("unknown log format {}", quote(text)), "the access log is written as `json`"))
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "const": "json" })
    }
}

/// Where the access log goes: `stdout` or the path of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LogPath(pub(crate) AccessLog);

impl Text for LogPath {
    const WHAT: &'static str = "\"stdout\" or the path of a file";

    fn parse(text: &str) -> Result<Self, Refusal> {
        match text {
            "" => Err(Refusal::new("the path is empty", "write `stdout` or the path of a file")),
            "stdout" | "-" => Ok(Self(AccessLog::Stdout)),
            path if path.contains('\0') => Err(Refusal::plain("a path cannot hold a NUL")),
            path if path.ends_with('/') => Err(Refusal::plain("this is a folder, not a file")),
            path => Ok(Self(AccessLog::File(path.into()))),
        }
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "minLength": 1, "examples": ["stdout", "/var/log/supplex/access.log"] })
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

    #[test]
    fn the_access_log_goes_to_stdout_or_a_file() {
        assert_eq!(LogPath::parse("stdout"), Ok(LogPath(AccessLog::Stdout)));
        assert_eq!(LogPath::parse("/tmp/a.log"), Ok(LogPath(AccessLog::File("/tmp/a.log".into()))));
        for bad in ["", "/tmp/", "a\0"] {
            assert!(LogPath::parse(bad).is_err(), "{bad:?}");
        }
    }
}
