//! A Redis Cluster of three masters, one of which has a replica.

use super::member::{Kind, Running};
use crate::{Error, secret};

/// The slots of each master.
const SLOTS: [&str; 3] = ["0 5460", "5461 10922", "10923 16383"];
/// A node that is silent for this long, in milliseconds, is gone.
const TIMEOUT: u32 = 1000;

/// The nodes.
#[derive(Debug)]
pub struct Cluster {
    /// The masters at first, in the order of their slots.
    pub masters: Vec<Running>,
    /// The replica of one of them at first.
    pub replica: Running,
}

impl Cluster {
    /// Starts a cluster in which the master of `slot` has a replica.
    ///
    /// # Errors
    /// When Redis is not installed or does not start.
    pub async fn start(slot: u16) -> Result<Self, Error> {
        let password = secret::new()?;
        let lines = format!(
            "cluster-enabled yes\ncluster-config-file nodes.conf\ncluster-node-timeout {TIMEOUT}\n\
             cluster-replica-validity-factor 0\n"
        );
        let mut masters = Vec::new();
        for _ in 0..SLOTS.len() {
            masters.push(Running::with(Kind::Node, &password, &lines).await?);
        }
        let cluster = Self { masters, replica: Running::with(Kind::Node, &password, &lines).await? };
        for (number, (master, slots)) in cluster.masters.iter().zip(SLOTS).enumerate() {
            master.tells(&format!("CLUSTER ADDSLOTSRANGE {slots}"), "+OK").await?;
            master.tells(&format!("CLUSTER SET-CONFIG-EPOCH {}", number + 1), "+OK").await?;
        }
        for other in cluster.masters.iter().skip(1).chain([&cluster.replica]) {
            let (host, port, bus) = (other.address().ip(), other.address().port(), bus_port(other).await?);
            cluster.masters[0].tells(&format!("CLUSTER MEET {host} {port} {bus}"), "+OK").await?;
        }
        for node in cluster.nodes() {
            node.tells("CLUSTER INFO", "cluster_known_nodes:4").await?;
            node.tells("CLUSTER INFO", "cluster_state:ok").await?;
        }
        let owner = cluster.master_of(slot);
        let id = id(owner).await?;
        cluster.replica.tells(&format!("CLUSTER REPLICATE {id}"), "+OK").await?;
        cluster.replica.tells("INFO replication", "master_link_status:up").await?;
        for node in cluster.nodes() {
            node.tells("CLUSTER NODES", &format!("slave {id}")).await?;
        }
        Ok(cluster)
    }

    /// All of them.
    pub fn nodes(&self) -> impl Iterator<Item = &Running> {
        self.masters.iter().chain([&self.replica])
    }

    /// The node that had this slot at first.
    #[must_use]
    pub fn master_of(&self, slot: u16) -> &Running {
        let has_slot = |slots: &&str| {
            slots.split(' ').nth(1).is_some_and(|last| last.parse::<u16>().is_ok_and(|last| slot <= last))
        };
        let position = SLOTS.iter().position(has_slot).unwrap_or_default();
        &self.masters[position]
    }
}

/// The name of a node among the others.
///
/// # Errors
/// When it does not answer.
pub async fn id(node: &Running) -> Result<String, Error> {
    let reply = node.tell("CLUSTER MYID").await?;
    Ok(reply.lines().nth(1).unwrap_or_default().to_owned())
}

async fn bus_port(node: &Running) -> Result<String, Error> {
    let reply = node.tell("CONFIG GET cluster-port").await?;
    Ok(reply.lines().last().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_replica_belongs_to_the_owner_of_the_slot() {
        let cluster = Cluster::start(8391).await.expect("starts");
        let role = cluster.replica.tell("ROLE").await.expect("a reply");
        assert!(role.contains(&format!(":{}\r\n", cluster.masters[1].address().port())), "{role}");
        for (slot, master) in [(0, 0), (5460, 0), (5461, 1), (10922, 1), (16383, 2)] {
            assert_eq!(cluster.master_of(slot).address(), cluster.masters[master].address(), "{slot}");
        }
    }
}
