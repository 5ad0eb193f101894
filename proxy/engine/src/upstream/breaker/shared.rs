//! The breaker of one endpoint as all workers share it.
//!
//! One word holds the whole state and changes by compare and exchange only, so every change happens once, whoever wants
//! it first, and nobody waits for anybody: with any number of workers exactly as many attempts get a probe's permit as
//! there are probes, and a breaker opens and closes without the sidecar. An attempt costs one load of the word before, and
//! after it another one and the counting in the worker's own window. A worker whose own share of failures is high adds up
//! the windows of all ([`super::trip::is_suspicious`] says why that is enough); [`Breaker::review`] does so without having
//! seen a failure.

use std::sync::atomic::{AtomicU64, Ordering};

use super::merge;
use super::rules::{BUCKETS, Rules};
use super::state::{Admission, Cause, Force, Move, Phase, Shown, State};
use super::trip::{Streak, is_suspicious, judge};
use super::window::{Counts, Failure, Report, Tag, Trouble, Window};

/// The breaker of an endpoint. Times are milliseconds of the process's clock.
#[derive(Debug)]
#[repr(align(128))]
pub struct Breaker {
    word: AtomicU64,
    streak: AtomicU64,
    /// When it last changed. Behind the word for a moment, so only for showing.
    changed: AtomicU64,
    moves: [AtomicU64; Move::ALL.len()],
    windows: Box<[Window]>,
}

/// What an attempt was admitted with; to be given back with its report, or as void.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a probe that is neither reported nor void holds a place"]
pub struct Permit {
    epoch: u16,
    probe: bool,
}

impl Permit {
    /// Whether the attempt is a probe.
    #[must_use]
    pub fn is_probe(self) -> bool {
        self.probe
    }
}

impl Breaker {
    /// A closed breaker with a window for each worker.
    #[must_use]
    pub fn new(workers: usize, now: u64) -> Self {
        Self {
            word: AtomicU64::new(State::new(now).pack()),
            streak: AtomicU64::new(0),
            changed: AtomicU64::new(now),
            moves: std::array::from_fn(|_| AtomicU64::new(0)),
            windows: (0..workers).map(|_| Window::default()).collect(),
        }
    }

    /// Where it stands.
    #[must_use]
    pub fn state(&self) -> State {
        State::unpack(self.word.load(Ordering::Acquire))
    }

    /// Whether an attempt would be admitted now. Takes no place.
    #[must_use]
    pub fn would_admit(&self, now: u64, rules: &Rules) -> bool {
        State::unpack(self.word.load(Ordering::Relaxed)).admit(now, rules) != Admission::Refuse
    }

    /// Whether an endpoint that has come back should leave this attempt to others, if there are any.
    #[must_use]
    pub fn holds_back(&self, now: u64, random: u64, rules: &Rules) -> bool {
        let state = State::unpack(self.word.load(Ordering::Relaxed));
        matches!(state.phase, Phase::Closed { since } if state.level > 0 && rules.holds_back(since, now, random))
    }

    /// Admits an attempt, as a probe if need be; `None`: it must not be made.
    pub fn admit(&self, now: u64, rules: &Rules) -> Option<Permit> {
        loop {
            let word = self.word.load(Ordering::Relaxed);
            let state = State::unpack(word);
            match state.admit(now, rules) {
                Admission::Pass => return Some(Permit { epoch: state.epoch, probe: false }),
                Admission::Refuse => return None,
                Admission::Probe(next) => {
                    if self.change(word, next, now) {
                        return Some(Permit { epoch: next.epoch, probe: true });
                    }
                }
                Admission::After(next) => {
                    self.change(word, next, now);
                }
            }
        }
    }

    /// Takes the result of an attempt by this worker. `random` is uniform over all 64 bits.
    pub fn report(
        &self,
        worker: usize,
        permit: Permit,
        report: Report,
        now: u64,
        rules: &Rules,
        random: impl FnOnce() -> u64,
    ) {
        let Some(own) = self.windows.get(worker) else { return };
        if let Some(failure) = report.failure {
            own.note(Trouble::Failed(failure), now);
        }
        if report.slow {
            own.note(Trouble::Slow, now);
        }
        let bad = report.failure.is_some() || report.slow;
        if permit.probe {
            return self.show(permit, if bad { Shown::Failure } else { Shown::Success }, now, rules, random);
        }
        if State::unpack(self.word.load(Ordering::Relaxed)).epoch != permit.epoch {
            return;
        }
        own.record(Tag { period: rules.period(now), epoch: permit.epoch }, report);
        let connects = self.follow_streak(permit.epoch, report.failure == Some(Failure::Connect));
        if !bad {
            return;
        }
        let cause = if connects >= rules.connect_failures {
            Some(Cause::Connect)
        } else {
            let alone = merge::buckets(std::slice::from_ref(own), rules.period(now), Some(permit.epoch));
            let suspicious = is_suspicious(merge::total(&alone), rules);
            suspicious.then(|| judge(self.counted(permit.epoch, now, rules), rules)).flatten()
        };
        if let Some(cause) = cause {
            self.trip(permit.epoch, cause, now, rules, random);
        }
    }

