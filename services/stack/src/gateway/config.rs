//! The gateway's configuration in the stack.
//!
//! Text and nothing else: where things listen is put in, everything else is as it stands here. `docker/gateway.toml` says
//! the same for containers.

use std::net::SocketAddr;

use super::LISTENER;

/// The addresses that the configuration is made of.
#[derive(Clone, Debug)]
pub(crate) struct Addresses {
    pub(crate) listener: SocketAddr,
    pub(crate) admin: SocketAddr,
    pub(crate) products: Vec<SocketAddr>,
    pub(crate) payments: Vec<SocketAddr>,
    /// With its password.
    pub(crate) redis: String,
    pub(crate) users: SocketAddr,
    pub(crate) orders: SocketAddr,
    /// Where spans go, if anywhere.
    pub(crate) otlp_endpoint: Option<String>,
}

/// The configuration for the stack.
pub(crate) fn config(addresses: &Addresses) -> String {
    let Addresses { listener, admin, products, payments, users, orders, redis, otlp_endpoint } = addresses;
    // On one machine nobody minds if everything is recorded.
    let traces = |url: &String| format!("\n[telemetry]\notlp_endpoint = \"{url}\"\nsample_ratio = 1\n");
    let traces = otlp_endpoint.as_ref().map(traces).unwrap_or_default();
    let [products, payments] = [products, payments].map(|nodes| {
        let quoted: Vec<String> = nodes.iter().map(|node| format!("\"{node}\"")).collect();
        quoted.join(", ")
    });
    format!(
        r#"# Made by `make up`, and made anew whenever an address changes. Edits are read at once but do not last.

[gateway]
workers = "auto"
admin = "{admin}"
trusted_proxies = ["127.0.0.1/32"]    # so clients on this machine can be told apart, by X-Forwarded-For

[[listeners]]
name = "{LISTENER}"
address = "{listener}"

[[routes]]
name = "products"
match = {{ prefix = "/api/products" }}
upstream = "products"
strip_prefix = "/api"
timeout = "3s"
retries = {{ max = 1 }}
limits = ["per-client"]

# For services: who comes without their token is sent away by the service. All of them come from few addresses.
[[routes]]
name = "reservations"
match = {{ prefix = "/api/reservations" }}
upstream = "products"
strip_prefix = "/api"
timeout = "3s"
retries = {{ max = 1, post_with_idempotency_key = true }}
priority = "high"
limits = ["per-service"]

[upstreams.products]
endpoints = [{products}]
balance = "least_request"
connect_timeout = "250ms"
attempt_timeout = "2s"
max_in_flight = 512
queue = {{ max = 128, timeout = "100ms" }}

[upstreams.products.health]
path = "/healthz"

[upstreams.products.breaker]

# A card may take three seconds, and the service itself gives up after five. Whoever pays with an Idempotency-Key pays
# once, however often it is tried.
[[routes]]
name = "payments"
match = {{ prefix = "/api/payments" }}
upstream = "payments"
strip_prefix = "/api"
timeout = "7s"
retries = {{ max = 1, post_with_idempotency_key = true }}
priority = "high"
limits = ["per-service"]

[upstreams.payments]
endpoints = [{payments}]
balance = "least_request"
connect_timeout = "250ms"
attempt_timeout = "6s"
max_in_flight = 512
queue = {{ max = 128, timeout = "100ms" }}

[upstreams.payments.health]
path = "/healthz"

[upstreams.payments.breaker]
slow_after = "4s"

# Customers. Their tokens are checked here, before anybody else does anything; the service looks again. A checkout waits
# for the catalogue and the payments, and the service itself gives up after five seconds.
[[routes]]
name = "orders"
match = {{ prefix = "/api/orders" }}
upstream = "orders"
strip_prefix = "/api"
timeout = "7s"
retries = {{ max = 1, post_with_idempotency_key = true }}
priority = "high"
auth = "users"
limits = ["per-client", "per-user"]

[[routes]]
name = "cart"
match = {{ prefix = "/api/cart" }}
upstream = "orders"
strip_prefix = "/api"
timeout = "7s"
retries = {{ max = 1 }}
auth = "users"
limits = ["per-client", "per-user"]

[upstreams.orders]
endpoints = ["{orders}"]
connect_timeout = "250ms"
attempt_timeout = "6s"
max_in_flight = 512
queue = {{ max = 128, timeout = "100ms" }}

[upstreams.orders.health]
path = "/healthz"

# There is one node, so nobody else answers while its breaker is open: it is tried again soon.
[upstreams.orders.breaker]
open_for = "5s"

# Who somebody is. Registering, logging in and refreshing are for those who have no token yet.
[[routes]]
name = "me"
match = {{ prefix = "/api/users/me" }}
upstream = "users"
strip_prefix = "/api"
timeout = "4s"
auth = "users"
limits = ["per-client", "per-user"]

[[routes]]
name = "users"
match = {{ prefix = "/api/users" }}
upstream = "users"
strip_prefix = "/api"
timeout = "4s"
limits = ["per-client"]

# The keys of access tokens, where others look for them (RFC 8615).
[[routes]]
name = "keys"
match = {{ exact = "/.well-known/jwks.json", methods = ["GET", "HEAD"] }}
upstream = "users"
timeout = "2s"

[upstreams.users]
endpoints = ["{users}"]
connect_timeout = "250ms"
attempt_timeout = "3s"

[upstreams.users.health]
path = "/healthz"

# Who comes while too many passwords are being checked gets 503, which is no sign of a sick node: only when hardly anything
# else comes back is it left alone, and not for long.
[upstreams.users.breaker]
min_requests = 100
error_ratio = 0.9
open_for = "5s"

[auth.users]
jwks = "http://{users}/.well-known/jwks.json"
issuer = "supplex-users"
audience = "supplex"

# Far above what a person does, and below what hurts.
[limits.per-client]
rate = "500/s"
burst = 1000
key = "client_ip"
store = "redis"

# The same from wherever somebody is logged in.
[limits.per-user]
rate = "50/s"
burst = 100
key = "jwt:sub"
store = "redis"

[limits.per-service]
rate = "5000/s"
burst = 10000
key = "client_ip"
store = "redis"

[redis]
url = "{redis}"
{traces}"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::port::local;

    fn addresses() -> Addresses {
        Addresses {
            listener: local(8080),
            admin: local(9900),
            products: [7102, 7112].map(local).to_vec(),
            payments: [7104, 7114, 7124].map(local).to_vec(),
            redis: "redis://:secret@127.0.0.1:6379/0".into(),
            users: local(7101),
            orders: local(7103),
            otlp_endpoint: None,
        }
    }

    #[test]
    fn the_configuration_is_toml_and_leads_to_the_services() {
        let config: toml::Table = config(&addresses()).parse().expect("TOML");
        assert_eq!(config["gateway"]["admin"].as_str(), Some("127.0.0.1:9900"));
        assert_eq!(config["listeners"][0]["address"].as_str(), Some("127.0.0.1:8080"));
        assert_eq!(config["redis"]["url"].as_str(), Some("redis://:secret@127.0.0.1:6379/0"));
        let endpoint = |upstream: &str, node: usize| config["upstreams"][upstream]["endpoints"][node].as_str();
        assert_eq!(endpoint("products", 1), Some("127.0.0.1:7112"));
        assert_eq!(endpoint("payments", 2), Some("127.0.0.1:7124"));
        assert_eq!(endpoint("orders", 0), Some("127.0.0.1:7103"));
        assert_eq!(endpoint("users", 0), Some("127.0.0.1:7101"));
        for upstream in ["products", "payments", "orders", "users"] {
            assert!(config["upstreams"][upstream]["breaker"].is_table(), "{upstream}");
            assert_eq!(config["upstreams"][upstream]["health"]["path"].as_str(), Some("/healthz"), "{upstream}");
        }
        assert_eq!(config["auth"]["users"]["jwks"].as_str(), Some("http://127.0.0.1:7101/.well-known/jwks.json"));
    }

    #[test]
    fn spans_go_where_they_are_wanted_and_nowhere_else() {
        let read = |addresses: &Addresses| config(addresses).parse::<toml::Table>().expect("TOML");
        assert!(!read(&addresses()).contains_key("telemetry"));
        let otlp_endpoint = Some("http://127.0.0.1:4318".to_owned());
        let config = read(&Addresses { otlp_endpoint, ..addresses() });
        assert_eq!(config["telemetry"]["otlp_endpoint"].as_str(), Some("http://127.0.0.1:4318"));
    }

    #[test]
    fn what_belongs_to_a_customer_needs_a_token_and_nothing_else_does() {
        let config: toml::Table = config(&addresses()).parse().expect("TOML");
        let routes = config["routes"].as_array().expect("routes");
        let named = |route: &toml::Value| route["name"].as_str().expect("a name").to_owned();
        let with =
            |key: &str| -> Vec<_> { routes.iter().filter(|route| route.get(key).is_some()).map(named).collect() };
        assert_eq!(with("auth"), ["orders", "cart", "me"]);
        let all = ["products", "reservations", "payments", "orders", "cart", "me", "users"];
        assert_eq!(with("limits"), all);
        assert_eq!(with("strip_prefix"), all);
    }
}
