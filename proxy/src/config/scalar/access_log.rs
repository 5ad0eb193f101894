//! The values of `[telemetry] access_log`.

use schemars::{Schema, json_schema};
use supplex_engine::config::{LogField, LogTarget};

use super::word::words;
use crate::config::decode::{Refusal, Text};
use crate::config::document::quote;
use crate::config::suggest;

/// How the access log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// A JSON object per line.
    Json,
    /// The combined format of the NCSA and Apache.
    Combined,
}

const FORMATS: [(&str, LogFormat); 2] = [("json", LogFormat::Json), ("combined", LogFormat::Combined)];

words!(LogFormat, "\"json\" or \"combined\"", "log format", "formats", FORMATS);

impl Text for LogField {
    const WHAT: &'static str = "the name of a field such as \"status\"";

    fn parse(text: &str) -> Result<Self, Refusal> {
        let found = Self::WORDS.iter().find(|(word, _)| *word == text);
        found.map(|(_, field)| *field).ok_or_else(|| {
            let known: Vec<&str> = Self::WORDS.iter().map(|(word, _)| *word).collect();
            Refusal::new(format!("unknown field {}", quote(text)), suggest::hint(text, &known, "fields"))
        })
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "enum": Self::WORDS.iter().map(|(word, _)| *word).collect::<Vec<_>>() })
    }
}

/// Where the access log goes: `stdout` or the path of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LogPath(pub(crate) LogTarget);

impl Text for LogPath {
    const WHAT: &'static str = "\"stdout\" or the path of a file";

    fn parse(text: &str) -> Result<Self, Refusal> {
        match text {
            "" => Err(Refusal::new("the path is empty", "write `stdout` or the path of a file")),
            "stdout" | "-" => Ok(Self(LogTarget::Stdout)),
            path if path.contains('\0') => Err(Refusal::plain("a path cannot hold a NUL")),
            path if path.ends_with('/') => Err(Refusal::plain("this is a folder, not a file")),
            path => Ok(Self(LogTarget::File(path.into()))),
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
    fn the_access_log_goes_to_stdout_or_a_file() {
        assert_eq!(LogPath::parse("stdout"), Ok(LogPath(LogTarget::Stdout)));
        assert_eq!(LogPath::parse("/tmp/a.log"), Ok(LogPath(LogTarget::File("/tmp/a.log".into()))));
        for bad in ["", "/tmp/", "a\0"] {
            assert!(LogPath::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn fields_and_formats_that_are_nearly_right_are_led_on() {
        assert_eq!(LogField::parse("request_id"), Ok(LogField::RequestId));
        let hint = LogField::parse("requestid").expect_err("unknown").hint;
        assert_eq!(hint.as_deref(), Some("did you mean `request_id`?"));
        assert_eq!(LogFormat::parse("combined"), Ok(LogFormat::Combined));
        let refused = LogFormat::parse("clf").expect_err("unknown");
        assert_eq!(refused.message, "unknown log format `clf`");
    }
}
