//! The configuration: from a file to a checked [`Blueprint`], or to a [`Report`] of everything that is wrong with it.
//!
//! One path for both formats: text, tree with places (`document.rs`), typed tables (`raw.rs`, read by `decode.rs`),
//! engine types (`check.rs`). Problems are collected on the whole way and reported at once (`report.rs`). Nothing here
//! keeps state, resolves names or watches files. `proxy/CONFIG.md` is the reference for people.

pub(crate) mod blueprint;
mod check;
pub(crate) mod decode;
mod document;
#[cfg(any(test, fuzzing))]
pub(crate) mod exercise;
pub(crate) mod places;
pub(crate) mod problem;
mod raw;
pub(crate) mod report;
pub(crate) mod scalar;
pub(crate) mod schema;
pub(crate) mod suggest;

use std::path::Path;

pub(crate) use blueprint::{Blueprint, Resolved};
pub(crate) use document::Format;
pub(crate) use report::{Located, Report};

use decode::Decode;
use problem::Problems;

/// Reads and checks a file; its extension tells the format. Warnings come with the blueprint.
///
/// # Errors
/// Everything that is wrong: with the file, its syntax, its keys and what they mean together.
pub(crate) fn load(path: &Path) -> Result<Blueprint, Report> {
    let file = path.display().to_string();
    let refuse = |text: &str, problems: Problems| Err(Report::new(&file, text, problems));
    let mut problems = Problems::default();
    let Some(format) = Format::of(path) else {
        problems.file("the format is not known".into(), Some("name the file `.toml`, `.yaml` or `.yml`".into()));
        return refuse("", problems);
    };
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) => {
            problems.file(format!("cannot be read: {error}"), None);
            return refuse("", problems);
        }
    };
    match String::from_utf8(bytes) {
        Ok(text) => parse(&text, format, &file),
        Err(error) => {
            let start = error.utf8_error().valid_up_to();
            let text = String::from_utf8_lossy(error.as_bytes());
            problems.push(start..start, "not valid UTF-8".into());
            refuse(&text, problems)
        }
    }
}

/// Checks a text; `file` is what reports call it. Never panics, whatever the text.
///
/// # Errors
/// Everything that is wrong with it.
pub(crate) fn parse(text: &str, format: Format, file: &str) -> Result<Blueprint, Report> {
    let mut problems = Problems::default();
    let root = document::read(text, format, &mut problems);
    // A tree with syntax errors lacks keys: what is missing in it says nothing about the file.
    let config = if problems.passes() { raw::Config::decode(&root, &mut problems) } else { None };
    let blueprint = config.and_then(|config| check::check(config, &mut problems));
    let passes = problems.passes();
    let report = Report::new(file, text, problems);
    match blueprint {
        Some(blueprint) if passes => {
            let places = places::Places::new(file, text, &root);
            Ok(Blueprint { warnings: report, places, ..blueprint })
        }
        _ => Err(report),
    }
}
