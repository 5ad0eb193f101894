//! Watches one breaker through the gateway's admin endpoint, closely enough to time it. Decides nothing.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;

use crate::admin;

/// Where a breaker stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Lets everything through.
    Closed,
    /// Lets probes through.
    HalfOpen,
    /// Lets nothing through.
    Open,
}

/// A breaker at one moment.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// When, from the start of the run: before it was asked.
    pub at: Duration,
    /// Where it stood.
    pub state: State,
    /// Since when, from the start of the run.
    pub since: Duration,
    /// Failed and slow attempts since the gateway started.
    pub troubles: u64,
    /// How often it has opened.
    pub opened: u64,
}

/// How an endpoint was isolated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Isolation {
    /// The last moment at which nothing had failed yet.
    pub well_until: Duration,
    /// When the breaker opened.
    pub opened: Duration,
    /// What had failed or was slow when it was first seen open.
    pub troubles: u64,
}

/// Looks at the breaker of an endpoint.
///
/// # Errors
/// In words, when the gateway does not say, or has no such breaker.
pub async fn look(admin: SocketAddr, now: Duration, upstream: &str, endpoint: SocketAddr) -> Result<Look, String> {
    let document = admin::json(admin, "/api/breakers").await?;
    read(&document, now, upstream, &endpoint.to_string())
        .ok_or_else(|| format!("/api/breakers says nothing that is understood about {endpoint} of {upstream}"))
}

fn read(document: &Value, at: Duration, upstream: &str, endpoint: &str) -> Option<Look> {
    let upstreams = document.get("upstreams")?.as_array()?;
    let upstream = upstreams.iter().find(|one| one.get("upstream").is_some_and(|name| name == upstream))?;
    let endpoints = upstream.get("endpoints")?.as_array()?;
    let breaker = endpoints.iter().find(|one| one.get("address").is_some_and(|address| address == endpoint))?;
    let troubles = breaker.get("troubles")?.as_array()?.iter().filter_map(|trouble| trouble.get("count")?.as_u64());
    let state = match breaker.get("state")?.as_str()? {
        "closed" => State::Closed,
        "half_open" => State::HalfOpen,
        "open" => State::Open,
        _ => return None,
    };
    let since = Duration::try_from_secs_f64(breaker.get("since_seconds")?.as_f64()?).ok()?;
    Some(Look {
        at,
        state,
        since: at.saturating_sub(since),
        troubles: troubles.sum(),
        opened: breaker.get("opened")?.as_u64()?,
    })
}

/// When the breaker opened and what it took, from looks of which the first was before anything was wrong.
#[must_use]
pub fn isolation(looks: &[Look]) -> Option<Isolation> {
    let first = looks.first()?;
    let open = looks.iter().find(|look| look.opened > first.opened)?;
    let well = looks.iter().take_while(|look| look.troubles == first.troubles && look.opened == first.opened).last()?;
    // The times of looks and of openings are of two clocks that were compared over the network.
    let well_until = well.at.min(open.since);
    Some(Isolation { well_until, opened: open.since, troubles: open.troubles - first.troubles })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(at: u64, opened: u64, troubles: u64, since: u64) -> Look {
        let state = if opened > 1 { State::Open } else { State::Closed };
        let ms = Duration::from_millis;
        Look { at: ms(at), state, since: ms(since), troubles, opened }
    }

    #[test]
    fn isolation_counts_from_the_last_moment_at_which_all_was_well() {
        let looks = [look(0, 1, 5, 0), look(10, 1, 5, 0), look(20, 1, 7, 0), look(30, 1, 9, 0), look(40, 2, 12, 35)];
        let isolation = isolation(&looks).expect("it opened");
        assert_eq!(isolation.well_until, Duration::from_millis(10));
        assert_eq!(isolation.opened, Duration::from_millis(35));
        assert_eq!(isolation.troubles, 7);
    }

    #[test]
    fn one_that_did_not_open_isolates_nobody() {
        assert_eq!(isolation(&[look(0, 1, 5, 0), look(10, 1, 9, 0)]), None);
        assert_eq!(isolation(&[]), None);
    }

    #[test]
    fn what_the_gateway_says_is_read() {
        let document = serde_json::json!({ "upstreams": [
            { "upstream": "products", "endpoints": [] },
            { "upstream": "payments", "endpoints": [
                { "address": "127.0.0.1:1", "state": "closed", "since_seconds": 1.0, "opened": 0, "troubles": [] },
                { "address": "127.0.0.1:2", "state": "half_open", "since_seconds": 0.25, "opened": 2,
                  "troubles": [{ "reason": "slow", "count": 3 }, { "reason": "connect", "count": 4 }] },
            ] },
        ] });
        let read = |endpoint| read(&document, Duration::from_secs(9), "payments", endpoint);
        let look = read("127.0.0.1:2").expect("is there");
        assert_eq!((look.state, look.troubles, look.opened), (State::HalfOpen, 7, 2));
        assert_eq!(look.since, Duration::from_millis(8750));
        assert!(read("127.0.0.1:3").is_none());
    }
}