    /// Takes back the permit of an attempt that showed nothing about the endpoint.
    pub fn void(&self, permit: Permit, now: u64, rules: &Rules) {
        if permit.probe {
            self.show(permit, Shown::Nothing, now, rules, || 0);
        }
    }

    /// Opens if what all workers counted together asks for it.
    pub fn review(&self, now: u64, rules: &Rules, random: impl FnOnce() -> u64) {
        let state = self.state();
        if !matches!(state.phase, Phase::Closed { .. }) {
            return;
        }
        if let Some(cause) = judge(self.counted(state.epoch, now, rules), rules) {
            self.trip(state.epoch, cause, now, rules, random);
        }
    }

    /// Does as an operator wants. Whether that changed anything.
    pub fn force(&self, force: Force, now: u64) -> bool {
        loop {
            let word = self.word.load(Ordering::Relaxed);
            let Some(next) = State::unpack(word).forced(force, now) else { return false };
            if self.change(word, next, now) {
                return true;
            }
        }
    }

    /// The window of all workers, the oldest bucket first, whatever the state was when it was counted.
    #[must_use]
    pub fn buckets(&self, now: u64, rules: &Rules) -> [Counts; BUCKETS] {
        merge::buckets(&self.windows, rules.period(now), None)
    }

    /// When it last changed.
    #[must_use]
    pub fn changed(&self) -> u64 {
        self.changed.load(Ordering::Relaxed)
    }

    /// How often it made this move.
    #[must_use]
    pub fn moves(&self, which: Move) -> u64 {
        self.moves.get(which.number()).map_or(0, |count| count.load(Ordering::Relaxed))
    }

    /// How often it opened.
    #[must_use]
    pub fn opened(&self) -> u64 {
        Move::ALL.into_iter().filter(|one| matches!(one, Move::Opened(_))).map(|one| self.moves(one)).sum()
    }

    /// How often this trouble came over all workers, and when it last did.
    #[must_use]
    pub fn trouble(&self, trouble: Trouble) -> (u64, u64) {
        self.windows
            .iter()
            .map(|window| window.trouble(trouble))
            .fold((0, 0), |(count, last), (more, at)| (count + more, last.max(at)))
    }

    fn counted(&self, epoch: u16, now: u64, rules: &Rules) -> Counts {
        merge::total(&merge::buckets(&self.windows, rules.period(now), Some(epoch)))
    }

    fn trip(&self, epoch: u16, cause: Cause, now: u64, rules: &Rules, random: impl FnOnce() -> u64) {
        let random = random();
        self.change_by(now, |state| state.tripped(epoch, cause, now, random, rules));
    }

    fn show(&self, permit: Permit, shown: Shown, now: u64, rules: &Rules, random: impl FnOnce() -> u64) {
        let random = random();
        self.change_by(now, |state| state.after_probe(permit.epoch, shown, now, random, rules));
    }

    /// Changes the state as `next` says, unless it says that there is nothing to change.
    fn change_by(&self, now: u64, next: impl Fn(State) -> Option<State>) {
        loop {
            let word = self.word.load(Ordering::Relaxed);
            match next(State::unpack(word)) {
                Some(next) if !self.change(word, next, now) => {}
                _ => return,
            }
        }
    }

    /// Puts `next` in the place of `word`, unless somebody was faster.
    fn change(&self, word: u64, next: State, now: u64) -> bool {
        if self.word.compare_exchange(word, next.pack(), Ordering::AcqRel, Ordering::Relaxed).is_err() {
            return false;
        }
        if State::unpack(word).epoch != next.epoch {
            self.changed.fetch_max(now, Ordering::Relaxed);
            if let Some(count) = self.moves.get(move_to(next).number()) {
                count.fetch_add(1, Ordering::Relaxed);
            }
        }
        true
    }

    /// How many failures to connect there are in a row, this result included.
    fn follow_streak(&self, epoch: u16, failed: bool) -> u32 {
        let mut streak = Streak(self.streak.load(Ordering::Relaxed));
        if !failed {
            // Only a streak that is there has to be ended, so that good times write nothing that is shared.
            if streak.length() > 0 {
                self.streak.store(0, Ordering::Relaxed);
            }
            return 0;
        }
        loop {
            let longer = streak.longer(epoch);
            match self.streak.compare_exchange(streak.0, longer.0, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return longer.length(),
                Err(other) => streak = Streak(other),
            }
        }
    }
}

