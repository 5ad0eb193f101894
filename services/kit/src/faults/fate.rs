//! What befalls one request: a pure function of the plan, the seed and the number of the request.
//!
//! No clock and no generator with a state: requests that are handled side by side cannot change each other's lot.

use std::num::NonZeroU32;
use std::time::Duration;

use super::plan::{After, Latency, Millis, Plan, Status};

/// What befalls one request. By default, nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fate {
    /// How much longer it takes.
    pub(crate) delay: Option<Duration>,
    /// What comes instead of the answer, and when.
    pub(crate) instead: Option<(Instead, After)>,
    /// How many bytes of the answer's body come in a second.
    pub(crate) slow: Option<NonZeroU32>,
}

/// What comes instead of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Instead {
    /// Nothing.
    Hang,
    /// The end of the connection.
    Reset,
    /// An error.
    Error(Status),
}

impl Fate {
    /// What befalls request `number` under `plan`.
    pub(crate) fn of(plan: &Plan, seed: u64, number: u64) -> Self {
        // Each question has a lot of its own, so that one part of a plan does not depend on another.
        let lot = |question: u64| uniform(mix(seed ^ mix(number.wrapping_mul(8) + question)));
        let delay = plan.latency.and_then(|latency| {
            (lot(0) < latency.ratio()).then(|| Duration::from_secs_f64(milliseconds(latency, lot(1), lot(2)) / 1e3))
        });
        // The worst comes first: of two that would strike, the client sees one.
        let reset = plan.reset.filter(|fault| lot(3) < fault.ratio.share());
        let hang = plan.hang.filter(|fault| lot(4) < fault.ratio.share());
        let error = plan.error.filter(|fault| lot(5) < fault.ratio.share());
        let instead = reset.map(|fault| (Instead::Reset, fault.after));
        let instead = instead.or(hang.map(|fault| (Instead::Hang, fault.after)));
        let instead = instead.or(error.map(|fault| (Instead::Error(fault.status), fault.after)));
        let slow = plan.slow_body.filter(|slow| lot(6) < slow.ratio.share());
        Self { delay, instead, slow: slow.map(|slow| slow.bytes_per_second) }
    }
}

/// How long, for two uniform lots.
fn milliseconds(latency: Latency, first: f64, second: f64) -> f64 {
    // Box and Muller: two uniform numbers make a normal one. 1 - x is never zero, whose logarithm there is not.
    let normal = (-2.0 * (1.0 - first).ln()).sqrt() * (std::f64::consts::TAU * second).cos();
    let ms = match latency {
        Latency::Fixed { ms, .. } => ms.get(),
        Latency::Normal { mean_ms, deviation_ms, .. } => mean_ms.get() + deviation_ms.get() * normal,
        Latency::LongTail { median_ms, p99_ms, .. } => {
            // 99 % of a normal distribution lie below 2.3263 deviations.
            let ratio = (p99_ms.get().max(median_ms.get()) / median_ms.get().max(0.001)).max(1.0);
            median_ms.get() * (ratio.ln() / 2.3263 * normal).exp()
        }
    };
    ms.clamp(0.0, Millis::MOST)
}

/// The finaliser of SplitMix64: every bit of the result depends on every bit of `x`.
fn mix(x: u64) -> u64 {
    let x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// From 0, with it, to 1, without it.
fn uniform(bits: u64) -> f64 {
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(text: &str) -> Plan {
        text.parse().expect("a plan")
    }

    fn fates(text: &str, seed: u64) -> Vec<Fate> {
        let plan = plan(text);
        (0..20_000).map(|number| Fate::of(&plan, seed, number)).collect()
    }

    #[test]
    fn a_seed_makes_the_same_fates_and_another_seed_others() {
        let text = r#"{"error":{"ratio":0.5},"latency":{"kind":"normal","mean_ms":50,"deviation_ms":9}}"#;
        assert_eq!(fates(text, 7), fates(text, 7));
        assert_ne!(fates(text, 7), fates(text, 8));
    }

    #[test]
    fn a_ratio_is_kept() {
        let all = fates(r#"{"reset":{"ratio":0.1},"error":{"ratio":0.3,"status":500}}"#, 1);
        let share = |wanted: Instead| {
            let hit = all.iter().filter(|fate| fate.instead.is_some_and(|(instead, _)| instead == wanted)).count();
            hit as f64 / all.len() as f64
        };
        assert!((share(Instead::Reset) - 0.1).abs() < 0.02);
        let status = Status::try_from(500).expect("a status");
        assert!((share(Instead::Error(status)) - 0.27).abs() < 0.02, "a reset hides an error");
        assert!(fates(r#"{"hang":{"ratio":0}}"#, 1).iter().all(|fate| *fate == Fate::default()));
        assert!(fates(r#"{"hang":{}}"#, 1).iter().all(|fate| fate.instead == Some((Instead::Hang, After::Arrival))));
    }

    #[test]
    fn latencies_have_the_shape_that_was_asked_for() {
        let sorted = |text: &str| {
            let fates = fates(text, 3);
            let mut ms: Vec<f64> = fates.iter().map(|fate| fate.delay.expect("slow").as_secs_f64() * 1e3).collect();
            ms.sort_by(f64::total_cmp);
            ms
        };
        let fixed = sorted(r#"{"latency":{"kind":"fixed","ms":12.5}}"#);
        assert!(fixed.iter().all(|ms| (ms - 12.5).abs() < 1e-6));
        let normal = sorted(r#"{"latency":{"kind":"normal","mean_ms":100,"deviation_ms":10}}"#);
        assert!((normal[10_000] - 100.0).abs() < 1.0 && (normal[16_827] - 110.0).abs() < 1.0, "one deviation is 84 %");
        let tail = sorted(r#"{"latency":{"kind":"long_tail","median_ms":20,"p99_ms":1500}}"#);
        assert!((tail[10_000] - 20.0).abs() < 1.5, "{}", tail[10_000]);
        assert!((1_200.0..1_900.0).contains(&tail[19_800]), "{}", tail[19_800]);
    }

    #[test]
    fn impossible_plans_are_refused() {
        for wrong in [
            r#"{"error":{"ratio":1.5}}"#,
            r#"{"error":{"ratio":-0.1}}"#,
            r#"{"error":{"status":200}}"#,
            r#"{"hang":{"status":503}}"#,
            r#"{"latency":{"kind":"fixed"}}"#,
            r#"{"latency":{"kind":"fixed","ms":-1}}"#,
            r#"{"latency":{"kind":"odd","ms":1}}"#,
            r#"{"slow_body":{"bytes_per_second":0}}"#,
            r#"{"reach":"some"}"#,
            r#"{"delay":1}"#,
            "",
        ] {
            assert!(wrong.parse::<Plan>().is_err(), "{wrong} was accepted");
        }
    }

    #[test]
    fn what_is_shown_can_be_set_again() {
        let text = r#"{"seed":7,"reach":"all","hang":{"ratio":0.5,"after":"work"},
            "latency":{"kind":"long_tail","median_ms":20,"p99_ms":1500},"slow_body":{"bytes_per_second":3}}"#;
        let shown = serde_json::to_string(&plan(text)).expect("JSON");
        assert_eq!(plan(&shown), plan(text));
    }
}
