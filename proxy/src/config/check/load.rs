//! The rules about retries and load.

use supplex_engine::config::{Hedge, Queue, Retries, RetryBudget, RetryOn, Shed};

use crate::config::decode::{At, List, refuse_repeats};
use crate::config::problem::Problems;
use crate::config::raw::load as raw;
use crate::config::scalar::Duration;

/// The retries of a route. `timeout` is the route's.
pub(super) fn retries(
    raw: Option<At<raw::Retries>>,
    timeout: Option<&At<Duration>>,
    problems: &mut Problems,
) -> Option<Retries> {
    let At { value: raw, .. } = raw?;
    let on = match raw.on {
        None => RetryOn::DEFAULT,
        Some(At { value: List(causes), .. }) => {
            let repeated = "this cause stands in the list already";
            refuse_repeats(causes.iter().map(|cause| (cause.value.0, &cause.span)), repeated, problems);
            causes.iter().fold(RetryOn::NONE, |on, cause| on.and(cause.value.1))
        }
    };
    let backoff = raw.backoff?;
    if let Some(timeout) = timeout.filter(|timeout| backoff.value > timeout.value) {
        problems.push_with(
            backoff.span.clone(),
            format!("`backoff` is longer than the whole exchange may take ({:?})", timeout.value.0),
            "make it shorter, or the `timeout` of the route longer",
        );
    }
    Some(Retries {
        max: raw.max?.value.0,
        on,
        backoff: backoff.value.0,
        post_with_idempotency_key: raw.post_with_idempotency_key?.value,
    })
}

/// The hedge of a route. `timeout` is the route's.
pub(super) fn hedge(
    raw: Option<At<raw::Hedge>>,
    timeout: Option<&At<Duration>>,
    problems: &mut Problems,
) -> Option<Hedge> {
    let after = raw?.value.after?;
    if let Some(timeout) = timeout.filter(|timeout| after.value >= timeout.value) {
        problems.push_with(
            after.span.clone(),
            format!("`after` is not shorter than the whole exchange may take ({:?})", timeout.value.0),
            "make it shorter, or the `timeout` of the route longer",
        );
    }
    Some(Hedge { after: after.value.0 })
}

pub(super) fn retry_budget(raw: Option<At<raw::RetryBudget>>) -> Option<RetryBudget> {
    let raw = raw?.value;
    let per_thousand = raw.ratio?.value.0.map_or(0, |ratio| (ratio.share() * 1_000.0).round() as u32);
    Some(RetryBudget { per_thousand, min_per_second: raw.min_per_second?.value.0 })
}

pub(super) fn queue(raw: Option<At<raw::Queue>>, problems: &mut Problems) -> Option<Queue> {
    let At { value: raw, .. } = raw?;
    let (max, timeout) = (raw.max?, raw.timeout?);
    if max.value.0 == 0 && timeout.written {
        let message = "nothing waits in a queue whose `max` is 0".to_owned();
        problems.warn(timeout.span, message, "set `max` as well, or leave `queue` out");
    }
    Some(Queue { max: max.value.size(), timeout: timeout.value.0 })
}

pub(super) fn shed(raw: Option<At<raw::Shed>>) -> Option<Shed> {
    Some(Shed { queue_delay: raw?.value.queue_delay?.value.0 })
}
