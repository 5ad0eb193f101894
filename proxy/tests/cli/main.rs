//! The command line of the real binary: exit codes, and what goes to which stream.

mod check;
mod diff;
mod explain;
mod hdr;
mod healthcheck;
mod reference;
mod routes;
mod schema;
mod top;
mod usage;

use std::path::PathBuf;
use std::process::{Command, Output};

/// Runs `supplex` in the folder of the fixtures, so that files have short names in its output.
fn supplex(arguments: &[&str]) -> Answer {
    let mut command = Command::new(env!("CARGO_BIN_EXE_supplex"));
    command.current_dir(folder().join("tests/cli/fixtures")).args(arguments).env_remove("SUPPLEX_CONFIG");
    let Output { status, stdout, stderr } = command.output().expect("the binary starts");
    let text = |bytes| String::from_utf8(bytes).expect("output is UTF-8");
    Answer { code: status.code().expect("it exits by itself"), stdout: text(stdout), stderr: text(stderr) }
}

struct Answer {
    code: i32,
    stdout: String,
    stderr: String,
}

/// The folder of the package.
fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A file of the repository, by its path from the root.
fn repository(path: &str) -> String {
    let path = folder().join("..").join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
