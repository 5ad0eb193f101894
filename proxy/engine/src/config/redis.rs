//! The checked `[redis]` table: where the buckets of limits are kept when several gateways share them.

use std::fmt;
use std::time::Duration;

/// The Redis of the limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redis {
    /// Where it is, and how to log in.
    pub place: Place,
    /// How long an answer may take before the limits do without.
    pub timeout: Duration,
}

/// How the server to ask is found.
#[derive(Clone, PartialEq, Eq)]
pub enum Place {
    /// It is the server at this URL, as written. May hold a password.
    Url(Box<str>),
    /// It is the master that sentinels name.
    Sentinel(Sentinel),
    /// It is the node of a cluster that has the buckets' slot.
    Cluster(Cluster),
}

/// A master that sentinels watch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentinel {
    /// The name under which they watch it.
    pub master: Box<str>,
    /// The sentinels; at least one.
    pub nodes: Vec<Node>,
    /// How to log in at a sentinel.
    pub sentinel_login: Login,
    /// How to log in at the master.
    pub login: Login,
    /// The master's database.
    pub database: u16,
}

/// A cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cluster {
    /// Some of its nodes, from which the others are learnt; at least one.
    pub nodes: Vec<Node>,
    /// How to log in at each node.
    pub login: Login,
}

/// Where a server listens.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Node {
    /// A DNS name or an IP address, IPv6 without brackets.
    pub host: Box<str>,
    /// From 1.
    pub port: u16,
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (host, port) = (&self.host, self.port);
        if host.contains(':') { write!(f, "[{host}]:{port}") } else { write!(f, "{host}:{port}") }
    }
}

/// Who one is to a server: nobody in particular when there is no password.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Login {
    /// The user; the default one when there is none.
    pub username: Option<Box<str>>,
    /// The password.
    pub password: Option<Box<str>>,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let password = self.password.as_ref().map(|_| "...");
        f.debug_struct("Login").field("username", &self.username).field("password", &password).finish()
    }
}

/// Without users and passwords, in words that fit behind "Redis at".
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Url(url) => match (url.split_once("://"), url.rsplit_once('@')) {
                (Some((scheme, _)), Some((_, place))) => write!(f, "{scheme}://{place}"),
                _ => f.write_str(url),
            },
            Place::Sentinel(Sentinel { master, nodes, .. }) => {
                write!(f, "{master} of the sentinels {}", Joined(nodes))
            }
            Place::Cluster(Cluster { nodes, .. }) => write!(f, "the cluster of {}", Joined(nodes)),
        }
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Url(_) => f.debug_tuple("Url").field(&self.to_string()).finish(),
            Place::Sentinel(sentinel) => sentinel.fmt(f),
            Place::Cluster(cluster) => cluster.fmt(f),
        }
    }
}

struct Joined<'a>(&'a [Node]);

impl fmt::Display for Joined<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, node) in self.0.iter().enumerate() {
            f.write_str(if index > 0 { ", " } else { "" })?;
            node.fmt(f)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(host: &str) -> Node {
        Node { host: host.into(), port: 6379 }
    }

    #[test]
    fn a_place_is_told_without_its_password() {
        let login = Login { username: Some("u".into()), password: Some("secret".into()) };
        let sentinel = Sentinel {
            master: "mymaster".into(),
            nodes: vec![node("10.0.0.1"), node("::1")],
            sentinel_login: login.clone(),
            login: login.clone(),
            database: 2,
        };
        let cluster = Cluster { nodes: vec![node("cache.internal")], login };
        for (place, told) in [
            (Place::Url("redis://u:secret@10.0.0.1:6379/0".into()), "redis://10.0.0.1:6379/0"),
            (Place::Url("redis://10.0.0.1:6379/0".into()), "redis://10.0.0.1:6379/0"),
            (Place::Url("redis://:s@ecret@h".into()), "redis://h"),
            (Place::Sentinel(sentinel), "mymaster of the sentinels 10.0.0.1:6379, [::1]:6379"),
            (Place::Cluster(cluster), "the cluster of cache.internal:6379"),
        ] {
            assert_eq!(place.to_string(), told);
            let redis = Redis { place, timeout: Duration::from_millis(20) };
            assert!(!format!("{redis:?}").contains("ecret"), "{redis:?}");
        }
    }
}
