//! Who has the buckets' slot in a Redis Cluster, and how a question follows it there.
//!
//! All buckets are in one slot (`script.rs` says why), so the line needs one node of the cluster, not all. Any node tells
//! which one that is; what it tells is tried, because it may be late to learn of a change. A node that lost the slot
//! says who has it (`MOVED`), or who has the buckets that went ahead (`ASK`): a second connection, kept aside, goes there
//! for the questions that were turned away, and becomes the line's own once the slot has moved.

mod map;

use std::cell::RefCell;

use redis::aio::MultiplexedConnection;
use redis::{Value, cmd};
use supplex_engine::config::redis::{self as config, Node};
use tokio::sync::Mutex;

use super::Link;
use super::dial::Dial;
use super::look::{Look, Sight};
pub(in super::super) use map::{Redirect, redirect};

/// A cluster, as far as it is known.
#[derive(Debug)]
pub(in super::super) struct Cluster {
    seeds: Vec<Node>,
    /// The nodes that were told of last.
    known: RefCell<Vec<Node>>,
    /// Where the slot is, by the word of a node that had it.
    moved_to: RefCell<Option<Node>>,
    dial: Dial,
    /// For asking who has the slot.
    advice: Dial,
    /// A connection to a node that knows the script, beside that of the line.
    aside: Mutex<Option<(Node, MultiplexedConnection)>>,
}

impl Cluster {
    /// Looks for the slot's node in this cluster.
    pub(super) fn new(settings: &config::Cluster, dial: Dial) -> Self {
        Self {
            seeds: settings.nodes.clone(),
            known: RefCell::default(),
            moved_to: RefCell::default(),
            advice: dial.for_advice(),
            dial,
            aside: Mutex::default(),
        }
    }

    /// A connection to the node that has the slot.
    pub(super) async fn connect(&self) -> Result<Link, String> {
        let mut tried = Vec::new();
        // What is wrong with the node that has the slot says more than that another is silent.
        let (mut fault, mut silence) = (None, None);
        let told = self.moved_to.take();
        if let Some(node) = told {
            match self.claim(&node).await {
                Ok(link) => return Ok(link),
                Err(why) => fault = Some(why),
            }
            tried.push(node);
        }
        for informant in self.informants() {
            let owner = match self.owner_by(&informant).await {
                Ok(owner) if tried.contains(&owner) => continue,
                Ok(owner) => owner,
                Err(why) => {
                    silence = Some(why);
                    continue;
                }
            };
            match self.claim(&owner).await {
                Ok(link) => return Ok(link),
                Err(why) => fault = Some(why),
            }
            tried.push(owner);
        }
        Err(fault.or(silence).unwrap_or_default())
    }

    /// Whom to ask: those that were told of, and those of the configuration, which may be other ones by now.
    fn informants(&self) -> Vec<Node> {
        let mut nodes = self.known.borrow().clone();
        nodes.extend(self.seeds.iter().filter(|seed| !self.known.borrow().contains(seed)).cloned());
        nodes
    }

    /// Who has the slot, by the word of a node.
    async fn owner_by(&self, informant: &Node) -> Result<Node, String> {
        let words = |why| format!("{informant}: {why}");
        let mut connection = self.advice.open(informant).await.map_err(words)?;
        let reply = self.advice.ask(&mut connection, cmd("CLUSTER").arg("SLOTS")).await.map_err(words)?;
        if let Value::ServerError(error) = &reply {
            return Err(words(error.to_string()));
        }
        let shards = map::shards(&reply, informant);
        let (owner, nodes) =
            map::owner(shards).ok_or_else(|| words("nobody has the slot of the buckets".to_owned()))?;
        *self.known.borrow_mut() = nodes;
        Ok(owner)
    }

    /// A connection to this node, if it has the slot.
    async fn claim(&self, node: &Node) -> Result<Link, String> {
        let words = |why| format!("{node}: {why}");
        let mut connection = self.aside(node).await.map_err(words)?;
        let outcome = self.dial.ask(&mut connection, &Look::Owner.question()).await;
        *self.aside.lock().await = None;
        match Look::Owner.judge(&outcome.map_err(words)?) {
            Sight::Fit => Ok(Link { connection, server: Some(node.clone()), look: Look::Owner }),
            Sight::Unfit(why) => Err(words(why)),
            Sight::Moved(to) => {
                self.moved(&to, node);
                Err(words(format!("the slot moved: {to}")))
            }
        }
    }

    /// Notes where the slot is now, in the words of `MOVED` by a node.
    pub(in super::super) fn moved(&self, words: &str, by: &Node) {
        if let Some(to) = map::place(words, by).filter(|to| to != by) {
            self.moved_to(to);
        }
    }

    /// Notes where the slot is now.
    pub(in super::super) fn moved_to(&self, node: Node) {
        *self.moved_to.borrow_mut() = Some(node);
    }

    /// Goes where the slot moved.
    ///
    /// # Errors
    /// In words, when it is not there.
    pub(in super::super) async fn follow(&self) -> Result<Link, String> {
        let told = self.moved_to.borrow().clone();
        let node = told.ok_or_else(|| "nobody says where the slot moved".to_owned())?;
        let link = self.claim(&node).await?;
        self.moved_to.take();
        Ok(link)
    }

    /// The connection aside to this node; it is made when there is none.
    ///
    /// # Errors
    /// In words, why there is none.
    pub(in super::super) async fn aside(&self, node: &Node) -> Result<MultiplexedConnection, String> {
        // Whoever else wants it waits, so that there is one.
        let mut kept = self.aside.lock().await;
        if let Some((at, connection)) = kept.as_ref()
            && at == node
        {
            return Ok(connection.clone());
        }
        let mut connection = self.dial.open(node).await?;
        self.dial.teach(&mut connection).await?;
        *kept = Some((node.clone(), connection.clone()));
        Ok(connection)
    }

    /// The connection aside is no good any more.
    pub(in super::super) async fn drop_aside(&self) {
        *self.aside.lock().await = None;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use supplex_engine::config::redis::Login;

    use super::*;

    #[test]
    fn nodes_that_were_told_of_are_asked_before_those_of_the_configuration() {
        let node = |port| Node { host: "h".into(), port };
        let settings = config::Cluster { nodes: vec![node(1), node(2)], login: Login::default() };
        let cluster = Cluster::new(&settings, Dial::new(&settings.login, 0, Duration::from_millis(20)));
        assert_eq!(cluster.informants(), [node(1), node(2)]);
        *cluster.known.borrow_mut() = vec![node(3), node(2)];
        assert_eq!(cluster.informants(), [node(3), node(2), node(1)]);
    }
}
