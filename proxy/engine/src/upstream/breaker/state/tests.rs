//! Each edge of the diagram, one after the other.

use super::super::rules::tests::{rules, settings};
use super::*;
use crate::config;

const NOW: u64 = 100_000;

fn closed() -> State {
    State::new(NOW)
}

fn open() -> State {
    closed().tripped(0, Cause::ErrorRatio, NOW, 0, &rules()).expect("it trips")
}

fn probe(state: State, now: u64) -> State {
    match state.admit(now, &rules()) {
        Admission::Probe(next) => next,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_state_survives_packing() {
    let phases = [
        Phase::Closed { since: 12_345_678_901 },
        Phase::Open { until: (1 << 39) - 1 },
        Phase::HalfOpen { began: 31_000_000, admitted: 100, succeeded: 99 },
        Phase::ForcedOpen,
        Phase::ForcedClosed,
    ];
    for phase in phases {
        for cause in [None, Some(Cause::ErrorRatio), Some(Cause::Forced)] {
            let state = State { phase, epoch: 65_535, level: LEVEL_MOST, cause };
            assert_eq!(State::unpack(state.pack()), state);
        }
    }
}

#[test]
fn open_refuses_until_its_time_and_then_probes() {
    let open = open();
    assert_eq!(open.phase, Phase::Open { until: NOW + 30_000 });
    assert_eq!(open.admit(NOW + 29_999, &rules()), Admission::Refuse);
    let mut state = open;
    for admitted in 1..=3 {
        state = probe(state, NOW + 30_000);
        assert_eq!(state.phase, Phase::HalfOpen { began: 130, admitted, succeeded: 0 });
    }
    assert_eq!(state.admit(NOW + 30_000, &rules()), Admission::Refuse);
}

#[test]
fn all_probes_close_and_one_opens_for_longer() {
    let mut state = probe(open(), NOW + 30_000);
    let epoch = state.epoch;
    for _ in 0..2 {
        state = state.after_probe(epoch, Shown::Success, NOW + 30_001, 0, &rules()).expect("it counts");
    }
    let closed = state.after_probe(epoch, Shown::Success, NOW + 30_002, 0, &rules()).expect("it counts");
    assert_eq!(closed.phase, Phase::Closed { since: NOW + 30_002 });
    assert_eq!(closed.after_probe(epoch, Shown::Failure, NOW, 0, &rules()), None, "the round is over");
    let again = state.after_probe(epoch, Shown::Failure, NOW + 30_002, 0, &rules()).expect("it counts");
    assert_eq!((again.phase, again.cause), (Phase::Open { until: NOW + 90_002 }, Some(Cause::ProbeFailed)));
}

#[test]
fn a_probe_that_shows_nothing_gives_its_place_back() {
    let mut state = probe(open(), NOW + 30_000);
    for _ in 0..2 {
        state = probe(state, NOW + 30_000);
    }
    let freed = state.after_probe(state.epoch, Shown::Nothing, NOW + 30_000, 0, &rules()).expect("it counts");
    assert_eq!(probe(freed, NOW + 30_000), state);
}

#[test]
fn a_round_that_is_not_decided_begins_anew_and_its_probes_count_no_more() {
    let mut state = probe(open(), NOW + 30_000);
    for _ in 0..2 {
        state = probe(state, NOW + 30_000);
    }
    assert_eq!(state.admit(NOW + 61_000, &rules()), Admission::Refuse);
    let next = probe(state, NOW + 62_000);
    assert_eq!(next.phase, Phase::HalfOpen { began: 162, admitted: 1, succeeded: 0 });
    assert_eq!(next.after_probe(state.epoch, Shown::Failure, NOW + 62_000, 0, &rules()), None);
    assert_eq!(state.admit(NOW + 29_000, &rules()), Admission::Refuse, "a clock that is behind is no reason");
}

#[test]
fn fewer_probes_after_a_reload_do_not_leave_it_half_open() {
    let mut state = probe(open(), NOW + 30_000);
    state = state.after_probe(state.epoch, Shown::Success, NOW + 30_000, 0, &rules()).expect("it counts");
    let one = Rules::new(&config::Breaker { probes: 1, ..settings() }, std::time::Duration::from_secs(1));
    let Admission::After(closed) = state.admit(NOW + 30_000, &one) else { panic!("it closes") };
    assert_eq!(closed.admit(NOW + 30_000, &one), Admission::Pass);
}

#[test]
fn opening_again_soon_lasts_longer_and_later_it_is_another_illness() {
    let close = |state: State, now| State { phase: Phase::Closed { since: now }, ..state };
    let first = close(open(), NOW);
    let soon = first.tripped(first.epoch, Cause::Connect, NOW + 29_999, 0, &rules()).expect("it trips");
    assert_eq!((soon.level, soon.phase), (2, Phase::Open { until: NOW + 29_999 + 60_000 }));
    let late = first.tripped(first.epoch, Cause::Connect, NOW + 30_000, 0, &rules()).expect("it trips");
    assert_eq!((late.level, late.phase), (1, Phase::Open { until: NOW + 60_000 }));
    let worst = State { level: LEVEL_MOST, ..first };
    let longest = worst.tripped(first.epoch, Cause::Connect, NOW, 0, &rules()).expect("it trips");
    assert_eq!(longest.phase, Phase::Open { until: NOW + 300_000 });
}

#[test]
fn only_a_closed_breaker_of_the_same_epoch_trips() {
    let trip = |state: State, epoch| state.tripped(epoch, Cause::ErrorRatio, NOW, 0, &rules());
    assert_eq!(trip(closed(), 1), None);
    assert_eq!(trip(open(), 1), None);
    let forced = closed().forced(Force::Closed, NOW).expect("a change");
    assert_eq!(trip(forced, forced.epoch), None);
}

#[test]
fn an_operator_has_the_last_word() {
    for state in [closed(), open(), probe(open(), NOW + 30_000)] {
        let shut = state.forced(Force::Open, NOW).expect("a change");
        assert_eq!(shut.admit(u64::MAX, &rules()), Admission::Refuse);
        assert_eq!(shut.forced(Force::Open, NOW), None);
        let through = shut.forced(Force::Closed, NOW).expect("a change");
        assert_eq!(through.admit(NOW, &rules()), Admission::Pass);
        let auto = through.forced(Force::Auto, NOW + 5).expect("a change");
        assert_eq!(auto.phase, Phase::Closed { since: NOW + 5 });
        assert_eq!(auto.forced(Force::Auto, NOW), None);
    }
}

#[test]
fn moves_are_numbered_as_they_are_listed() {
    for (number, one) in Move::ALL.into_iter().enumerate() {
        assert_eq!(one.number(), number);
    }
}
