//! What came of a reload, in words and counts.

use std::fmt;
use std::time::SystemTime;

use serde::Serialize;

use super::super::publish;
use super::history::{Entry, History};
use crate::config::Report;

/// Who asked for a reload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Trigger {
    /// SIGHUP.
    Signal,
    /// `POST /api/reload`.
    Admin,
    /// The file changed.
    File,
}

impl fmt::Display for Trigger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Trigger::Signal => "SIGHUP",
            Trigger::Admin => "the admin endpoint",
            Trigger::File => "a change of the file",
        })
    }
}

/// What came of it.
#[derive(Clone, Debug)]
pub(crate) enum Outcome {
    /// A new generation is in force.
    Accepted {
        /// Its number.
        generation: u64,
        /// What holds, but hardly means what was written.
        warnings: Vec<Problem>,
        /// Workers that had not taken it over when patience ended. They still may.
        behind: Vec<usize>,
    },
    /// The file is the one that is in force.
    Unchanged {
        /// Its generation.
        generation: u64,
    },
    /// The file was refused as a whole, and what was in force still is.
    Refused(Refusal),
}

/// A refused reload.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    /// When.
    pub(crate) at: SystemTime,
    /// Who asked.
    pub(crate) trigger: Trigger,
    /// Everything that is wrong.
    pub(crate) problems: Vec<Problem>,
}

/// One thing that is wrong, for JSON and for the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Problem {
    /// Counts from 1; 0 when no line is to blame.
    pub(crate) line: usize,
    /// Counts characters from 1; 0 when no line is to blame.
    pub(crate) column: usize,
    /// `error` or `warning`.
    pub(crate) severity: &'static str,
    /// What is wrong.
    pub(crate) message: String,
    /// The offending text.
    pub(crate) text: String,
    /// What to do about it.
    pub(crate) hint: Option<String>,
    /// All of it in one line.
    #[serde(skip)]
    rendered: String,
}

impl Problem {
    /// A problem that no line is to blame for.
    #[must_use]
    pub(crate) fn whole(message: &str, hint: Option<&str>) -> Self {
        let rendered = match hint {
            Some(hint) => format!("{message} ({hint})"),
            None => message.to_owned(),
        };
        let (message, hint) = (message.to_owned(), hint.map(str::to_owned));
        Self { line: 0, column: 0, severity: "error", message, text: String::new(), hint, rendered }
    }
}

/// The problems of a report.
pub(super) fn problems(report: &Report) -> Vec<Problem> {
    let problem = |located: crate::config::Located<'_>| Problem {
        line: located.line,
        column: located.column,
        severity: located.severity.word(),
        message: located.message.to_owned(),
        text: located.text.to_owned(),
        hint: located.hint.map(str::to_owned),
        rendered: located.to_string(),
    };
    report.problems().map(problem).collect()
}

impl Outcome {
    /// Tells the log, with every problem.
    pub(super) fn log(&self, trigger: Trigger) {
        match self {
            Outcome::Accepted { generation, warnings, behind } => {
                for warning in warnings {
                    tracing::warn!("{}", warning.rendered);
                }
                tracing::info!("generation {generation} is in force, asked for by {trigger}");
                if !behind.is_empty() {
                    tracing::warn!("{} did not take generation {generation} over yet", publish::name_workers(behind));
                }
            }
            Outcome::Unchanged { generation } => {
                tracing::info!("{trigger} asked for a reload, but the file is still that of generation {generation}");
            }
            Outcome::Refused(refusal) => {
                for problem in &refusal.problems {
                    tracing::error!("{}", problem.rendered);
                }
                tracing::error!(
                    "the reload that {trigger} asked for is refused as a whole; the old configuration stays"
                );
            }
        }
    }
}

/// What became of reloads so far.
#[derive(Debug, Default)]
pub(crate) struct Record {
    /// How many brought a new generation.
    pub(crate) accepted: u64,
    /// How many were refused.
    pub(crate) refused: u64,
    /// How many found nothing new.
    pub(crate) unchanged: u64,
    last_refusal: Option<Refusal>,
    /// The bytes that were refused.
    refused_content: Option<Vec<u8>>,
    history: History,
}

impl Record {
    /// The last refusal, as long as the file on disk is not what runs.
    #[must_use]
    pub(crate) fn last_refusal(&self) -> Option<&Refusal> {
        self.last_refusal.as_ref()
    }

    /// Whether a file with these bytes (`None`: that could not be read) was the last to be refused.
    pub(super) fn was_refused(&self, content: Option<&[u8]>) -> bool {
        self.last_refusal.is_some() && self.refused_content.as_deref() == content
    }

    pub(super) fn forget_refusal(&mut self) {
        self.last_refusal = None;
        self.refused_content = None;
    }

    /// The latest reloads, the newest first.
    pub(crate) fn history(&self) -> impl Iterator<Item = &Entry> {
        self.history.entries()
    }

    /// `generation` is the one in force after it.
    pub(super) fn note(&mut self, trigger: Trigger, outcome: &Outcome, content: Option<Vec<u8>>, generation: u64) {
        self.forget_refusal();
        self.history.note(SystemTime::now(), trigger, outcome, generation);
        match outcome {
            Outcome::Accepted { .. } => self.accepted += 1,
            Outcome::Unchanged { .. } => self.unchanged += 1,
            Outcome::Refused(refusal) => {
                self.refused += 1;
                self.last_refusal = Some(refusal.clone());
                self.refused_content = content;
            }
        }
    }
}
