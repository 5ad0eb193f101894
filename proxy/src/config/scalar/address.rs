//! Addresses: where listeners bind (IP and port), where endpoints are (IP, name or unix socket), and whom to trust
//! (networks). Names are resolved later, by the sidecar, never here.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use ipnet::IpNet;
use schemars::{Schema, json_schema};

use super::host::is_dns_name;
use crate::config::decode::{Refusal, Text};
use crate::config::document::quote;

impl Text for SocketAddr {
    const WHAT: &'static str = "an address such as \"127.0.0.1:8080\"";

    fn parse(text: &str) -> Result<Self, Refusal> {
        text.parse().map_err(|_| {
            let hint = match text.rsplit_once(':') {
                Some(("" | "*", port)) => format!("for every IPv4 interface write `0.0.0.0:{port}`"),
                Some(("localhost", port)) => format!("write `127.0.0.1:{port}` or `[::1]:{port}`"),
                _ => "write an IP address and a port, as in `127.0.0.1:8080` or `[::1]:8080`".to_owned(),
            };
            Refusal::new(format!("{} is not an address to bind", quote(text)), hint)
        })
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "pattern": "^([0-9.]+|\\[[0-9A-Fa-f:.]+\\]):[0-9]{1,5}$" })
    }
}

impl Text for IpNet {
    const WHAT: &'static str = "a network such as \"10.0.0.0/8\"";

    fn parse(text: &str) -> Result<Self, Refusal> {
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(IpNet::from(address));
        }
        text.parse().map_err(|_| {
            Refusal::new(format!("{} is not a network", quote(text)), "write it as in `10.0.0.0/8` or `fd00::/8`")
        })
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "pattern": "^[0-9A-Fa-f.:]+(/[0-9]{1,3})?$" })
    }
}

/// Where an endpoint is, as written.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Target {
    /// An IP address and a port.
    Address(SocketAddr),
    /// The absolute path of a unix-domain socket.
    Unix(PathBuf),
    /// A lower-case DNS name and a port.
    Name(Box<str>, u16),
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Address(address) => address.fmt(f),
            Target::Unix(path) => write!(f, "unix:{}", path.display()),
            Target::Name(name, port) => write!(f, "{name}:{port}"),
        }
    }
}

const TARGET_HINT: &str = "write `host:port`, as in `127.0.0.1:7102` or `products.internal:7102`, or `unix:/path`";
/// The longest path that `sockaddr_un` holds, its closing NUL excluded.
const LONGEST_SOCKET_PATH: usize = 107;

impl Text for Target {
    const WHAT: &'static str = "an endpoint such as \"127.0.0.1:7102\"";

    fn parse(text: &str) -> Result<Self, Refusal> {
        if let Some(path) = text.strip_prefix("unix:") {
            return unix(path);
        }
        if let Some((scheme, rest)) = text.split_once("://") {
            let host = rest.split('/').next().unwrap_or(rest);
            let hint = if scheme == "http" { format!("write only `{host}`") } else { TARGET_HINT.to_owned() };
            return Err(Refusal::new(format!("{} is a URL, not an endpoint", quote(text)), hint));
        }
        if let Ok(address) = text.parse::<SocketAddr>() {
            return nonzero(address.port()).map(|_| Target::Address(address));
        }
        let Some((host, port)) = text.rsplit_once(':').filter(|(host, _)| !host.contains(':')) else {
            let message = if text.parse::<IpAddr>().is_ok_and(|address| address.is_ipv6()) || text.starts_with('[') {
                return Err(Refusal::new(
                    format!("{} is not an endpoint", quote(text)),
                    "write an IPv6 endpoint as in `[::1]:7102`",
                ));
            } else {
                format!("{} has no port", quote(text))
            };
            return Err(Refusal::new(message, TARGET_HINT));
        };
        if port.is_empty() || !port.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Refusal::new(format!("{} is not a port", quote(port)), TARGET_HINT));
        }
        let port = nonzero(port.parse().unwrap_or(0))?;
        // What ends in a number is an IPv4 address to every resolver, or a mistake.
        let numeric = host.rsplit('.').next().is_some_and(|label| label.bytes().all(|byte| byte.is_ascii_digit()));
        if numeric || !is_dns_name(host) {
            return Err(Refusal::new(format!("{} is neither an address nor a name", quote(host)), TARGET_HINT));
        }
        Ok(Target::Name(host.to_ascii_lowercase().into(), port))
    }

    fn schema() -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^(unix:/.+|([A-Za-z0-9_.-]+|\\[[0-9A-Fa-f:.]+\\]):[0-9]{1,5})$",
            "examples": ["127.0.0.1:7102", "products.internal:7102", "unix:/run/products.sock"],
        })
    }
}

