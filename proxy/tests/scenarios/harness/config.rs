//! The configuration of a scenario in a few lines.

use super::Upstream;

/// A configuration with one listener, `public`, on a port of the system's choice, and one worker.
pub(crate) struct Config {
    gateway: String,
    listener: String,
    route: String,
    upstream: String,
    rest: String,
}

impl Config {
    /// Everything goes to `upstream`.
    pub(crate) fn to(upstream: &Upstream) -> Self {
        Self::to_address(&upstream.address())
    }

    /// Everything goes to one endpoint, as it stands in the configuration.
    pub(crate) fn to_address(address: &str) -> Self {
        Self::to_endpoints(&[address.to_owned()])
    }

    /// Everything goes to these endpoints.
    pub(crate) fn to_endpoints(addresses: &[String]) -> Self {
        let mut config = Self::of("");
        config.route = "[[routes]]\nname = \"all\"\nmatch = { prefix = \"/\" }\nupstream = \"up\"\n".to_owned();
        config.upstream = format!("[upstreams.up]\nendpoints = {addresses:?}\n");
        config
    }

    /// Routes and upstreams as written.
    pub(crate) fn of(toml: &str) -> Self {
        Self {
            gateway: "[gateway]\nadmin = \"127.0.0.1:0\"\n".to_owned(),
            listener: "[[listeners]]\nname = \"public\"\naddress = \"127.0.0.1:0\"\n".to_owned(),
            route: String::new(),
            upstream: String::new(),
            rest: toml.to_owned(),
        }
    }

    /// A line for the `[gateway]` table.
    pub(crate) fn gateway(mut self, line: &str) -> Self {
        self.gateway += &format!("{line}\n");
        self
    }

    /// The admin endpoint at this address instead of a port of the system's choice.
    pub(crate) fn admin(mut self, address: &str) -> Self {
        self.gateway = self.gateway.replace("127.0.0.1:0", address);
        self
    }

    /// A line for the listener.
    pub(crate) fn listener(mut self, line: &str) -> Self {
        self.listener += &format!("{line}\n");
        self
    }

    /// A line for the route of [`Config::to`].
    pub(crate) fn route(mut self, line: &str) -> Self {
        assert!(!self.route.is_empty(), "routes that are written out have their lines already");
        self.route += &format!("{line}\n");
        self
    }

    /// A line for the upstream of [`Config::to`].
    pub(crate) fn upstream(mut self, line: &str) -> Self {
        assert!(!self.upstream.is_empty(), "upstreams that are written out have their lines already");
        self.upstream += &format!("{line}\n");
        self
    }

    /// Tables of their own.
    pub(crate) fn and(mut self, toml: &str) -> Self {
        self.rest += &format!("{toml}\n");
        self
    }

    /// The file.
    pub(crate) fn text(&self) -> String {
        let Self { gateway, listener, route, upstream, rest } = self;
        let workers = if gateway.contains("workers") { "" } else { "workers = 1\n" };
        format!("{gateway}{workers}\n{listener}\n{route}\n{rest}\n{upstream}")
    }
}
