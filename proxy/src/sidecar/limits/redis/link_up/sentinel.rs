//! Who the master is, by the word of sentinels.
//!
//! They are asked in turn, and none is believed blindly: one that was cut off may still name a master that was demoted.
//! So the named server must call itself a master, and while it is in use the sentinels are asked from time to time
//! whether they name another: a master that was cut off calls itself one until somebody tells it.

use std::cell::Cell;
use std::time::Duration;

use redis::{Value, cmd};
use supplex_engine::config::redis::{self as config, Node};
use tokio::time::sleep;

use super::Link;
use super::dial::{Dial, text};
use super::look::{Look, Sight};

/// Between two times that the sentinels are asked whether the master in use still is the one.
const CONSULT: Duration = Duration::from_secs(1);

/// Sentinels, and the master they watch.
#[derive(Debug)]
pub(in super::super) struct Sentinel {
    master: Box<str>,
    nodes: Vec<Node>,
    /// The position of the one that told rightly last time.
    first: Cell<usize>,
    sentinels: Dial,
    servers: Dial,
}

impl Sentinel {
    /// Looks for the master of these, with a dial for them and one for the master.
    pub(super) fn new(settings: &config::Sentinel, sentinels: Dial, servers: Dial) -> Self {
        let (master, nodes) = (settings.master.clone(), settings.nodes.clone());
        Self { master, nodes, first: Cell::new(0), sentinels: sentinels.for_advice(), servers }
    }

    /// The sentinels with their positions, the one that told rightly last time first.
    fn in_turn(&self) -> impl Iterator<Item = (usize, &Node)> {
        let first = self.first.get();
        let (before, from) = self.nodes.split_at_checked(first).unwrap_or((&[], &self.nodes));
        (first..).zip(from).chain((0..).zip(before))
    }

    /// A connection to the master that the first of them names whose word holds.
    pub(super) async fn connect(&self) -> Result<Link, String> {
        let mut tried: Vec<Node> = Vec::new();
        // What is wrong with a server says more than that a sentinel is silent.
        let (mut fault, mut silence) = (None, None);
        for (position, sentinel) in self.in_turn() {
            let server = match self.named_by(sentinel).await {
                Ok(server) if tried.contains(&server) => continue,
                Ok(server) => server,
                Err(why) => {
                    silence = Some(why);
                    continue;
                }
            };
            match self.master_at(&server).await {
                Ok(link) => {
                    self.first.set(position);
                    return Ok(link);
                }
                Err(why) => fault = Some(why),
            }
            tried.push(server);
        }
        Err(fault.or(silence).unwrap_or_default())
    }

    /// Whom a sentinel names.
    async fn named_by(&self, sentinel: &Node) -> Result<Node, String> {
        let words = |why| format!("the sentinel {sentinel}: {why}");
        let mut connection = self.sentinels.open(sentinel).await.map_err(words)?;
        let mut question = cmd("SENTINEL");
        question.arg("GET-MASTER-ADDR-BY-NAME").arg(&*self.master);
        let reply = self.sentinels.ask(&mut connection, &question).await.map_err(words)?;
        if let Value::ServerError(error) = &reply {
            return Err(words(error.to_string()));
        }
        named(&reply).ok_or_else(|| words(format!("it knows no master {}", self.master)))
    }

    async fn master_at(&self, server: &Node) -> Result<Link, String> {
        let words = |why| format!("the master {server}: {why}");
        let mut connection = self.servers.open(server).await.map_err(words)?;
        let reply = self.servers.ask(&mut connection, &Look::Master.question()).await.map_err(words)?;
        if let Sight::Unfit(why) = Look::Master.judge(&reply) {
            return Err(words(why));
        }
        self.servers.teach(&mut connection).await.map_err(words)?;
        Ok(Link { connection, server: Some(server.clone()), look: Look::Master })
    }

    /// Ends when some sentinel names another than `server`, and none names it any more.
    pub(super) async fn supplanted(&self, server: &Node) {
        loop {
            sleep(CONSULT).await;
            let mut another = false;
            for (_, sentinel) in self.in_turn() {
                match self.named_by(sentinel).await {
                    Ok(named) if named == *server => {
                        another = false;
                        break;
                    }
                    Ok(_) => another = true,
                    Err(_silent) => {}
                }
            }
            if another {
                return;
            }
        }
    }
}

/// The address in a sentinel's reply; `None` when it does not know the master.
fn named(reply: &Value) -> Option<Node> {
    let Value::Array(items) = reply else { return None };
    let [host, port] = items.as_slice() else { return None };
    let (host, port) = (text(host)?, text(port)?.parse().ok()?);
    (!host.is_empty() && port > 0).then(|| Node { host: host.into(), port })
}

#[cfg(test)]
mod tests {
    use supplex_engine::config::redis::Login;

    use super::*;

    #[test]
    fn a_sentinel_names_a_server_or_nobody() {
        let reply = |words: &[&str]| Value::Array(words.iter().map(|word| Value::BulkString((*word).into())).collect());
        assert_eq!(named(&reply(&["10.0.0.1", "6379"])), Some(Node { host: "10.0.0.1".into(), port: 6379 }));
        for nobody in [Value::Nil, reply(&[]), reply(&["10.0.0.1"]), reply(&["", "1"]), reply(&["h", "0"])] {
            assert_eq!(named(&nobody), None, "{nobody:?}");
        }
    }

    #[test]
    fn each_is_asked_once_beginning_with_the_one_that_was_right() {
        let node = |port| Node { host: "h".into(), port };
        let settings = config::Sentinel {
            master: "m".into(),
            nodes: vec![node(1), node(2), node(3)],
            sentinel_login: Login::default(),
            login: Login::default(),
            database: 0,
        };
        let dial = || Dial::new(&Login::default(), 0, Duration::from_millis(20));
        let sentinel = Sentinel::new(&settings, dial(), dial());
        let turn = || sentinel.in_turn().map(|(position, node)| (position, node.port)).collect::<Vec<_>>();
        assert_eq!(turn(), [(0, 1), (1, 2), (2, 3)]);
        sentinel.first.set(2);
        assert_eq!(turn(), [(2, 3), (0, 1), (1, 2)]);
    }
}
