//! Paths of files that the gateway writes.

use std::path::PathBuf;

use schemars::{Schema, json_schema};

use crate::config::decode::{Refusal, Text};

/// The path of a file; relative to the folder that the gateway was started in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FilePath(pub(crate) PathBuf);

impl Text for FilePath {
    const WHAT: &'static str = "the path of a file";

    fn parse(text: &str) -> Result<Self, Refusal> {
        match text {
            "" => Err(Refusal::new("the path is empty", "write the path of a file")),
            path if path.contains('\0') => Err(Refusal::plain("a path cannot hold a NUL")),
            path if path.ends_with('/') => Err(Refusal::plain("this is a folder, not a file")),
            path if matches!(path.rsplit('/').next(), Some("." | "..")) => {
                Err(Refusal::plain("this is a folder, not a file"))
            }
            path => Ok(Self(path.into())),
        }
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "minLength": 1, "examples": ["/var/lib/supplex/latency.hlog"] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_a_name() {
        for good in ["latency.hlog", "/tmp/a", "../a", "a.."] {
            assert_eq!(FilePath::parse(good), Ok(FilePath(good.into())));
        }
        for bad in ["", "/tmp/", "a\0", "..", "/tmp/."] {
            assert!(FilePath::parse(bad).is_err(), "{bad:?}");
        }
    }
}
