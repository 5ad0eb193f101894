//! Upstreams laid out as fields in words.

use super::fields::{Field, list};
use crate::config::{Adaptive, Breaker, Ejection, Health, Probe, Queue, Ratio, RetryBudget, Upstream, words};

/// The fields of an upstream with its endpoints as written.
pub(super) fn fields(upstream: &Upstream, written: &[(String, u32)]) -> Vec<Field> {
    let Upstream {
        name: _,
        endpoints: _,
        balance,
        hash_key,
        connect_timeout,
        attempt_timeout,
        idle_per_worker,
        idle_timeout,
        max_in_flight,
        adaptive,
        breaker,
        queue: Queue { max: waiting, timeout: patience },
        retry_budget: RetryBudget { per_thousand, min_per_second },
        health,
        ejection,
        panic_threshold,
        slow_start,
    } = upstream;
    let weighted = |(endpoint, weight): &(String, u32)| match weight {
        1 => endpoint.clone(),
        weight => format!("{endpoint} at {weight}"),
    };
    let mut fields = vec![
        Field::new("endpoints", list(written.iter().map(weighted))),
        Field::new("balance", words::balance(*balance)),
        Field::new("hash_key", words::hash_key(hash_key)),
        Field::new("connect_timeout", words::duration(*connect_timeout)),
        Field::new("attempt_timeout", words::duration(*attempt_timeout)),
        Field::new("idle_per_worker", idle_per_worker.to_string()),
        Field::new("idle_timeout", words::duration(*idle_timeout)),
        Field::new("max_in_flight", max_in_flight.to_string()),
        Field::new("queue.max", waiting.to_string()),
        Field::new("queue.timeout", words::duration(*patience)),
        Field::new("retry_budget.ratio", (f64::from(*per_thousand) / 1_000.0).to_string()),
        Field::new("retry_budget.min_per_second", min_per_second.to_string()),
        Field::new("panic_threshold", panic_threshold.map_or(0.0, Ratio::share).to_string()),
    ];
    fields.extend(slow_start.map(|ramp| Field::new("slow_start", words::duration(ramp))));
    fields.extend(adaptive.iter().flat_map(of_adaptive));
    fields.extend(breaker.iter().flat_map(of_breaker));
    fields.extend(health.iter().flat_map(of_health));
    fields.extend(ejection.iter().flat_map(of_ejection));
    fields
}

fn of_adaptive(adaptive: &Adaptive) -> Vec<Field> {
    let Adaptive { min, max, window, tolerance, remeasure } = adaptive;
    vec![
        Field::new("adaptive.min", min.to_string()),
        Field::new("adaptive.max", max.to_string()),
        Field::new("adaptive.window", words::duration(*window)),
        Field::new("adaptive.tolerance", tolerance.times().to_string()),
        Field::new("adaptive.remeasure", words::duration(*remeasure)),
    ]
}

fn of_breaker(breaker: &Breaker) -> Vec<Field> {
    let Breaker {
        window,
        min_requests,
        error_ratio,
        slow_after,
        slow_ratio,
        open_for,
        probes,
        connect_failures,
        return_over,
        mode,
    } = breaker;
    let mut fields = vec![
        Field::new("breaker.window", words::duration(*window)),
        Field::new("breaker.min_requests", min_requests.to_string()),
        Field::new("breaker.error_ratio", error_ratio.share().to_string()),
        Field::new("breaker.slow_after", words::duration(*slow_after)),
        Field::new("breaker.slow_ratio", slow_ratio.share().to_string()),
        Field::new("breaker.open_for", words::duration(*open_for)),
        Field::new("breaker.probes", probes.to_string()),
        Field::new("breaker.connect_failures", connect_failures.to_string()),
        Field::new("breaker.mode", words::breaker_mode(*mode)),
    ];
    fields.extend(return_over.map(|over| Field::new("breaker.return_over", words::duration(over))));
    fields
}

fn of_health(health: &Health) -> Vec<Field> {
    let Health { probe, interval, timeout, unhealthy_after, healthy_after } = health;
    let mut fields = vec![
        Field::new("health.interval", words::duration(*interval)),
        Field::new("health.timeout", words::duration(*timeout)),
        Field::new("health.unhealthy_after", unhealthy_after.to_string()),
        Field::new("health.healthy_after", healthy_after.to_string()),
    ];
    match probe {
        Probe::Tcp => fields.push(Field::new("health.kind", "tcp")),
        Probe::Http { path, expect_status: (first, last), expect_body } => {
            fields.push(Field::new("health.kind", "http"));
            fields.push(Field::new("health.path", &**path));
            fields.push(Field::new("health.expect_status", format!("{first}-{last}")));
            fields.extend(expect_body.as_ref().map(|body| Field::new("health.expect_body", &**body)));
        }
    }
    fields
}

fn of_ejection(ejection: &Ejection) -> Vec<Field> {
    let Ejection { consecutive_failures, eject_for, max_ejected } = ejection;
    vec![
        Field::new("ejection.consecutive_failures", consecutive_failures.to_string()),
        Field::new("ejection.eject_for", words::duration(*eject_for)),
        Field::new("ejection.max_ejected", max_ejected.share().to_string()),
    ]
}
