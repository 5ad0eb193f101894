//! A bucket is a token bucket: never more than its burst and its rate, all or nothing, and an exact time to wait.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use supplex_engine::config::Rate;
use supplex_engine::limit::{Bucket, Entry, Family, Key, Shape, Table};

fn shape() -> impl Strategy<Value = Shape> {
    let period = prop::sample::select(vec![1_u64, 60, 3600]);
    (1..2000_u32, period, 1..300_u32)
        .prop_map(|(tokens, seconds, burst)| Shape::new(Rate { tokens, period: Duration::from_secs(seconds) }, burst))
}

/// Pauses in nanoseconds, of every size that matters, and costs.
fn requests() -> impl Strategy<Value = Vec<(u64, u32, u32)>> {
    let pause = prop_oneof![Just(0), 0..1000_u64, 0..50_000_000_u64, 0..5_000_000_000_u64];
    vec((pause, prop_oneof![3 => Just(1), 1 => 1..20_u32], prop_oneof![2 => Just(0), 1 => 0..10_u32]), 1..120)
}

/// The textbook: tokens as a fraction (in nanoseconds' worth), added as time goes by, capped at the burst.
struct Naive {
    worth: u128,
    at: u64,
}

impl Naive {
    fn take(&mut self, shape: Shape, now: u64, cost: u32) -> bool {
        let full = u128::from(shape.interval()) * u128::from(shape.burst());
        self.worth = (self.worth + u128::from(now - self.at)).min(full);
        self.at = now;
        let needed = u128::from(shape.interval()) * u128::from(cost);
        let covered = self.worth >= needed;
        if covered {
            self.worth -= needed;
        }
        covered
    }
}

fn entry(limit: &str, shape: Shape, cost: u32) -> Entry {
    Entry { family: Family::of(limit), shape, key: Key::new(b"k").unwrap(), cost, extra: 0 }
}

proptest! {
    #[test]
    fn it_decides_like_the_textbook(shape in shape(), requests in requests()) {
        let (mut bucket, mut now) = (Bucket::default(), 1_000_000_000_000);
        let mut naive = Naive { worth: u128::MAX >> 1, at: now };
        for (pause, cost, _) in requests {
            now += pause;
            let balance = bucket.take(shape, now, cost, 0);
            prop_assert_eq!(balance.covered, naive.take(shape, now, cost));
            prop_assert_eq!(u128::from(balance.remaining), naive.worth / u128::from(shape.interval()));
        }
    }

    #[test]
    fn no_window_admits_more_than_burst_and_rate(shape in shape(), requests in requests()) {
        let (mut bucket, mut now) = (Bucket::default(), 1_000_000_000_000);
        let mut taken: Vec<(u64, u64)> = Vec::new();
        for (pause, cost, extra) in requests {
            now += pause;
            let balance = bucket.take(shape, now, cost, extra);
            if balance.covered {
                taken.push((now, u64::from(cost + balance.granted)));
            }
        }
        for (first, (start, _)) in taken.iter().enumerate() {
            let mut sum = 0;
            for (end, tokens) in &taken[first..] {
                sum += tokens;
                prop_assert!(sum <= u64::from(shape.burst()) + (end - start) / shape.interval());
            }
        }
    }

    #[test]
    fn waiting_as_told_is_enough_and_a_nanosecond_less_is_not(shape in shape(), requests in requests()) {
        let (mut bucket, mut now) = (Bucket::default(), 1_000_000_000_000);
        for (pause, cost, extra) in requests {
            now += pause;
            let before = bucket;
            let balance = bucket.take(shape, now, cost, extra);
            if balance.covered {
                prop_assert_eq!(balance.retry_after, 0);
            } else {
                prop_assert_eq!(bucket, before, "a refusal takes nothing");
                if cost <= shape.burst() {
                    prop_assert!(!bucket.look(shape, now + balance.retry_after - 1, cost).covered);
                    prop_assert!(bucket.look(shape, now + balance.retry_after, cost).covered);
                }
            }
            prop_assert!(bucket.is_full(now + balance.full_after));
        }
    }

    #[test]
    fn several_are_charged_together_or_not_at_all(one in shape(), other in shape(), requests in requests()) {
        let (mut table, mut now) = (Table::new(16, 3), 1_000_000_000_000);
        let (mut first, mut second) = (Bucket::default(), Bucket::default());
        for (pause, cost, other_cost) in requests {
            now += pause;
            let entries = [entry("one", one, cost), entry("other", other, other_cost.max(1))];
            let both = first.look(one, now, cost).covered && second.look(other, now, other_cost.max(1)).covered;
            prop_assert_eq!(table.charge(&entries, now).admits(), both);
            if both {
                first.take(one, now, cost, 0);
                second.take(other, now, other_cost.max(1), 0);
            }
        }
    }

    #[test]
    fn nothing_overflows(
        tokens in any::<u32>(), period in any::<u64>(), burst in any::<u32>(),
        requests in vec((any::<u64>(), any::<u32>(), any::<u32>()), 1..20),
    ) {
        let shape = Shape::new(Rate { tokens, period: Duration::from_nanos(period) }, burst);
        let mut bucket = Bucket::default();
        for (now, cost, extra) in requests {
            let balance = bucket.take(shape, now, cost, extra);
            prop_assert!(balance.granted <= extra && balance.remaining <= shape.burst());
        }
    }
}
