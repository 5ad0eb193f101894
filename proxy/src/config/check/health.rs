//! The rules of `health` and `ejection` tables.

use supplex_engine::config::{Ejection, Health, Probe};

use crate::config::decode::At;
use crate::config::problem::Problems;
use crate::config::raw::health as raw;
use crate::config::scalar::probe::{ProbeKind, StatusRange};

pub(super) fn check(raw: At<raw::Health>, problems: &mut Problems) -> Option<Health> {
    let At { value: raw, span, .. } = raw;
    let kind = match (&raw.kind, &raw.path) {
        (Some(kind), _) => kind.value,
        (None, Some(_)) => ProbeKind::Http,
        (None, None) => ProbeKind::Tcp,
    };
    let status = raw.expect_status?;
    let probe = match kind {
        ProbeKind::Http => {
            let Some(path) = raw.path else {
                problems.push_with(
                    span,
                    "an `http` probe has no path to ask for".into(),
                    "set `path`, as in `/healthz`",
                );
                return None;
            };
            let StatusRange(first, last) = status.value;
            let expect_body = raw.expect_body.map(|part| part.value.0);
            Probe::Http { path: path.value.0, expect_status: (first, last), expect_body }
        }
        ProbeKind::Tcp => {
            let path = raw.path.as_ref().map(|path| (&path.span, "path"));
            let status = status.written.then_some((&status.span, "expect_status"));
            let body = raw.expect_body.as_ref().map(|body| (&body.span, "expect_body"));
            let mut holds = true;
            for (span, key) in [path, status, body].into_iter().flatten() {
                let hint =
                    if path.is_some() { "set `kind = \"http\"`, or remove the key" } else { "set `path` as well" };
                problems.push_with(span.clone(), format!("a `tcp` probe only connects, so `{key}` says nothing"), hint);
                holds = false;
            }
            if !holds {
                return None;
            }
            Probe::Tcp
        }
    };
    Some(Health {
        probe,
        interval: raw.interval?.value.0,
        timeout: raw.timeout?.value.0,
        unhealthy_after: raw.unhealthy_after?.value.0,
        healthy_after: raw.healthy_after?.value.0,
    })
}

pub(super) fn check_ejection(raw: raw::Ejection) -> Option<Ejection> {
    Some(Ejection {
        consecutive_failures: raw.consecutive_failures?.value.0,
        eject_for: raw.eject_for?.value.0,
        max_ejected: raw.max_ejected?.value,
    })
}
