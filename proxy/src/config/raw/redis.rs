//! The `[redis]` table.

use supplex_engine::config::redis::Node;

use crate::config::decode::need::{OPTIONAL, REQUIRED, number, text};
use crate::config::decode::{List, Veiled, table};
use crate::config::scalar::{Duration, Number, RedisPassword, RedisUrl, RedisWord};

/// Redis is at exactly one of these.
pub(crate) const PLACES: &[&str] = &["url", "sentinel", "cluster"];

table! {
    /// The Redis that keeps the buckets of limits. Exactly one of `url`, `sentinel` and `cluster` must be there.
    Redis keeps keys with one of PLACES {
        /// A single server: `redis://[user:password@]host[:port][/database]`.
        url: RedisUrl = OPTIONAL,
        /// The master that sentinels name, also after a failover.
        sentinel: Veiled<Sentinel> = OPTIONAL,
        /// A Redis Cluster: some of its nodes as `host:port`, from which the others are learnt; 1 to 64. All buckets are
        /// in one hash slot, so one of its shards does the work.
        cluster: List<Node, 1> = OPTIONAL,
        /// The user at the servers of `sentinel` or `cluster`; the default one when left out. With `url` it stands there.
        username: RedisWord = OPTIONAL,
        /// The password at the servers of `sentinel` or `cluster`. With `url` it stands there.
        password: RedisPassword = OPTIONAL,
        /// The database at the master of `sentinel`; 0 to 9999. With `url` it stands there; a cluster has no other than 0.
        database: Number<0, 9_999> = number(0),
        /// How long an answer may take before a limit goes by its `on_store_error`; 1ms to 24h.
        timeout: Duration = text("20ms"),
    }
}

table! {
    /// Sentinels, and the master they watch.
    Sentinel {
        /// The name under which they watch the master, as in `sentinel monitor NAME ...`.
        master: RedisWord = REQUIRED,
        /// The sentinels as `host:port`, best all of them; 1 to 64. They are asked in turn.
        nodes: List<Node, 1> = REQUIRED,
        /// The user at the sentinels; the default one when left out.
        username: RedisWord = OPTIONAL,
        /// The password at the sentinels, which need not be that of the master.
        password: RedisPassword = OPTIONAL,
    }
}
