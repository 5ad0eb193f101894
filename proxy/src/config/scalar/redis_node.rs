//! Where a sentinel or a node of a Redis Cluster listens: `host:port`.

use schemars::{Schema, json_schema};
use supplex_engine::config::redis::Node;

use super::Target;
use crate::config::decode::{Refusal, Text};
use crate::config::document::quote;

impl Text for Node {
    const WHAT: &'static str = "a server such as \"10.0.0.1:6379\"";
    // It may be a URL with a password in it.
    const SECRET: bool = true;

    fn parse(text: &str) -> Result<Self, Refusal> {
        match Target::parse(text) {
            Ok(Target::Address(address)) => Ok(Node { host: address.ip().to_string().into(), port: address.port() }),
            Ok(Target::Name(host, port)) => Ok(Node { host, port }),
            Ok(Target::Unix(_)) | Err(_) => Err(Refusal::new(
                if text.contains('@') {
                    "this is not the address of a server".to_owned()
                } else {
                    format!("{} is not the address of a server", quote(text))
                },
                "write `host:port`, as in `10.0.0.1:6379`; passwords have keys of their own",
            )),
        }
    }

    fn schema() -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^([A-Za-z0-9_.-]+|\\[[0-9A-Fa-f:.]+\\]):[0-9]{1,5}$",
            "examples": ["10.0.0.1:6379", "cache-1.internal:26379"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_are_a_host_and_a_port() {
        for good in ["10.0.0.1:6379", "cache-1.internal:26379", "[::1]:1"] {
            assert_eq!(Node::parse(good).map(|node| node.to_string()), Ok(good.to_owned()));
        }
        for bad in ["10.0.0.1", "10.0.0.1:0", "unix:/run/redis.sock", "redis://10.0.0.1:6379", ":6379", ""] {
            let message = format!("{} is not the address of a server", quote(bad));
            assert_eq!(Node::parse(bad).expect_err(bad).message, message);
        }
        assert!(!Node::parse("redis://:secret@h:1").expect_err("a URL").message.contains("secret"));
    }
}
