//! Health and ejection under any history: nothing changes without enough reason, not too many are out, nobody for ever.

use std::time::Duration;

use proptest::prelude::*;
use supplex_engine::config::{Ejection, Ratio};
use supplex_engine::upstream::health::{HealthCheck, panics};
use supplex_engine::upstream::outlier::{Outlier, has_room};

use crate::numbers::Numbers;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn an_endpoint_changes_exactly_after_enough_probes_in_a_row(
        results in prop::collection::vec(any::<bool>(), 1..200),
        unhealthy_after in 1..5_u32,
        healthy_after in 1..5_u32,
    ) {
        let mut check = HealthCheck::default();
        for end in 1..=results.len() {
            let before = check.is_healthy();
            let changed = check.probed(results[end - 1], unhealthy_after, healthy_after);
            prop_assert_eq!(changed, check.is_healthy() != before);
            let needed = if before { unhealthy_after } else { healthy_after } as usize;
            let enough = end >= needed && results[end - needed..end].iter().all(|passed| *passed != before);
            prop_assert_eq!(changed, enough, "after {:?}", &results[..end]);
        }
    }

    #[test]
    fn not_too_many_are_ejected_and_everybody_returns(
        count in 1..12_usize,
        most in 0.05..1.0_f64,
        consecutive_failures in 1..6_u32,
        eject_for in 1..1000_u64,
        failing in 0..100_u64,
        seed: u64,
    ) {
        let max_ejected = Ratio::new(most).expect("a share");
        let rules = Ejection { consecutive_failures, eject_for: Duration::from_nanos(eject_for), max_ejected };
        let (mut outliers, mut since) = (vec![Outlier::default(); count], vec![None; count]);
        let (mut numbers, mut now) = (Numbers(seed), 0_u64);
        for _ in 0..2000 {
            now += numbers.next() % (eject_for / 4 + 2);
            for (outlier, since) in outliers.iter_mut().zip(&mut since) {
                if outlier.tick(now) {
                    *since = None;
                }
            }
            let at = (numbers.next() % count as u64) as usize;
            let ejected = outliers.iter().filter(|outlier| outlier.is_ejected()).count();
            let room = has_room(ejected, count, max_ejected);
            let failed = numbers.next() % 100 < failing;
            if outliers[at].attempted(failed, now, &rules, room) {
                prop_assert!(room && failed);
                since[at] = Some(now);
            }
            let ejected = outliers.iter().filter(|outlier| outlier.is_ejected()).count();
            prop_assert!(ejected as f64 <= most * count as f64 + 1e-6, "{} of {}", ejected, count);
            for since in since.iter().flatten() {
                prop_assert!(now - since <= 32 * eject_for, "out for ever");
            }
        }
    }

    #[test]
    fn panic_is_for_few_and_ends_with_more(total in 0..50_usize, threshold in 0.01..1.0_f64) {
        let threshold = Ratio::new(threshold);
        let panicking: Vec<bool> = (0..=total).map(|usable| panics(usable, total, threshold)).collect();
        prop_assert!(!panicking[total], "with all there is none");
        prop_assert_eq!(panicking[0], total > 0, "with none there always is");
        prop_assert!(panicking.windows(2).all(|pair| pair[0] || !pair[1]), "one more usable never begins it");
    }
}
