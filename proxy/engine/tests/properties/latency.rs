//! Latencies are counted in the buckets of an HdrHistogram, no bucket is wider than two digits allow, and what is read in
//! pieces adds up to what was counted.

use hdrhistogram::Histogram;
use proptest::collection::vec;
use proptest::prelude::*;
use supplex_engine::stats::LatencyBlock;
use supplex_engine::stats::latency::layout::{DIGITS, LENGTH, LONGEST, highest_of, index_of, lowest_of};
use supplex_engine::stats::latency::{Follower, Phase};

fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, LONGEST, DIGITS).expect("the bounds of the layout")
}

/// Latencies of every magnitude, up to an hour.
fn micros() -> impl Strategy<Value = u64> {
    (0_u32..32, any::<u64>()).prop_map(|(bits, random)| (random & ((1 << bits) - 1)).min(LONGEST))
}

/// What a block is told, and whether somebody looks then.
#[derive(Clone, Debug)]
struct Step {
    total: u64,
    upstream: Option<u64>,
    overhead: u64,
    look: bool,
}

fn step() -> impl Strategy<Value = Step> {
    (micros(), prop::option::of(micros()), micros(), prop::bool::weighted(0.1))
        .prop_map(|(total, upstream, overhead, look)| Step { total, upstream, overhead, look })
}

/// The time of a phase of a step, in microseconds.
fn time(step: &Step, phase: Phase) -> Option<u64> {
    match phase {
        Phase::Total => Some(step.total),
        Phase::Upstream => step.upstream,
        Phase::Overhead => Some(step.overhead),
    }
}

proptest! {
    #[test]
    fn a_bucket_is_that_of_an_hdr_histogram(micros in micros()) {
        let (histogram, index) = (histogram(), index_of(micros));
        prop_assert!(index < LENGTH && LENGTH <= histogram.distinct_values());
        prop_assert_eq!(lowest_of(index), histogram.lowest_equivalent(micros));
        prop_assert_eq!(highest_of(index), histogram.highest_equivalent(micros));
    }

    #[test]
    fn a_bucket_holds_its_latency_and_is_narrow(micros in micros()) {
        let (lowest, highest) = (lowest_of(index_of(micros)), highest_of(index_of(micros)));
        prop_assert!(lowest <= micros && micros <= highest);
        prop_assert!(highest - lowest <= lowest / 128, "{lowest} to {highest}");
    }

    #[test]
    fn a_longer_latency_never_has_a_lower_bucket(one in micros(), other in micros()) {
        prop_assert!(index_of(one.min(other)) <= index_of(one.max(other)));
    }

    #[test]
    fn looks_add_up_to_what_was_counted(steps in vec(step(), 0..120)) {
        let (block, mut follower) = (LatencyBlock::default(), Follower::default());
        let mut deltas = Vec::new();
        for step in &steps {
            block.observe(step.total * 1_000, step.upstream.map(|time| time * 1_000 + 999), step.overhead * 1_000);
            if step.look {
                deltas.extend(follower.look(&block));
            }
        }
        deltas.extend(follower.look(&block));
        prop_assert!(follower.look(&block).is_none(), "nothing is told twice");
        for (phase, _) in Phase::ALL {
            let (mut told, mut counted) = (histogram(), histogram());
            for (index, more) in deltas.iter().flat_map(|delta| delta.grown(phase)) {
                told.record_n(lowest_of((*index).into()), (*more).into()).expect("within the bounds");
            }
            for time in steps.iter().filter_map(|step| time(step, phase)) {
                counted.record(time).expect("within the bounds");
            }
            prop_assert_eq!(&told, &counted);
            prop_assert_eq!(told.value_at_quantile(0.99), counted.value_at_quantile(0.99));
            prop_assert_eq!(deltas.iter().map(|delta| delta.count(phase)).sum::<u64>(), counted.len());
        }
    }
}
