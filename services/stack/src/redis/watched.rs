//! A master with a replica, and sentinels that put the one in the place of the other within a second or two.

use super::member::{Kind, Running};
use crate::{Error, secret};

/// The name under which the sentinels watch the master.
pub const NAME: &str = "mymaster";

/// The servers.
#[derive(Debug)]
pub struct Watched {
    // The sentinels go first, so that they see nothing to do.
    /// The sentinels.
    pub sentinels: Vec<Running>,
    /// What is a replica at first.
    pub replica: Running,
    /// What is the master at first.
    pub master: Running,
}

impl Watched {
    /// Starts a master, its replica and some sentinels, one of which is enough to find the master gone.
    ///
    /// # Errors
    /// When Redis is not installed or does not start.
    pub async fn start(sentinels: usize) -> Result<Self, Error> {
        let password = secret::new()?;
        let master = Running::with(Kind::Data, &password, "").await?;
        let (host, port) = (master.address().ip(), master.address().port());
        let replica = Running::with(Kind::Data, &password, &format!("replicaof {host} {port}\n")).await?;
        replica.tells("INFO replication", "master_link_status:up").await?;
        let lines = format!(
            "sentinel monitor {NAME} {host} {port} 1\n\
             sentinel auth-pass {NAME} {password}\n\
             sentinel down-after-milliseconds {NAME} 500\n\
             sentinel failover-timeout {NAME} 5000\n\
             sentinel sentinel-pass {password}\n"
        );
        let mut started = Vec::new();
        for _ in 0..sentinels {
            started.push(Running::with(Kind::Sentinel, &password, &lines).await?);
        }
        for sentinel in &started {
            sentinel.tells("INFO sentinel", &format!("slaves=1,sentinels={sentinels}")).await?;
        }
        Ok(Self { sentinels: started, replica, master })
    }
}

impl Watched {
    /// Has the sentinels believe for the next minute that the master is there, even if it gets no processor for a while.
    ///
    /// # Errors
    /// When one does not answer.
    pub async fn calm(&self) -> Result<(), Error> {
        for sentinel in &self.sentinels {
            sentinel.tells(&format!("SENTINEL SET {NAME} down-after-milliseconds 60000"), "+OK").await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn sentinels_know_master_and_replica() {
        let watched = Watched::start(1).await.expect("starts");
        let named = watched.sentinels[0].tell(&format!("SENTINEL GET-MASTER-ADDR-BY-NAME {NAME}")).await;
        assert!(named.expect("a reply").contains(&watched.master.address().port().to_string()));
        assert!(watched.replica.tell("ROLE").await.expect("a reply").contains("slave"));
    }
}
