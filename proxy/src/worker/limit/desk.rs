//! The questions that a worker has asked about its limits, and who waits for the answers.
//!
//! What is decided with the answers and without them is the engine's (`limit/desk.rs`). Questions are known by slot and serial: an answer whose slot has another serial by now came too late and is dropped,
//! with whatever it granted.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Waker};

use slab::Slab;
use supplex_engine::config::Snapshot;
use supplex_engine::limit::{self, Alone, Ruling, Verdict, Wanted};

use super::{Demand, Live, shadow};
use crate::link::limits::{Answer, Question, QuestionSender, StoreError};

/// Keys whose leases and refusals a worker knows at most, about 130 bytes each.
const HOLDINGS_MOST: usize = 16_384;
/// Buckets that a worker keeps at most while the store does not answer.
const FALLBACK_MOST: usize = 16_384;
const NANOS_PER_MILLI: u64 = 1_000_000;
/// Nanoseconds after which nobody expects an answer any more.
const FORGOTTEN: u64 = 5_000_000_000;
/// Demands kept for the next question.
const SPARE_MOST: usize = 256;

/// The limits of one worker.
pub(in crate::worker) struct Desk {
    worker: usize,
    questions: QuestionSender,
    inner: RefCell<Inner>,
}

struct Inner {
    desk: limit::Desk,
    slots: Slab<Slot>,
    spare: Vec<Demand>,
    serial: u32,
}

struct Slot {
    serial: u32,
    asked_at: u64,
    demand: Demand,
    ruling: Ruling,
    state: State,
}

enum State {
    /// A task waits, or will.
    Waiting(Option<Waker>),
    /// The task has not looked yet.
    Answered(Result<Verdict, StoreError>),
    /// Nobody waits; the answer is only counted.
    Shadow(Rc<Live>),
    /// Nobody waits; the answer fills up a lease.
    Refill,
}

impl Desk {
    pub(in crate::worker) fn new(worker: usize, workers: usize, questions: QuestionSender, seed: u64) -> Self {
        let inner = Inner {
            desk: limit::Desk::new(HOLDINGS_MOST, FALLBACK_MOST, workers, seed),
            slots: Slab::new(),
            spare: Vec::new(),
            serial: 0,
        };
        Self { worker, questions, inner: RefCell::new(inner) }
    }

    pub(super) fn rule(&self, wanted: &[Wanted], now: u64) -> Ruling {
        self.inner.borrow_mut().desk.rule(wanted, now)
    }

    /// Leaves a question to the store about the enforced limits. `demand` is taken along, and is empty afterwards.
    pub(super) fn ask(&self, live: &Live, demand: &mut Demand, ruling: &Ruling, now: u64) -> Result<usize, StoreError> {
        let state = State::Waiting(None);
        self.question(&live.snapshot, demand, ruling, now, state, |demand| &demand.enforced)
    }

    /// Leaves a question about one limit in shadow mode.
    pub(super) fn ask_aside(
        &self,
        live: &Rc<Live>,
        wanted: Wanted,
        ruling: &Ruling,
        now: u64,
    ) -> Result<usize, StoreError> {
        let mut demand = self.inner.borrow_mut().spare.pop().unwrap_or_default();
        demand.shadow.push(wanted);
        let state = State::Shadow(Rc::clone(live));
        let asked = self.question(&live.snapshot, &mut demand, ruling, now, state, |demand| &demand.shadow);
        self.spare(demand);
        asked
    }

    /// Asks the store to fill up the leases that are half spent, of those that a ruling rests on.
    pub(super) fn refill(&self, live: &Live, wanted: &[Wanted], ruling: &Ruling, now: u64) {
        for (at, wanted) in wanted.iter().enumerate() {
            let Some((free, ruling)) = self.inner.borrow_mut().desk.refill(ruling, at, wanted, now) else { continue };
            let mut demand = self.inner.borrow_mut().spare.pop().unwrap_or_default();
            demand.enforced.push(free);
            let asked =
                self.question(&live.snapshot, &mut demand, &ruling, now, State::Refill, |demand| &demand.enforced);
            if asked.is_err() {
                self.inner.borrow_mut().desk.refilled(&free, &ruling, None, now);
            }
            self.spare(demand);
        }
    }

    fn question(
        &self,
        snapshot: &Arc<Snapshot>,
        demand: &mut Demand,
        ruling: &Ruling,
        now: u64,
        state: State,
        part: impl Fn(&Demand) -> &Vec<Wanted>,
    ) -> Result<usize, StoreError> {
        let inner = &mut *self.inner.borrow_mut();
        let may_ask = inner.desk.may_ask(&snapshot.limits, part(demand), now);
        // A sidecar that stands still answers nothing, and nothing would be known of it but by waiting.
        if !may_ask || self.questions.pulse().is_silent(now / NANOS_PER_MILLI) {
            return Err(StoreError::Unreachable);
        }
        inner.serial = inner.serial.wrapping_add(1);
        let entry = inner.slots.vacant_entry();
        let slot = entry.key();
        let number = u32::try_from(slot).map_err(|_| StoreError::Full)?;
        let charges = ruling.questions(part(demand));
        self.questions.ask(Question::new(self.worker, number, inner.serial, Arc::clone(snapshot), charges))?;
        let kept = std::mem::replace(demand, inner.spare.pop().unwrap_or_default());
        entry.insert(Slot { serial: inner.serial, asked_at: now, demand: kept, ruling: *ruling, state });
        Ok(slot)
    }

