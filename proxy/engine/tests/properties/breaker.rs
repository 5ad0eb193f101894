//! Breakers: what is counted is what happened, nothing opens too early, nobody gets a probe too many, and nothing stays
//! open for ever.

use std::time::Duration;

use proptest::prelude::*;
use supplex_engine::config::{self, BreakerMode, Ratio};
use supplex_engine::upstream::breaker::state::{Admission, Shown};
use supplex_engine::upstream::breaker::{Breaker, Cause, Counts, Failure, Force, Phase, Report, Rules, State};

const WORKERS: usize = 3;
/// Milliseconds.
const OPEN_FOR: u64 = 1_000;
const WINDOW: u64 = 1_000;

fn rules(min_requests: u32, probes: u8) -> Rules {
    let settings = config::Breaker {
        window: Duration::from_millis(WINDOW),
        min_requests,
        error_ratio: Ratio::new(0.5).unwrap(),
        slow_after: Duration::from_millis(100),
        slow_ratio: Ratio::new(0.8).unwrap(),
        open_for: Duration::from_millis(OPEN_FOR),
        probes,
        connect_failures: 1_000_000,
        return_over: None,
        mode: BreakerMode::Enforce,
    };
    Rules::new(&settings, Duration::from_secs(1))
}

/// One result: by which worker, how long after the one before, and whether it failed or was slow.
fn results() -> impl Strategy<Value = Vec<(usize, u64, Report)>> {
    let report = (any::<bool>(), any::<bool>())
        .prop_map(|(failed, slow)| Report { failure: failed.then_some(Failure::Reset), slow });
    let gap = prop_oneof![4 => 0..40_u64, 1 => 40..1_500_u64];
    prop::collection::vec((0..WORKERS, gap, report), 1..200)
}

/// The counts of what happened within the ten buckets that end with `now`.
fn naive(happened: &[(u64, Report)], now: u64) -> Counts {
    let period = |at: u64| at / (WINDOW / 10);
    let mut counts = Counts::default();
    for (_, report) in happened.iter().filter(|(at, _)| period(*at) + 10 > period(now)) {
        let failed = u64::from(report.failure.is_some());
        counts.add(Counts { successes: 1 - failed, failures: failed, slow: u64::from(report.slow) });
    }
    counts
}

fn total(breaker: &Breaker, now: u64, rules: &Rules) -> Counts {
    let mut total = Counts::default();
    breaker.buckets(now, rules).into_iter().for_each(|counts| total.add(counts));
    total
}

/// What agents do with a word they share: look at it, and then try to change it, with anything in between.
#[derive(Clone, Copy, Debug)]
enum Act {
    Look(usize),
    Enter(usize),
    Show(usize, Shown),
    Wait(u64),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let shown = prop_oneof![6 => Just(Shown::Success), 1 => Just(Shown::Failure), 1 => Just(Shown::Nothing)];
    let act = prop_oneof![
        4 => (0..6_usize).prop_map(Act::Look),
        4 => (0..6_usize).prop_map(Act::Enter),
        2 => (0..20_usize, shown).prop_map(|(which, shown)| Act::Show(which, shown)),
        1 => (0..1_200_u64).prop_map(Act::Wait),
    ];
    prop::collection::vec(act, 1..300)
}

