//! The rules of `adaptive` tables.

use std::time::Duration;

use supplex_engine::config::Adaptive;

use crate::config::decode::At;
use crate::config::problem::Problems;
use crate::config::raw::adaptive as raw;
use crate::config::scalar::Number;

/// A worker looks at the limit no more often than this.
const WINDOW_LEAST: Duration = Duration::from_millis(10);

/// `max_in_flight` is the upstream's.
pub(super) fn check(
    raw: At<raw::Adaptive>,
    max_in_flight: Option<&At<Number<1, 10_000_000>>>,
    problems: &mut Problems,
) -> Option<Adaptive> {
    let At { value: raw, .. } = raw;
    let (min, window, max_in_flight) = (raw.min?, raw.window?, max_in_flight?);
    let max = raw.max.as_ref().unwrap_or(max_in_flight);
    let mut holds = true;
    if min.written && min.value.0 > max.value.0 {
        let name = if raw.max.is_some() { "max" } else { "max_in_flight" };
        problems.push_with(
            min.span.clone(),
            format!("`min` is {}, which is above `{name}` of {}", min.value.0, max.value.0),
            format!("set `min` to at most {}", max.value.0),
        );
        holds = false;
    }
    if window.value.0 < WINDOW_LEAST {
        problems.push(window.span, "must be at least 10ms".into());
        holds = false;
    }
    if let Some(max) = raw.max.as_ref().filter(|max| max.value.0 > max_in_flight.value.0) {
        problems.warn(
            max.span.clone(),
            format!("`max` is above `max_in_flight`, which never lets more than {} in", max_in_flight.value.0),
            "make it smaller, or `max_in_flight` larger",
        );
    }
    let rules = Adaptive {
        min: min.value.size().min(max.value.size()),
        max: max.value.size(),
        window: window.value.0,
        tolerance: raw.tolerance?.value,
        remeasure: raw.remeasure?.value.0,
    };
    holds.then_some(rules)
}
