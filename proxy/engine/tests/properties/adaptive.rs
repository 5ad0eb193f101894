//! Adaptive concurrency: bounds hold whatever is counted, and with an upstream that queues, the limit finds what the
//! upstream can do at once, wherever it comes from.

mod server;

use std::time::Duration;

use proptest::prelude::*;
use supplex_engine::config::{Adaptive, Tolerance};
use supplex_engine::upstream::AdaptiveLimit;
use supplex_engine::upstream::adaptive::Totals;

use server::{Load, Server};

const MILLI: u64 = 1_000_000;
const SECOND: u64 = 1_000 * MILLI;

fn rules(min: usize, max: usize) -> Adaptive {
    Adaptive {
        min,
        max,
        window: Duration::from_millis(100),
        tolerance: Tolerance::new(1.5).expect("in its range"),
        remeasure: Duration::from_secs(30),
    }
}

/// The most that is near enough to `places`: the tolerance, the headroom, and what a baseline may be wrong by.
fn near(places: u64) -> u64 {
    let places = places as f64;
    (2.0 * places + 2.0 * places.sqrt() + 4.0) as u64
}

fn totals() -> impl Strategy<Value = Totals> {
    // Counts that break their own rules too: what is read while it is written need not fit together.
    let number = || prop_oneof![Just(0), 0..200_u64, 0..SECOND, any::<u64>()];
    (number(), number(), number(), number(), number()).prop_map(|(samples, latency, arrivals, seen, pressed)| Totals {
        samples,
        latency,
        arrivals,
        seen,
        pressed,
    })
}

proptest! {
    #[test]
    fn bounds_always_hold(
        min in 1..50_usize,
        above in 0..2_000_usize,
        steps in prop::collection::vec((prop_oneof![0..20 * MILLI, 0..100 * SECOND], 0..3_000_u64, totals()), 1..200),
    ) {
        let rules = rules(min, min + above);
        let mut limit = AdaptiveLimit::new(&rules, Totals::default(), 0);
        let (mut now, mut sum) = (0_u64, Totals::default());
        for (pause, in_flight, more) in steps {
            now += pause;
            sum = sum.and(more);
            limit.advance(now, in_flight, sum);
            prop_assert!((min as u64..=(min + above) as u64).contains(&limit.limit()), "{}", limit.limit());
        }
    }

}

proptest! {
    // Each case is minutes of a busy upstream.
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn it_finds_what_the_upstream_can_do_and_finds_it_again(
        seed in any::<u64>(),
        places in 4..120_u64,
        millis in 3..60_u64,
        overload in 1.3..6.0_f64,
        other in 4..120_u64,
    ) {
        let mut server = Server::new(seed, places, millis * MILLI, &rules(4, 1_024));
        let load = Load::Times(overload);
        server.run(40 * SECOND, load);
        let settled = server.settled(load);
        prop_assert!((places..=near(places)).contains(&settled), "{settled} of {server:?}");
        // Another capacity is another start.
        server.places = other;
        server.run(40 * SECOND, load);
        let settled = server.settled(load);
        prop_assert!((other..=near(other)).contains(&settled), "{settled} of {server:?}");
    }

    #[test]
    fn a_crowd_that_is_there_from_the_start_and_never_fills_the_limit_is_thinned(
        seed in any::<u64>(),
        places in 4..40_u64,
        millis in 5..40_u64,
        times in 4..12_u64,
    ) {
        let mut server = Server::new(seed, places, millis * MILLI, &rules(2, 1_024));
        // So many that ask again as soon as they are answered, with a little pause when they are refused.
        let crowd = (places * times).min(400);
        server.run_crowd(20 * SECOND, crowd);
        let settled = server.settled_with(|server| server.run_crowd(3 * SECOND, crowd));
        prop_assert!((places..=near(places)).contains(&settled), "{settled} of {server:?}");
    }

    #[test]
    fn it_recovers_from_an_upstream_that_was_slow(
        seed in any::<u64>(),
        places in 8..80_u64,
        slower in 3..40_u64,
        lasts in 1..100_u64,
    ) {
        let mut server = Server::new(seed, places, 10 * MILLI, &rules(4, 1_024));
        // Of what it can do when it is well, so that everything fits before and after.
        let load = Load::PerSecond(places as f64 * 100.0 * 0.7);
        // At first it is not known what there is to be known.
        server.run(5 * SECOND, load);
        server.refused = 0;
        server.run(5 * SECOND, load);
        prop_assert_eq!(server.refused, 0, "{:?}", server);
        server.service *= slower;
        server.run(lasts * SECOND, load);
        server.service /= slower;
        server.run(10 * SECOND, load);
        let before = (server.refused, server.totals.arrivals);
        server.run(10 * SECOND, load);
        let (refused, arrived) = (server.refused - before.0, server.totals.arrivals - before.1);
        // Chance makes a crowd now and then.
        prop_assert!(refused * 200 <= arrived, "{refused} of {arrived}: {server:?}");
    }

    #[test]
    fn an_upstream_that_is_slower_for_good_is_not_throttled_for_good(
        seed in any::<u64>(),
        places in 16..80_u64,
        slower in 2..20_u64,
    ) {
        let mut server = Server::new(seed, places, 5 * MILLI, &rules(4, 1_024));
        server.run(5 * SECOND, Load::Times(0.7));
        server.service *= slower;
        // More than before, but it can do that: only the old baseline speaks against it.
        server.run(60 * SECOND, Load::Times(1.5));
        let settled = server.settled(Load::Times(1.5));
        prop_assert!((places..=near(places)).contains(&settled), "{settled} of {server:?}");
    }

    #[test]
    fn a_limit_that_is_not_used_does_not_grow(
        seed in any::<u64>(),
        places in 20..80_u64,
    ) {
        let mut server = Server::new(seed, places, 10 * MILLI, &rules(4, 1_024));
        server.run(20 * SECOND, Load::Times(2.0));
        let before = server.settled(Load::Times(2.0));
        server.run(60 * SECOND, Load::Times(0.2));
        prop_assert!(server.limit.limit() <= 2 * near(places), "{before}: {server:?}");
        prop_assert!(!server.limit.is_measuring(), "nobody is held back to measure what nobody needs");
    }

    #[test]
    fn a_few_failures_change_little(
        seed in any::<u64>(),
        places in 8..80_u64,
        hang in any::<bool>(),
    ) {
        let mut server = Server::new(seed, places, 10 * MILLI, &rules(4, 1_024));
        let load = Load::Times(2.0);
        server.failing = 2;
        server.hang = hang;
        server.run(40 * SECOND, load);
        prop_assert!((places * 3 / 4..=near(places * 3 / 2)).contains(&server.settled(load)), "{server:?}");
    }
}
