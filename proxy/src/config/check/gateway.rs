//! The rules of `[gateway]` and `[telemetry]`.

use supplex_engine::config::{Gateway, Telemetry};

use super::{access_log, load, traces};
use crate::config::decode::{At, List};
use crate::config::problem::Problems;
use crate::config::raw;
use crate::config::scalar::AdminToken;

/// A token that is shorter can be guessed.
const SHORTEST_TOKEN: usize = 16;

pub(super) fn check(raw: raw::Gateway, problems: &mut Problems) -> Option<Gateway> {
    let admin = raw.admin?;
    let asked_for = raw.keys.among(&["admin_token"]).next().is_some();
    if !admin.value.ip().is_loopback() && !asked_for {
        problems.push_with(
            admin.span,
            format!("the admin endpoint on {} can be reached from other machines without a token", admin.value),
            "set `admin_token`, or listen on 127.0.0.1",
        );
    }
    warn_if_short(raw.admin_token.as_ref(), "the admin token", problems);
    let List(trusted) = raw.trusted_proxies?.value;
    Some(Gateway {
        workers: raw.workers?.value.0,
        admin: admin.value,
        admin_token: raw.admin_token.map(|token| token.value.0),
        drain_timeout: raw.drain_timeout?.value.0,
        trusted_proxies: trusted.into_iter().map(|network| network.value).collect(),
        shed: load::shed(raw.shed),
    })
}

fn warn_if_short(token: Option<&At<AdminToken>>, what: &str, problems: &mut Problems) {
    if let Some(token) = token.filter(|token| token.value.0.len() < SHORTEST_TOKEN) {
        let hint = format!("use at least {SHORTEST_TOKEN} random characters");
        let message = format!("{what} is short enough to be guessed");
        problems.keeping_secret(|problems| problems.warn(token.span.clone(), message, hint));
    }
}

/// `None` when a value was refused.
pub(super) fn check_telemetry(raw: raw::Telemetry, problems: &mut Problems) -> Option<Telemetry> {
    warn_if_short(raw.explain_key.as_ref(), "the key of explanations", problems);
    let traces = traces::check(&raw);
    let access_log = raw.access_log.and_then(|log| access_log::check(log.value, problems));
    let explain_key = raw.explain_key.map(|key| key.value.0);
    Some(Telemetry { access_log, explain_key, latency_dump: raw.latency_dump?.value.0, traces: traces? })
}
