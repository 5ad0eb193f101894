//! A checked configuration before its names are resolved: what snapshots are made from.
//!
//! One blueprint makes one snapshot per set of resolved addresses; the rest of the configuration stays the same.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use supplex_engine::config::{
    Address, Auth, Endpoint, Gateway, Limit, Listener, Redis, Route, Snapshot, Telemetry, Upstream,
};
use supplex_engine::route::RouteTable;

use super::places::Places;
use super::report::Report;
use super::scalar::Target;

/// The addresses of DNS names, by name and port.
pub(crate) type Resolved = BTreeMap<(Box<str>, u16), Vec<SocketAddr>>;

/// A checked configuration.
#[derive(Clone, Debug)]
pub(crate) struct Blueprint {
    /// The `[gateway]` table.
    pub(crate) gateway: Gateway,
    /// The listeners, in the order of the file; at least one.
    pub(crate) listeners: Vec<Listener>,
    /// The routes, in the order of the file.
    pub(crate) routes: Vec<Route>,
    /// The upstreams, sorted by name.
    pub(crate) upstreams: Vec<UpstreamPlan>,
    /// The limits, sorted by name.
    pub(crate) limits: Vec<Limit>,
    /// Whose tokens are believed, sorted by name.
    pub(crate) auth: Vec<Auth>,
    /// The `[redis]` table.
    pub(crate) redis: Option<Redis>,
    /// The `[telemetry]` table.
    pub(crate) telemetry: Telemetry,
    /// What holds, but hardly means what was written.
    pub(crate) warnings: Report,
    /// Where in the file everything stands.
    pub(crate) places: Places,
}

/// An upstream whose endpoints are not resolved yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UpstreamPlan {
    /// Everything but the endpoints, which are empty here.
    pub(crate) settings: Upstream,
    /// The endpoints as written; at least one.
    pub(crate) endpoints: Vec<PlannedEndpoint>,
}

/// An endpoint as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PlannedEndpoint {
    /// Where it is.
    pub(crate) target: Target,
    /// Its share, at least 1.
    pub(crate) weight: u32,
}

impl Blueprint {
    /// The DNS names, with their ports, whose addresses a snapshot needs.
    #[must_use]
    pub(crate) fn names(&self) -> BTreeSet<(Box<str>, u16)> {
        let endpoints = self.upstreams.iter().flat_map(|upstream| &upstream.endpoints);
        endpoints
            .filter_map(|endpoint| match &endpoint.target {
                Target::Name(name, port) => Some((name.clone(), *port)),
                Target::Address(_) | Target::Unix(_) => None,
            })
            .collect()
    }

    /// The snapshot with the addresses in `resolved`. An endpoint whose name is not there has no address for now; a
    /// name with several addresses makes an endpoint of each, all with the weight as written.
    #[must_use]
    pub(crate) fn snapshot(&self, generation: u64, resolution: u64, resolved: &Resolved) -> Snapshot {
        Snapshot {
            generation,
            resolution,
            gateway: self.gateway.clone(),
            listeners: self.listeners.clone(),
            table: RouteTable::new(&self.routes),
            routes: self.routes.clone(),
            upstreams: self.upstreams.iter().map(|upstream| upstream.resolve(resolved)).collect(),
            limits: self.limits.clone(),
            auth: self.auth.clone(),
            redis: self.redis.clone(),
            telemetry: self.telemetry.clone(),
        }
    }
}

impl UpstreamPlan {
    fn resolve(&self, resolved: &Resolved) -> Upstream {
        let endpoints = self.endpoints.iter().flat_map(|endpoint| endpoint.resolve(resolved)).collect();
        Upstream { endpoints, ..self.settings.clone() }
    }
}

impl PlannedEndpoint {
    fn resolve(&self, resolved: &Resolved) -> Vec<Endpoint> {
        let addresses = match &self.target {
            Target::Address(address) => vec![Address::Tcp(*address)],
            Target::Unix(path) => vec![Address::Unix(path.clone())],
            Target::Name(name, port) => {
                let found = resolved.get(&(name.clone(), *port)).map_or(&[][..], Vec::as_slice);
                found.iter().copied().map(Address::Tcp).collect()
            }
        };
        let written: Box<str> = self.target.to_string().into();
        let endpoint = |address| Endpoint { written: written.clone(), address, weight: self.weight };
        addresses.into_iter().map(endpoint).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Format, parse};

    #[test]
    fn a_name_becomes_an_endpoint_per_address() {
        let text = r#"
            [[listeners]]
            name = "public"
            address = "127.0.0.1:0"
            [[routes]]
            name = "all"
            match = { prefix = "/" }
            upstream = "a"
            [upstreams.a]
            endpoints = ["127.0.0.1:1", { address = "svc.test:2", weight = 3 }, "unix:/run/a.sock", "gone.test:4"]
        "#;
        let blueprint = parse(text, Format::Toml, "a.toml").expect("valid");
        let names: Vec<_> = blueprint.names().into_iter().collect();
        assert_eq!(names, [("gone.test".into(), 4), ("svc.test".into(), 2)]);

        let one: SocketAddr = ([10, 0, 0, 1], 2).into();
        let two: SocketAddr = ([10, 0, 0, 2], 2).into();
        let resolved = Resolved::from([(("svc.test".into(), 2), vec![one, two])]);
        let snapshot = blueprint.snapshot(7, 3, &resolved);
        assert_eq!((snapshot.generation, snapshot.resolution), (7, 3));
        let endpoints: Vec<_> = snapshot.upstreams[0]
            .endpoints
            .iter()
            .map(|endpoint| (endpoint.written.to_string(), endpoint.address.to_string(), endpoint.weight))
            .collect();
        let endpoint = |written: &str, address: &str, weight| (written.to_owned(), address.to_owned(), weight);
        assert_eq!(
            endpoints,
            [
                endpoint("127.0.0.1:1", "127.0.0.1:1", 1),
                endpoint("svc.test:2", "10.0.0.1:2", 3),
                endpoint("svc.test:2", "10.0.0.2:2", 3),
                endpoint("unix:/run/a.sock", "unix:/run/a.sock", 1),
            ]
        );
    }
}
