//! The stores of limits: who answers the workers' questions whether tokens may be taken.
//!
//! One task per store reads the questions of all workers: for Redis, shared by every gateway that uses it
//! (`limits/redis.rs`), and for this process (`limits/local.rs`). The answer goes to the asking worker's mailbox. What can be
//! answered at once is, and the rest is answered by the line to Redis in time; while that is busy its questions stay where
//! they are, so that all that came meanwhile goes out together.
//! Where to read on: `script.lua` is the arithmetic in Redis, `measure.rs` what is counted, `report.rs` what is shown.

mod caller;
mod local;
pub(crate) mod measure;
mod redis;
pub(crate) mod report;
#[cfg(test)]
mod sample;
mod script;
#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use supplex_engine::config::{Redis, Snapshot, Store};
use tokio::sync::mpsc::Receiver;
use tokio::task::{spawn_local, yield_now};

use super::Sidecar;
use crate::link::Mailbox;
use crate::link::limits::{Question, Questions, StoreError};
use crate::link::pulse::Pulse;
use caller::Caller;
use local::Local;
use measure::{Kind, Measure};
use redis::{Ask, Line};

/// How long another Redis gets to answer before it is the one that is asked although it does not.
const HANDOVER_MOST: Duration = Duration::from_secs(1);
/// How long the start waits for Redis. It goes on without.
const START_MOST: Duration = Duration::from_millis(300);
/// Questions that are handed on before other tasks of the sidecar get a turn.
const AT_ONCE: usize = 1024;

/// The stores, as the sidecar has them.
#[derive(Debug, Default)]
pub(crate) struct Desk {
    measure: Rc<Measure>,
    lines: Rc<RefCell<Lines>>,
    local: RefCell<Local>,
}

/// The line to Redis, and what it was made from.
#[derive(Debug, Default)]
struct Lines {
    settings: Option<Redis>,
    /// Counts the changes of `settings`.
    change: u64,
    current: Option<Rc<Line>>,
}

impl Desk {
    /// Follows the configuration. Another Redis is asked as soon as it answers, or after [`HANDOVER_MOST`]; until then the
    /// former is. Questions that the former has are answered by it.
    pub(crate) fn configure(&self, snapshot: &Snapshot) {
        let used = snapshot.limits.iter().any(|limit| limit.store == Store::Redis);
        let wanted = snapshot.redis.as_ref().filter(|_| used);
        let mut lines = self.lines.borrow_mut();
        if lines.settings.as_ref() == wanted {
            return;
        }
        lines.settings = wanted.cloned();
        lines.change += 1;
        let Some(redis) = wanted else {
            lines.current = None;
            return;
        };
        let line = Rc::new(Line::open(redis, Rc::clone(&self.measure)));
        if lines.current.is_none() {
            lines.current = Some(line);
            return;
        }
        let (shared, change) = (Rc::clone(&self.lines), lines.change);
        spawn_local(async move {
            line.is_up_within(HANDOVER_MOST).await;
            let mut lines = shared.borrow_mut();
            if lines.change == change {
                lines.current = Some(line);
            }
        });
    }

    /// Waits for Redis, if it is used at all, but not for long.
    pub(crate) async fn settle(&self) {
        if let Some(line) = self.line() {
            line.is_up_within(START_MOST).await;
        }
    }

    fn line(&self) -> Option<Rc<Line>> {
        self.lines.borrow().current.clone()
    }

    /// Waits until a question to Redis would be put at once, or answered at once because there is none.
    async fn has_room(&self) {
        if let Some(line) = self.line() {
            line.has_room().await;
        }
    }

    /// Whether Redis can be asked now; `None` when no limit is kept there.
    #[must_use]
    pub(crate) fn redis_is_up(&self) -> Option<bool> {
        let lines = self.lines.borrow();
        lines.settings.as_ref().map(|_| lines.current.as_ref().is_some_and(|line| line.is_up()))
    }

    /// What was counted.
    #[must_use]
    pub(crate) fn measure(&self) -> &Measure {
        &self.measure
    }

    /// Sees to one question of the worker with this mailbox.
    fn ask(&self, question: Question, mailbox: &Mailbox) {
        match question.store() {
            Some(Store::Local) => {
                let caller = Caller::new(&question, mailbox, Kind::Local, &self.measure);
                caller.answer(self.local.borrow_mut().take(&question));
            }
            Some(Store::Redis) => {
                let caller = Caller::new(&question, mailbox, Kind::Redis, &self.measure);
                match self.line() {
                    _ if !script::knows(&question) => caller.answer(Err(StoreError::Refused)),
                    None => caller.answer(Err(StoreError::Unreachable)),
                    Some(line) => line.ask(Ask { question, caller }),
                }
            }
            None => Caller::new(&question, mailbox, Kind::Local, &self.measure).answer(Err(StoreError::Refused)),
        }
    }
}

/// Answers questions for as long as there are workers, who see by the pulse whether it does.
pub(crate) async fn run(sidecar: &Sidecar, questions: Questions, pulse: &Pulse) {
    let Questions { local, redis } = questions;
    let answered = async {
        tokio::join!(
            answer(sidecar, local, async || {}),
            answer(sidecar, redis, async || sidecar.limits.has_room().await)
        )
    };
    tokio::select! {
        _ = answered => {}
        () = pulse.keep() => {}
    }
}

/// Answers what is in a queue whenever the store has room for it.
async fn answer(sidecar: &Sidecar, mut questions: Receiver<Question>, has_room: impl AsyncFn()) {
    let mut batch = Vec::with_capacity(AT_ONCE);
    while questions.recv_many(&mut batch, AT_ONCE).await > 0 {
        for question in batch.drain(..) {
            if let Some(member) = sidecar.crew.get(question.worker) {
                sidecar.limits.ask(question, &member.mailbox);
            }
        }
        yield_now().await;
        has_room().await;
    }
}
