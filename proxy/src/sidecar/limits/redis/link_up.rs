//! Getting a connection to the server that keeps the buckets.
//!
//! Which server that is, is found out anew for each connection: the one at the URL, the master that sentinels name, or
//! the node of a cluster that has the buckets' slot. Where to read on: `link_up/dial.rs` (one server),
//! `link_up/look.rs` (is it the right one), `link_up/sentinel.rs`, `link_up/cluster.rs`.

mod cluster;
mod dial;
mod look;
mod sentinel;

use redis::aio::MultiplexedConnection;
use supplex_engine::config::Redis;
use supplex_engine::config::redis::{Login, Node, Place};

pub(super) use cluster::{Cluster, Redirect, redirect};
use dial::Dial;
pub(super) use look::{Look, Sight};
use sentinel::Sentinel;

/// A connection to a server that knows the script.
#[derive(Clone, Debug)]
pub(super) struct Link {
    /// The connection.
    pub(super) connection: MultiplexedConnection,
    /// The server, when it was looked for.
    pub(super) server: Option<Node>,
    /// What makes it the right one.
    pub(super) look: Look,
}

/// How the server is found.
#[derive(Debug)]
pub(super) enum Endpoint {
    /// It is always the same.
    Fixed(Dial, redis::Client),
    /// By asking sentinels.
    Sentinel(Sentinel),
    /// By asking nodes of its cluster.
    Cluster(Cluster),
}

impl Endpoint {
    /// The way to the Redis of the configuration. No attempt takes much longer than `redis.timeout` allows answers to.
    ///
    /// # Errors
    /// In words without the URL, which may hold a password, when it is none.
    pub(super) fn new(redis: &Redis) -> Result<Self, String> {
        let dial = |login, database| Dial::new(login, database, redis.timeout);
        Ok(match &redis.place {
            Place::Url(url) => {
                let client = redis::Client::open(&**url).map_err(|_| "its URL cannot be understood".to_owned())?;
                Self::Fixed(dial(&Login::default(), 0), client)
            }
            Place::Sentinel(sentinel) => Self::Sentinel(Sentinel::new(
                sentinel,
                dial(&sentinel.sentinel_login, 0),
                dial(&sentinel.login, sentinel.database),
            )),
            Place::Cluster(cluster) => Self::Cluster(Cluster::new(cluster, dial(&cluster.login, 0))),
        })
    }

    /// A connection to the right server, which knows the script and answers in time.
    ///
    /// # Errors
    /// In words, why there is none.
    pub(super) async fn connect(&self) -> Result<Link, String> {
        match self {
            Self::Fixed(dial, client) => {
                let mut connection = dial.open_client(client).await?;
                dial.teach(&mut connection).await?;
                Ok(Link { connection, server: None, look: Look::Alive })
            }
            Self::Sentinel(sentinel) => sentinel.connect().await,
            Self::Cluster(cluster) => cluster.connect().await,
        }
    }

    /// Ends when whoever knows says that another server is the right one; perhaps never.
    pub(super) async fn supplanted(&self, link: &Link) {
        match (self, &link.server) {
            (Self::Sentinel(sentinel), Some(server)) => sentinel.supplanted(server).await,
            _ => std::future::pending().await,
        }
    }

    /// The cluster, if it is one.
    pub(super) fn cluster(&self) -> Option<&Cluster> {
        match self {
            Self::Cluster(cluster) => Some(cluster),
            Self::Fixed(..) | Self::Sentinel(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_url_that_is_none_is_not_repeated() {
        let redis = Redis { place: Place::Url("rodis://:secret@h".into()), timeout: Duration::from_millis(20) };
        let error = Endpoint::new(&redis).expect_err("no Redis");
        assert!(!error.contains("secret"), "{error}");
    }
}
