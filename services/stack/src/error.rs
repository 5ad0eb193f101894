//! What can go wrong, in words that say what to do about it.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Why the runner, or a private database of a test, gave up.
#[derive(Debug)]
pub enum Error {
    /// Something on the file system or with a process did not work.
    Io {
        /// What was being done, as "cannot ..." goes on.
        doing: String,
        /// What the system said.
        error: io::Error,
    },
    /// Debian packages are not there and could not be installed.
    Packages {
        /// Their names.
        missing: Vec<String>,
        /// Why they were not installed, if that was tried.
        because: Option<String>,
    },
    /// A program that should have been built or installed is not there.
    Program(PathBuf),
    /// A program ended with an error.
    Failed {
        /// What was run.
        what: String,
        /// The end of what it wrote.
        output: String,
    },
    /// A component ended before it was healthy, or did not become healthy in time.
    Unhealthy {
        /// Which component.
        name: String,
        /// What was seen last.
        seen: String,
        /// Where its log is.
        log: PathBuf,
        /// The end of that log.
        tail: String,
    },
    /// Something is not as it must be; the text says what.
    State(String),
    /// SIGINT or SIGTERM came.
    Interrupted,
}

impl Error {
    /// Wraps what the system said with what was being done.
    pub fn io(doing: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let doing = doing.into();
        move |error| Self::Io { doing, error }
    }

    /// The same about a path.
    pub fn path(doing: &str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        Self::io(format!("{doing} {}", path.display()))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { doing, error } => write!(f, "cannot {doing}: {error}"),
            Self::Packages { missing, because } => {
                writeln!(f, "the stack needs what these packages contain: {}", missing.join(" "))?;
                if let Some(because) = because {
                    writeln!(f, "{because}")?;
                }
                write!(f, "install them with: sudo apt-get install {}", missing.join(" "))
            }
            Self::Program(path) => write!(f, "there is no program {}; `make up` builds it", path.display()),
            Self::Failed { what, output } => write!(f, "{what} failed:\n{output}"),
            Self::Unhealthy { name, seen, log, tail } => {
                write!(f, "{name} did not become healthy: {seen}\nthe end of {}:\n{tail}", log.display())
            }
            Self::State(text) => f.write_str(text),
            Self::Interrupted => f.write_str("interrupted"),
        }
    }
}

impl std::error::Error for Error {}
