//! What nodes of a cluster say about slots: the reply to `CLUSTER SLOTS`, and `MOVED` and `ASK`. Nothing here talks.

use redis::{ServerError, ServerErrorKind, Value};
use supplex_engine::config::redis::Node;

use super::super::dial::text;

/// The slot of every bucket: CRC-16 (XMODEM) of what stands in the braces, modulo 16384.
pub(super) const SLOT: i64 = 8391;
/// Nodes that are remembered.
const KNOWN_MOST: usize = 64;

/// Some slots, and the nodes that have them: first the master.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Shard {
    first: i64,
    last: i64,
    nodes: Vec<Node>,
}

/// The shards in a reply to `CLUSTER SLOTS` by this node. What is not understood is left out.
pub(super) fn shards(reply: &Value, informant: &Node) -> Vec<Shard> {
    let Value::Array(items) = reply else { return Vec::new() };
    items.iter().filter_map(|item| shard(item, informant)).collect()
}

fn shard(item: &Value, informant: &Node) -> Option<Shard> {
    let Value::Array(parts) = item else { return None };
    let [Value::Int(first), Value::Int(last), master, replicas @ ..] = parts.as_slice() else { return None };
    let mut nodes = vec![node(master, informant)?];
    nodes.extend(replicas.iter().filter_map(|replica| node(replica, informant)));
    Some(Shard { first: *first, last: *last, nodes })
}

fn node(parts: &Value, informant: &Node) -> Option<Node> {
    let Value::Array(parts) = parts else { return None };
    let [host, Value::Int(port), ..] = parts.as_slice() else { return None };
    let port = u16::try_from(*port).ok().filter(|port| *port > 0)?;
    Some(Node { host: host_or(&text(host).unwrap_or_default(), informant), port })
}

/// A node that does not know its own address, or its name, leaves it out: it is the one under which it was asked.
fn host_or(host: &str, asked: &Node) -> Box<str> {
    if matches!(host, "" | "?") { asked.host.clone() } else { host.into() }
}

/// The master of the buckets' slot, and every node there is; the master last, because it is asked for when it is gone.
pub(super) fn owner(shards: Vec<Shard>) -> Option<(Node, Vec<Node>)> {
    let has_slot = |shard: &&Shard| (shard.first..=shard.last).contains(&SLOT);
    let owner = shards.iter().find(has_slot)?.nodes.first()?.clone();
    let mut nodes: Vec<Node> = Vec::new();
    for node in shards.into_iter().flat_map(|shard| shard.nodes) {
        if node != owner && nodes.len() < KNOWN_MOST && !nodes.contains(&node) {
            nodes.push(node);
        }
    }
    nodes.push(owner.clone());
    Some((owner, nodes))
}

/// Where a question is to go instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super::super) struct Redirect {
    /// The node.
    pub(in super::super::super) to: Node,
    /// Whether the whole slot is there now.
    pub(in super::super::super) moved: bool,
}

/// Where the error of a node sends a question, if it does. The node has surely not charged.
pub(in super::super::super) fn redirect(error: &ServerError, by: &Node) -> Option<Redirect> {
    let moved = match error.kind()? {
        ServerErrorKind::Moved => true,
        ServerErrorKind::Ask => false,
        _ => return None,
    };
    Some(Redirect { to: place(error.details()?, by)?, moved })
}

/// The node in `SLOT HOST:PORT`.
pub(super) fn place(details: &str, by: &Node) -> Option<Node> {
    let (host, port) = details.split_ascii_whitespace().nth(1)?.rsplit_once(':')?;
    let port = port.parse().ok().filter(|port| *port > 0)?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    Some(Node { host: host_or(host, by), port })
}

#[cfg(test)]
mod tests {
    use redis::parse_redis_value;

    use super::*;

    fn at(host: &str, port: u16) -> Node {
        Node { host: host.into(), port }
    }

    fn slots(first: i64, last: i64, nodes: &[(&str, i64)]) -> Value {
        let node = |(host, port): &(&str, i64)| {
            let host = if host.is_empty() { Value::Nil } else { Value::BulkString((*host).into()) };
            Value::Array(vec![host, Value::Int(*port), Value::BulkString("id".into()), Value::Array(Vec::new())])
        };
        Value::Array([Value::Int(first), Value::Int(last)].into_iter().chain(nodes.iter().map(node)).collect())
    }

    #[test]
    fn the_owner_is_the_master_of_the_range_that_has_the_slot() {
        let informant = at("asked", 1);
        let reply = Value::Array(vec![
            slots(0, SLOT - 1, &[("a", 1), ("b", 2)]),
            slots(SLOT, SLOT, &[("", 3), ("?", 4), ("a", 0)]),
            slots(SLOT + 1, 16_383, &[("a", 1), ("d", 5)]),
        ]);
        let (owner, nodes) = owner(shards(&reply, &informant)).expect("somebody has it");
        assert_eq!(owner, at("asked", 3));
        assert_eq!(nodes, [at("a", 1), at("b", 2), at("asked", 4), at("d", 5), at("asked", 3)]);
    }

    #[test]
    fn nobody_may_have_the_slot() {
        for reply in [
            Value::Nil,
            Value::Array(vec![slots(0, SLOT - 1, &[("a", 1)]), slots(SLOT + 1, 16_383, &[("b", 2)])]),
            Value::Array(vec![Value::Array(vec![Value::Int(0), Value::Int(16_383)]), Value::Okay]),
        ] {
            assert_eq!(owner(shards(&reply, &at("asked", 1))), None, "{reply:?}");
        }
    }

    #[test]
    fn errors_that_send_elsewhere_say_where() {
        let said = |line: &str| match parse_redis_value(format!("-{line}\r\n").as_bytes()) {
            Ok(Value::ServerError(error)) => redirect(&error, &at("here", 1)),
            other => panic!("{other:?} is no error"),
        };
        let to = |host, port, moved| Some(Redirect { to: at(host, port), moved });
        assert_eq!(said("MOVED 8391 10.0.0.1:6381"), to("10.0.0.1", 6381, true));
        assert_eq!(said("ASK 8391 cache-2.internal:6379"), to("cache-2.internal", 6379, false));
        assert_eq!(said("MOVED 8391 ::1:6381"), to("::1", 6381, true));
        assert_eq!(said("MOVED 8391 :6381"), to("here", 6381, true));
        assert_eq!(said("MOVED 8391 ?:6381"), to("here", 6381, true));
        for nowhere in ["MOVED", "MOVED 8391", "MOVED 8391 h", "ASK 8391 h:0", "ASK 8391 h:x", "READONLY 1 h:1", "ERR"]
        {
            assert_eq!(said(nowhere), None, "{nowhere}");
        }
    }
}
