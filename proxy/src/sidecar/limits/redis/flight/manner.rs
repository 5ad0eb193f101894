//! How a batch of questions is put to a server, and which reply belongs to which of them.

use redis::{Pipeline, Value, cmd};

use super::super::super::script::{self, Runs};
use super::super::Ask;

/// How a batch is put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    /// As many questions in one call of the script as it takes.
    Plain,
    /// The same, behind the script itself.
    Taught,
    /// Each question in a call of its own: what keeps one from being answered does not keep the others.
    Alone,
    /// The same at another node of the cluster, and behind `ASKING`: it answers also while the slot is only on its way.
    Asking,
}

/// A batch as it goes out.
pub(super) struct Put {
    /// What is sent.
    pub(super) pipeline: Pipeline,
    /// What each call asks.
    calls: Vec<Runs>,
    /// Replies before those of the calls.
    before: usize,
    /// Replies per call, of which the last counts.
    each: usize,
}

impl Manner {
    /// Whether the questions go to the server of the line, not to another.
    pub(super) fn is_own(self) -> bool {
        self != Manner::Asking
    }

    /// Whether a call may ask several questions.
    pub(super) fn is_joint(self) -> bool {
        matches!(self, Manner::Plain | Manner::Taught)
    }

    /// The batch as it goes out in this manner.
    pub(super) fn put(self, batch: &[Ask]) -> Put {
        let questions = batch.iter().map(|ask| &ask.question);
        let calls = if self.is_joint() {
            script::calls(questions)
        } else {
            questions.flat_map(|question| script::calls([question])).collect()
        };
        let mut pipeline = Pipeline::with_capacity(calls.len() * 2);
        if self == Manner::Taught {
            pipeline.add_command(script::load());
        }
        let mut asked = Vec::with_capacity(calls.len());
        for call in calls {
            if self == Manner::Asking {
                pipeline.add_command(cmd("ASKING"));
            }
            pipeline.add_command(call.command);
            asked.push(call.runs);
        }
        let (before, each) = (usize::from(self == Manner::Taught), 1 + usize::from(self == Manner::Asking));
        Put { pipeline, calls: asked, before, each }
    }
}

impl Put {
    /// How many replies must come.
    pub(super) fn replies(&self) -> usize {
        self.before + self.each * self.calls.len()
    }

    /// For each call what it asked, and its reply.
    pub(super) fn of_calls(self, replies: Vec<Value>) -> impl Iterator<Item = (Runs, Value)> {
        let replies = replies.into_iter().skip(self.before + self.each - 1).step_by(self.each);
        self.calls.into_iter().zip(replies)
    }
}