fn unix(path: &str) -> Result<Target, Refusal> {
    if !path.starts_with('/') || path.contains('\0') {
        return Err(Refusal::new(
            "the path of a unix socket must be absolute",
            format!("write it as in `unix:/run/{}`", path.trim_start_matches(['.', '/']).escape_default()),
        ));
    }
    if path.len() > LONGEST_SOCKET_PATH {
        return Err(Refusal::plain(format!("the path of a unix socket has at most {LONGEST_SOCKET_PATH} bytes")));
    }
    Ok(Target::Unix(path.into()))
}

fn nonzero(port: u16) -> Result<u16, Refusal> {
    if port == 0 { Err(Refusal::plain("an endpoint's port must be from 1 to 65535")) } else { Ok(port) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> String {
        Target::parse(text).expect_err(text).message
    }

    #[test]
    fn endpoints_are_addresses_names_or_sockets() {
        assert_eq!(Target::parse("127.0.0.1:80"), Ok(Target::Address(([127, 0, 0, 1], 80).into())));
        assert!(matches!(Target::parse("[::1]:80"), Ok(Target::Address(address)) if address.is_ipv6()));
        assert_eq!(Target::parse("Products.internal:7102"), Ok(Target::Name("products.internal".into(), 7102)));
        assert_eq!(Target::parse("unix:/run/a.sock"), Ok(Target::Unix("/run/a.sock".into())));
        for text in ["127.0.0.1:80", "[::1]:80", "products:1", "unix:/run/a.sock"] {
            assert_eq!(Target::parse(text).map(|target| target.to_string()), Ok(text.to_owned()));
        }
    }

    #[test]
    fn what_is_wrong_with_an_endpoint_is_told() {
        assert_eq!(message("products"), "`products` has no port");
        assert_eq!(message("products:"), "`` is not a port");
        assert_eq!(message("products:http"), "`http` is not a port");
        assert_eq!(message("products:0"), "an endpoint's port must be from 1 to 65535");
        assert_eq!(message("products:70000"), "an endpoint's port must be from 1 to 65535");
        assert_eq!(message("127.0.0.1:0"), "an endpoint's port must be from 1 to 65535");
        assert_eq!(message("300.0.0.1:80"), "`300.0.0.1` is neither an address nor a name");
        assert_eq!(message("a b:80"), "`a b` is neither an address nor a name");
        assert_eq!(message("::1"), "`::1` is not an endpoint");
        assert_eq!(message("http://a:1/x"), "`http://a:1/x` is a URL, not an endpoint");
        assert_eq!(message("unix:a.sock"), "the path of a unix socket must be absolute");
        assert_eq!(message(&format!("unix:/{}", "a".repeat(107))), "the path of a unix socket has at most 107 bytes");
    }

    #[test]
    fn a_bare_address_is_a_network_of_one() {
        assert_eq!(<IpNet as Text>::parse("10.1.2.3"), Ok("10.1.2.3/32".parse().expect("a network")));
        assert!(<IpNet as Text>::parse("10.0.0.0/33").is_err());
    }

    #[test]
    fn what_cannot_be_bound_is_led_to_what_can() {
        let hint = |text| <SocketAddr as Text>::parse(text).expect_err(text).hint.unwrap_or_default();
        assert_eq!(hint(":8080"), "for every IPv4 interface write `0.0.0.0:8080`");
        assert_eq!(hint("localhost:8080"), "write `127.0.0.1:8080` or `[::1]:8080`");
        assert!(hint("shop.test:8080").starts_with("write an IP address"));
    }
}
