//! The pages of the results. Where to read on: `pages/run.rs`.

pub(crate) mod chaos;
pub(crate) mod chart;
pub(crate) mod page;
pub(crate) mod run;
mod tables;

use chaos::Chaos;
use run::Run;

/// What is kept, from the oldest to the newest.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    pub(crate) runs: Vec<Run>,
    /// The newest.
    pub(crate) chaos: Option<Chaos>,
}