/// The move that leads to a state.
fn move_to(state: State) -> Move {
    match (state.phase, state.cause) {
        (Phase::Open { .. }, Some(cause)) => Move::Opened(cause),
        (Phase::Open { .. } | Phase::ForcedOpen, _) => Move::Opened(Cause::Forced),
        (Phase::HalfOpen { .. }, _) => Move::HalfOpened,
        // Nothing but probes and operators closes a breaker, and only an operator takes the level away with it.
        (Phase::Closed { .. }, _) if state.level > 0 => Move::Recovered,
        (Phase::Closed { .. } | Phase::ForcedClosed, _) => Move::ForcedClosed,
    }
}

#[cfg(test)]
mod tests {
    use super::super::rules::tests::rules;
    use super::*;

    const FAILED: Report = Report { failure: Some(Failure::Reset), slow: false };
    const REFUSED: Report = Report { failure: Some(Failure::Connect), slow: false };
    const WELL: Report = Report { failure: None, slow: false };

    fn attempt(breaker: &Breaker, worker: usize, report: Report, now: u64) {
        let permit = breaker.admit(now, &rules()).expect("admitted");
        breaker.report(worker, permit, report, now, &rules(), || 0);
    }

    fn is_open(breaker: &Breaker) -> bool {
        matches!(breaker.state().phase, Phase::Open { .. })
    }

    #[test]
    fn workers_open_it_together_at_the_request_that_makes_enough() {
        let breaker = Breaker::new(2, 0);
        for number in 0..20 {
            assert!(!is_open(&breaker));
            attempt(&breaker, number % 2, FAILED, 1_000);
        }
        assert!(is_open(&breaker) && breaker.admit(1_000, &rules()).is_none());
        assert_eq!(breaker.moves(Move::Opened(Cause::ErrorRatio)), 1);
    }

    #[test]
    fn a_review_sees_what_no_worker_saw() {
        let breaker = Breaker::new(2, 0);
        (0..10).for_each(|_| attempt(&breaker, 0, FAILED, 1_000));
        (0..10).for_each(|_| attempt(&breaker, 1, WELL, 1_000));
        assert!(!is_open(&breaker), "the failures came first");
        breaker.review(1_000, &rules(), || 0);
        assert!(is_open(&breaker));
    }

    #[test]
    fn failures_to_connect_open_it_only_in_a_row() {
        let breaker = Breaker::new(2, 0);
        (0..4).for_each(|worker| attempt(&breaker, worker % 2, REFUSED, 1));
        attempt(&breaker, 0, WELL, 1);
        (0..4).for_each(|worker| attempt(&breaker, worker % 2, REFUSED, 1));
        assert!(!is_open(&breaker));
        attempt(&breaker, 1, REFUSED, 1);
        assert_eq!(breaker.state().cause, Some(Cause::Connect));
        assert_eq!(breaker.trouble(Trouble::Failed(Failure::Connect)), (9, 1));
    }

    #[test]
    fn what_began_before_a_change_counts_no_more() {
        let breaker = Breaker::new(1, 0);
        let permits: Vec<_> = (0..30).filter_map(|_| breaker.admit(0, &rules())).collect();
        breaker.force(Force::Open, 0);
        breaker.force(Force::Auto, 0);
        for permit in permits {
            breaker.report(0, permit, FAILED, 1, &rules(), || 0);
        }
        breaker.review(1, &rules(), || 0);
        assert!(matches!(breaker.state().phase, Phase::Closed { .. }));
    }

    #[test]
    fn it_comes_back_by_itself() {
        let breaker = Breaker::new(1, 0);
        (0..20).for_each(|_| attempt(&breaker, 0, FAILED, 0));
        assert!(!breaker.would_admit(29_999, &rules()) && breaker.would_admit(30_000, &rules()));
        (0..3).for_each(|_| attempt(&breaker, 0, WELL, 30_000));
        assert!(matches!(breaker.state().phase, Phase::Closed { .. }));
        (0..19).for_each(|_| attempt(&breaker, 0, FAILED, 30_000));
        assert!(!is_open(&breaker), "the old failures are forgotten");
        let moves: Vec<_> = Move::ALL.into_iter().filter(|one| breaker.moves(*one) == 1).collect();
        assert_eq!(moves, [Move::Opened(Cause::ErrorRatio), Move::HalfOpened, Move::Recovered]);
    }
}
