//! The rules of `[gateway]` and `[telemetry]`.

use supplex_engine::config::{Gateway, Telemetry};

use super::load;
use crate::config::decode::{At, List};
use crate::config::problem::Problems;
use crate::config::raw;
use crate::config::scalar::LogFormat;

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
    if let Some(token) = raw.admin_token.as_ref().filter(|token| token.value.0.len() < SHORTEST_TOKEN) {
        let hint = format!("use at least {SHORTEST_TOKEN} random characters");
        let message = "the admin token is short enough to be guessed".to_owned();
        problems.keeping_secret(|problems| problems.warn(token.span.clone(), message, hint));
    }
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

pub(super) fn check_telemetry(raw: raw::Telemetry) -> Telemetry {
    let access_log = raw.access_log.and_then(|At { value: log, .. }| {
        let LogFormat = log.format?.value;
        Some(log.path?.value.0)
    });
    Telemetry { access_log }
}
