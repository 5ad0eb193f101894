//! The gateway in the stack: its configuration, and the file by which it says that it serves.

use std::net::SocketAddr;
use std::path::Path;

use serde::Deserialize;

/// The name of the only listener.
const LISTENER: &str = "public";

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
}

/// The configuration for the stack.
pub(crate) fn config(addresses: &Addresses) -> String {
    let Addresses { listener, admin, products, payments, users, redis } = addresses;
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
limits = ["per-client"]

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

[[routes]]
name = "users"
match = {{ prefix = "/api/users" }}
upstream = "users"
strip_prefix = "/api"
timeout = "4s"

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

[upstreams.users.breaker]

# Far above what a person does, and below what hurts.
[limits.per-client]
rate = "500/s"
burst = 1000
key = "client_ip"
store = "redis"

[redis]
url = "{redis}"
"#
    )
}

#[derive(Deserialize)]
struct Ready {
    pid: u32,
    admin: SocketAddr,
    listeners: std::collections::BTreeMap<String, SocketAddr>,
}

/// Where the gateway of process `pid` serves: the listener and the admin endpoint. `None` until it does.
#[must_use]
pub fn serving(ready_file: &Path, pid: u32) -> Option<(SocketAddr, SocketAddr)> {
    let ready: Ready = serde_json::from_slice(&std::fs::read(ready_file).ok()?).ok()?;
    let listener = ready.listeners.get(LISTENER)?;
    // The file of an earlier gateway says nothing about this one.
    (ready.pid == pid).then_some((*listener, ready.admin))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::port::local;

    #[test]
    fn the_configuration_is_toml_and_leads_to_the_service() {
        let addresses = Addresses {
            listener: local(8080),
            admin: local(9900),
            products: [7102, 7112].map(local).to_vec(),
            payments: [7104, 7114, 7124].map(local).to_vec(),
            redis: "redis://:secret@127.0.0.1:6379/0".into(),
            users: local(7101),
        };
        let config: toml::Table = config(&addresses).parse().expect("TOML");
        assert_eq!(config["gateway"]["admin"].as_str(), Some("127.0.0.1:9900"));
        assert_eq!(config["listeners"][0]["address"].as_str(), Some("127.0.0.1:8080"));
        assert_eq!(config["routes"][0]["strip_prefix"].as_str(), Some("/api"));
        assert_eq!(config["upstreams"]["products"]["endpoints"][1].as_str(), Some("127.0.0.1:7112"));
        assert_eq!(config["routes"][1]["match"]["prefix"].as_str(), Some("/api/payments"));
        assert_eq!(config["upstreams"]["payments"]["endpoints"][2].as_str(), Some("127.0.0.1:7124"));
        assert_eq!(config["redis"]["url"].as_str(), Some("redis://:secret@127.0.0.1:6379/0"));
        for upstream in ["products", "payments", "users"] {
            assert!(config["upstreams"][upstream]["breaker"].is_table(), "{upstream}");
            assert_eq!(config["upstreams"][upstream]["health"]["path"].as_str(), Some("/healthz"), "{upstream}");
        }
        assert_eq!(config["routes"][3]["match"]["exact"].as_str(), Some("/.well-known/jwks.json"));
        assert_eq!(config["upstreams"]["users"]["endpoints"][0].as_str(), Some("127.0.0.1:7101"));
    }

    #[test]
    fn only_the_ready_file_of_this_process_counts() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("ready");
        assert_eq!(serving(&file, 7), None);
        for (text, expected) in [
            ("{\"pid\":7,\"adm", None),
            (r#"{"pid":8,"admin":"127.0.0.1:2","listeners":{"public":"127.0.0.1:1"}}"#, None),
            (r#"{"pid":7,"admin":"127.0.0.1:2","listeners":{"other":"127.0.0.1:1"}}"#, None),
            (r#"{"pid":7,"admin":"127.0.0.1:2","listeners":{"public":"127.0.0.1:1"}}"#, Some((local(1), local(2)))),
        ] {
            std::fs::write(&file, text).expect("writes");
            assert_eq!(serving(&file, 7), expected, "{text}");
        }
    }
}
