//! The rules of `[redis]`: one place, and what belongs to it.

use supplex_engine::config::Redis;
use supplex_engine::config::redis::{Cluster, Login, Node, Place, Sentinel};

use crate::config::decode::{At, List, refuse_repeats};
use crate::config::document::Span;
use crate::config::problem::Problems;
use crate::config::raw;
use crate::config::raw::redis::PLACES;
use crate::config::scalar::{RedisPassword, RedisWord};

/// Sentinels, and nodes to begin with: each that hangs is waited for.
const NODES_MOST: usize = 64;

pub(super) fn check(raw: Option<At<raw::Redis>>, problems: &mut Problems) -> Option<Redis> {
    let At { value: raw, span, .. } = raw?;
    // A password may stand on the same line as what is shown.
    problems.keeping_secret(|problems| {
        let timeout = raw.timeout.as_ref().map(|timeout| timeout.value.0);
        Some(Redis { place: place(raw, span, problems)?, timeout: timeout? })
    })
}

fn place(raw: raw::Redis, span: Span, problems: &mut Problems) -> Option<Place> {
    let places: Vec<_> = raw.keys.among(PLACES).collect();
    match places.as_slice() {
        [] => {
            let hint = "set `url` for a single server, `sentinel` for a master that sentinels name, or `cluster`";
            problems.push_with(span, "`[redis]` does not say where Redis is".into(), hint);
            return None;
        }
        [("url", _)] => {
            belongs_in_url(&raw, problems);
            return raw.url.map(|url| Place::Url(url.value.0));
        }
        [("cluster", _)] => only_database_zero(&raw, problems),
        [_] => {}
        [.., (_, last)] => {
            let message = "Redis is at only one of `url`, `sentinel` and `cluster`".to_owned();
            problems.push_with((*last).clone(), message, "remove the others");
            return None;
        }
    }
    let database = raw.database.and_then(|database| u16::try_from(database.value.0).ok());
    let login = login(raw.username, raw.password, problems);
    if let Some(cluster) = raw.cluster {
        return Some(Place::Cluster(Cluster { nodes: nodes(cluster, problems), login }));
    }
    let sentinel = raw.sentinel?.value.0;
    let sentinel_login = self::login(sentinel.username, sentinel.password, problems);
    let nodes = nodes(sentinel.nodes?, problems);
    Some(Place::Sentinel(Sentinel {
        master: sentinel.master?.value.0,
        nodes,
        sentinel_login,
        login,
        database: database?,
    }))
}

fn belongs_in_url(raw: &raw::Redis, problems: &mut Problems) {
    for (key, span) in raw.keys.among(&["username", "password", "database"]) {
        let hint = "write it as in `redis://user:password@127.0.0.1:6379/0`";
        problems.push_with(span.clone(), format!("`{key}` is a part of `url`"), hint);
    }
}

fn only_database_zero(raw: &raw::Redis, problems: &mut Problems) {
    if let Some(database) = raw.database.as_ref().filter(|database| database.value.0 > 0) {
        let message = "a Redis Cluster has no other database than 0".to_owned();
        problems.push_with(database.span.clone(), message, "remove `database`");
    }
}

fn login(username: Option<At<RedisWord>>, password: Option<At<RedisPassword>>, problems: &mut Problems) -> Login {
    if let (Some(username), None) = (&username, &password) {
        let message = "a user without a password cannot log in".to_owned();
        problems.push_with(username.span.clone(), message, "set `password` beside it");
    }
    Login { username: username.map(|name| name.value.0), password: password.map(|password| password.value.0) }
}

fn nodes(listed: At<List<Node, 1>>, problems: &mut Problems) -> Vec<Node> {
    let At { value: List(nodes), span, .. } = listed;
    let repeated = "this server stands in the list already";
    refuse_repeats(nodes.iter().map(|node| (&node.value, &node.span)), repeated, problems);
    if nodes.len() > NODES_MOST {
        problems.push_with(span, format!("there are more than {NODES_MOST} servers"), "a few are enough");
    }
    nodes.into_iter().map(|node| node.value).collect()
}
