//! The rules of `[upstreams.NAME.breaker]`.

use std::time::Duration;

use supplex_engine::config::Breaker;

use crate::config::decode::At;
use crate::config::problem::Problems;
use crate::config::raw;
use crate::config::scalar;

/// A bucket, a tenth of the window, is at least 10 ms wide: the clock of a worker is not much finer.
const WINDOW_LEAST: Duration = Duration::from_millis(100);

/// The breaker of a table; `None` when it was refused. `attempt` is the upstream's `attempt_timeout`.
pub(super) fn check(
    raw: raw::Breaker,
    attempt: Option<&At<scalar::Duration>>,
    problems: &mut Problems,
) -> Option<Breaker> {
    if let Some(window) = raw.window.as_ref().filter(|window| window.value.0 < WINDOW_LEAST) {
        problems.push_with(window.span.clone(), "must be at least 100ms".into(), "as in `10s`");
    }
    if let (Some(slow), Some(attempt)) = (&raw.slow_after, attempt)
        && slow.written
        && slow.value >= attempt.value
    {
        problems.warn(
            slow.span.clone(),
            "`slow_after` is not shorter than `attempt_timeout`, so no answer is ever slow".into(),
            "make it shorter",
        );
    }
    let breaker = Breaker {
        window: raw.window?.value.0,
        min_requests: raw.min_requests?.value.0,
        error_ratio: raw.error_ratio?.value,
        slow_after: raw.slow_after?.value.0,
        slow_ratio: raw.slow_ratio?.value,
        open_for: raw.open_for?.value.0,
        probes: u8::try_from(raw.probes?.value.0).ok()?,
        connect_failures: raw.connect_failures?.value.0,
        return_over: raw.return_over.map(|at| at.value.0),
        mode: raw.mode?.value,
    };
    Some(breaker)
}