    /// Takes in an answer. Whether a task was woken.
    pub(in crate::worker) fn answer(&self, answer: Answer, now: u64) -> bool {
        let Answer { slot, serial, result } = answer;
        let inner = &mut *self.inner.borrow_mut();
        let key = slot as usize;
        let Some(found) = inner.slots.get_mut(key).filter(|found| found.serial == serial) else { return false };
        match &mut found.state {
            State::Waiting(waker) => {
                let waker = waker.take();
                found.state = State::Answered(result);
                waker.inspect(|waker| waker.wake_by_ref()).is_some()
            }
            State::Answered(_) => false,
            State::Refill => {
                let Slot { demand, ruling, .. } = inner.slots.remove(key);
                for free in &demand.enforced {
                    inner.desk.refilled(free, &ruling, result.as_ref().ok(), now);
                }
                inner.keep(demand);
                false
            }
            State::Shadow(live) => {
                let live = Rc::clone(live);
                let Slot { demand, ruling, .. } = inner.slots.remove(key);
                for wanted in &demand.shadow {
                    shadow::conclude(&mut inner.desk, &live, wanted, &ruling, result, now);
                }
                inner.keep(demand);
                false
            }
        }
    }

    /// The answer, if it is there; otherwise the task is woken when it comes.
    pub(super) fn poll_answer(&self, slot: usize, cx: &Context<'_>) -> Option<Result<Verdict, StoreError>> {
        let inner = &mut *self.inner.borrow_mut();
        match inner.slots.get_mut(slot).map(|slot| &mut slot.state) {
            Some(State::Answered(result)) => Some(*result),
            Some(State::Waiting(waker)) => {
                if !waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
                    *waker = Some(cx.waker().clone());
                }
                None
            }
            Some(State::Shadow(_) | State::Refill) | None => Some(Err(StoreError::Timeout)),
        }
    }

    /// Ends a question: an answer that comes later is dropped. `None` when it has ended already.
    pub(super) fn take(&self, slot: usize) -> Option<(Demand, Ruling)> {
        let Slot { demand, ruling, .. } = self.inner.borrow_mut().slots.try_remove(slot)?;
        Some((demand, ruling))
    }

    pub(super) fn answered(&self, wanted: &[Wanted], ruling: &Ruling, verdict: &Verdict, now: u64) -> Verdict {
        self.inner.borrow_mut().desk.answered(wanted, ruling, verdict, now)
    }

    /// A request whose limits were asked about is gone.
    pub(super) fn given_up(&self, wanted: &[Wanted], ruling: &Ruling) {
        self.inner.borrow_mut().desk.given_up(wanted, ruling);
    }

    /// Notes whether the store answered a request that waited for it.
    pub(super) fn note_store(&self, snapshot: &Snapshot, wanted: &[Wanted], now: u64, answered: bool) {
        self.inner.borrow_mut().desk.note_store(&snapshot.limits, wanted, now, answered);
    }

    pub(super) fn without_store(&self, live: &Live, wanted: &[Wanted], ruling: &Ruling, now: u64) -> Alone {
        self.inner.borrow_mut().desk.without_store(&live.snapshot.limits, wanted, ruling, now)
    }

    /// As the shadow of a limit is decided without the store.
    pub(super) fn shadow_without_store(&self, live: &Live, wanted: &Wanted, ruling: &Ruling, now: u64) {
        let desk = &mut self.inner.borrow_mut().desk;
        shadow::conclude(desk, live, wanted, ruling, Err(StoreError::Unreachable), now);
    }

    /// Keeps a demand for the next question.
    pub(super) fn spare(&self, demand: Demand) {
        self.inner.borrow_mut().keep(demand);
    }

    /// Forgets what was decided under other limits.
    pub(in crate::worker) fn limits_changed(&self) {
        self.inner.borrow_mut().desk.limits_changed();
    }

    /// Forgets questions that nobody waits for and that were never answered.
    pub(in crate::worker) fn sweep(&self, now: u64) {
        let inner = &mut *self.inner.borrow_mut();
        let forgotten = |slot: &Slot| slot.asked_at.saturating_add(FORGOTTEN) < now;
        inner.slots.retain(|_, slot| !(matches!(slot.state, State::Shadow(_) | State::Refill) && forgotten(slot)));
        if inner.slots.capacity() > 1024 && inner.slots.len() < inner.slots.capacity() / 4 {
            inner.slots.shrink_to_fit();
        }
    }
}

impl Inner {
    fn keep(&mut self, mut demand: Demand) {
        if self.spare.len() < SPARE_MOST {
            demand.clear();
            self.spare.push(demand);
        }
    }
}
