//! One look at the gateway: everything it tells at one moment. Two of them make rates.

use std::time::Instant;

use super::ask::{Admin, Failure};
use super::documents::{Breakers, Endpoint, Limits, Requests, Routes, Upstreams, Workers};
use super::latency::{Latencies, Latency};

/// Results of an attempt that are the endpoint's fault.
const FAILURES: [&str; 5] = ["server_error", "connect", "reset", "timeout", "malformed"];
/// Requests that match no route. No route can have this name.
pub(super) const UNROUTED: &str = "-";

/// What was told.
#[derive(Debug)]
pub(super) struct Look {
    /// When the counters were read.
    pub(super) at: Instant,
    pub(super) routes: Routes,
    pub(super) upstreams: Upstreams,
    pub(super) breakers: Breakers,
    pub(super) limits: Limits,
    pub(super) workers: Workers,
    pub(super) latencies: Latencies,
}

impl Look {
    /// Asks for everything, all at once.
    ///
    /// # Errors
    /// The first question that got no answer.
    pub(super) async fn take(admin: &Admin, latency: &mut Latency) -> Result<Self, Failure> {
        let (routes, upstreams, breakers, limits, workers, latencies) = tokio::try_join!(
            async { Ok::<_, Failure>((admin.document("/api/routes").await?, Instant::now())) },
            admin.document("/api/upstreams"),
            admin.document("/api/breakers"),
            admin.document("/api/limits"),
            admin.document("/api/workers"),
            latency.look(admin),
        )?;
        let (routes, at) = routes;
        Ok(Self { at, routes, upstreams, breakers, limits, workers, latencies })
    }

    /// Every route with its requests, the unrouted last.
    pub(super) fn every_route(&self) -> impl Iterator<Item = (&str, &Requests)> {
        let routed = self.routes.routes.iter().map(|route| (&*route.name, &route.requests));
        routed.chain([(UNROUTED, &self.routes.unrouted.requests)])
    }

    /// The requests of a route, if it is there.
    fn route(&self, name: &str) -> Option<&Requests> {
        self.every_route().find(|(other, _)| *other == name).map(|(_, requests)| requests)
    }

    /// The endpoint, if it is there.
    fn endpoint(&self, upstream: &str, address: &str) -> Option<&Endpoint> {
        let upstream = self.upstreams.upstreams.iter().find(|one| one.name == upstream)?;
        upstream.endpoints.iter().find(|one| one.address == address)
    }
}

/// Two looks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Between<'a> {
    /// The former one; none at first.
    pub(super) before: Option<&'a Look>,
    /// The latter one.
    pub(super) now: &'a Look,
}

impl Between<'_> {
    /// How fast a counter grew, per second. `None` when it was not there before, or began anew as after a restart.
    fn rate(&self, read: impl Fn(&Look) -> Option<u64>) -> Option<f64> {
        let before = self.before?;
        let elapsed = self.now.at.duration_since(before.at).as_secs_f64();
        let grown = read(self.now)?.checked_sub(read(before)?)?;
        (elapsed > 0.0).then(|| grown as f64 / elapsed)
    }

    /// Requests of a route.
    pub(super) fn requests(&self, route: &str) -> Option<f64> {
        self.rate(|look| Some(look.route(route)?.total))
    }

    /// Answers of a class such as `5xx` of a route.
    pub(super) fn class(&self, route: &str, class: &str) -> Option<f64> {
        self.rate(|look| Some(look.route(route)?.by_class.get(class).copied().unwrap_or(0)))
    }

    /// The sum of a rate over every route that has one.
    pub(super) fn over_routes(&self, rate: impl Fn(&str) -> Option<f64>) -> Option<f64> {
        sum(self.now.every_route().map(|(name, _)| rate(name)))
    }

    /// Decisions of a limit.
    pub(super) fn decisions(&self, limit: &str, decision: &str) -> Option<f64> {
        self.rate(|look| Some(look.limits.limits.iter().find(|one| one.name == limit)?.decided(decision)))
    }

    /// Attempts at an endpoint, all of them or those that failed.
    pub(super) fn attempts(&self, upstream: &str, address: &str, only_failed: bool) -> Option<f64> {
        self.rate(|look| {
            let results = look.endpoint(upstream, address)?.results.iter();
            let counted = results.filter(|(result, _)| !only_failed || FAILURES.contains(&&***result));
            Some(counted.map(|(_, count)| count).sum())
        })
    }
}

/// The sum of what is known; `None` when nothing is.
pub(super) fn sum(rates: impl Iterator<Item = Option<f64>>) -> Option<f64> {
    rates.flatten().fold(None, |sum: Option<f64>, rate| Some(sum.unwrap_or(0.0) + rate))
}