proptest! {
    #[test]
    fn windows_count_what_a_list_of_everything_counts(results in results()) {
        // It never trips, so that everything counts.
        let (breaker, rules) = (Breaker::new(WORKERS, 0), rules(1_000_000, 1));
        let (mut now, mut happened) = (0, Vec::new());
        for (worker, gap, report) in results {
            now += gap;
            let permit = breaker.admit(now, &rules).expect("it is closed");
            breaker.report(worker, permit, report, now, &rules, || 0);
            happened.push((now, report));
            prop_assert_eq!(total(&breaker, now, &rules), naive(&happened, now));
        }
    }

    #[test]
    fn it_opens_exactly_when_all_workers_together_counted_enough(results in results(), least in 1..30_u32) {
        let (breaker, rules) = (Breaker::new(WORKERS, 0), rules(least, 1));
        let (mut now, mut happened) = (0, Vec::new());
        for (worker, gap, report) in results {
            now += gap;
            let permit = breaker.admit(now, &rules).expect("it is closed");
            breaker.report(worker, permit, report, now, &rules, || 0);
            happened.push((now, report));
            let counts = naive(&happened, now);
            let enough = counts.total() >= u64::from(least);
            let (errors, slows) = (2 * counts.failures >= counts.total(), 5 * counts.slow >= 4 * counts.total());
            if let Phase::Open { .. } = breaker.state().phase {
                prop_assert!(enough && (errors || slows), "{counts:?} of {least}");
            }
            breaker.review(now, &rules, || 0);
            let open = matches!(breaker.state().phase, Phase::Open { .. });
            prop_assert_eq!(open, enough && (errors || slows), "{:?} of {}", counts, least);
            if open {
                break;
            }
        }
    }

    #[test]
    fn no_interleaving_admits_a_probe_too_many(acts in acts(), probes in 1..5_u8) {
        let rules = rules(1, probes);
        let (mut now, mut word) = (5_000, State::new(0).tripped(0, Cause::Connect, 0, 0, &rules).unwrap().pack());
        let mut looked = [None; 6];
        // Probes that are out, with their epochs; and for the round that runs, how many there were in all.
        let (mut out, mut round): (Vec<u16>, (u16, u32)) = (Vec::new(), (0, 0));
        for act in acts {
            match act {
                Act::Wait(time) => now += time,
                Act::Look(agent) => looked[agent] = Some((word, State::unpack(word).admit(now, &rules))),
                Act::Enter(agent) => {
                    // The exchange fails when the word is not what was looked at.
                    let Some((seen, Admission::Probe(next))) = looked[agent].take() else { continue };
                    if seen != word {
                        continue;
                    }
                    word = next.pack();
                    round = if round.0 == next.epoch { (round.0, round.1 + 1) } else { (next.epoch, 1) };
                    out.push(next.epoch);
                    prop_assert!(round.1 <= u32::from(probes), "{} of {probes}", round.1);
                }
                Act::Show(which, shown) if !out.is_empty() => {
                    let epoch = out.swap_remove(which % out.len());
                    let before = State::unpack(word);
                    let Some(next) = before.after_probe(epoch, shown, now, 0, &rules) else { continue };
                    if shown == Shown::Nothing {
                        round.1 -= 1;
                    }
                    if let Phase::Closed { .. } = next.phase {
                        prop_assert_eq!(round.1, u32::from(probes), "closed by all of them");
                        return Ok(());
                    }
                    word = next.pack();
                }
                Act::Show(..) => {}
            }
        }
    }

    #[test]
    fn it_never_stays_open_for_ever(
        acts in prop::collection::vec((0..WORKERS, 0..3_000_u64, any::<bool>(), any::<bool>(), any::<u64>()), 0..100),
        probes in 1..5_u8,
    ) {
        let (breaker, rules) = (Breaker::new(WORKERS, 0), rules(2, probes));
        let mut now = 0;
        for (worker, gap, failed, told, random) in acts {
            now += gap;
            let Some(permit) = breaker.admit(now, &rules) else { continue };
            // What is neither told nor void is the worst that can happen: a probe that is lost.
            if told {
                let report = Report { failure: failed.then_some(Failure::Timeout), slow: false };
                breaker.report(worker, permit, report, now, &rules, || random);
            }
        }
        // The longest it can be open, or half-open with every probe lost.
        now += 11 * OPEN_FOR + 4_000;
        // A round that had begun may have places left, and lost probes that count for nothing: then there is one more.
        for _ in 0..2 * probes {
            let permit = breaker.admit(now, &rules);
            prop_assert!(permit.is_some(), "{:?}", breaker.state());
            breaker.report(0, permit.unwrap(), Report::default(), now, &rules, || 0);
        }
        prop_assert!(matches!(breaker.state().phase, Phase::Closed { .. }), "{:?}", breaker.state());
    }

    #[test]
    fn an_operator_is_obeyed_until_further_notice(
        acts in prop::collection::vec((0..WORKERS, 0..3_000_u64, any::<bool>()), 0..100), open in any::<bool>(),
    ) {
        let (breaker, rules) = (Breaker::new(WORKERS, 0), rules(1, 1));
        breaker.force(if open { Force::Open } else { Force::Closed }, 0);
        let mut now = 0;
        for (worker, gap, failed) in acts {
            now += gap;
            let permit = breaker.admit(now, &rules);
            prop_assert_eq!(permit.is_none(), open);
            if let Some(permit) = permit {
                let report = Report { failure: failed.then_some(Failure::Timeout), slow: false };
                breaker.report(worker, permit, report, now, &rules, || 0);
            }
            breaker.review(now, &rules, || 0);
        }
    }
}

#[test]
fn threads_that_ask_at_once_get_exactly_the_probes_there_are() {
    let rules = rules(1, 7);
    for round in 0..200_u64 {
        let breaker = Breaker::new(4, 0);
        let permit = breaker.admit(round, &rules).expect("it is closed");
        let report = Report { failure: Some(Failure::Reset), slow: false };
        breaker.report(0, permit, report, round, &rules, || 0);
        let now = round + OPEN_FOR;
        let admitted: usize = std::thread::scope(|scope| {
            let ask = || (0..20).filter(|_| breaker.admit(now, &rules).is_some()).count();
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(ask)).collect();
            threads.into_iter().map(|thread| thread.join().expect("no panic")).sum()
        });
        assert_eq!(admitted, 7);
    }
}

#[test]
fn a_reader_never_sees_more_than_was_counted() {
    let (breaker, rules) = (Breaker::new(1, 0), rules(1_000_000, 1));
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for event in 0..200_000_u64 {
                // A new bucket every ten results, so that buckets are emptied all the time.
                let now = event * 10;
                let permit = breaker.admit(now, &rules).expect("it is closed");
                breaker.report(0, permit, Report::default(), now, &rules, || 0);
            }
        });
        let mut now = 0;
        while !writer.is_finished() {
            now = (now + 10) % 2_000_000;
            let most = breaker.buckets(now, &rules).map(Counts::total).into_iter().max().unwrap_or(0);
            // Two buckets may fall together in the last place: what is a little ahead counts as now.
            assert!(most <= 20, "{most} in a bucket of 10");
        }
    });
}
