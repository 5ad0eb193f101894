//! Real Redis servers of a scenario's own that belong together: a master that sentinels watch, or a cluster. They end with
//! the scenario, also when that panics.

use std::future::Future;

use supplex_stack::redis::cluster::Cluster;
use supplex_stack::redis::member::Running;
use supplex_stack::redis::watched::{NAME, Watched};
use tokio::runtime::Runtime;

/// The slot of all buckets.
pub(crate) const SLOT: u16 = 8391;

/// The servers.
pub(crate) struct RedisGroup<S> {
    pub(crate) servers: S,
    runtime: Runtime,
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

fn place(running: &Running) -> String {
    format!("\"{}\"", running.address())
}

impl RedisGroup<Watched> {
    /// A master with a replica, and one sentinel: two that notice at once may each vote for themselves, and wait.
    pub(crate) fn watched() -> Self {
        let runtime = runtime();
        let servers = runtime.block_on(Watched::start(1)).expect("the servers start");
        Self { servers, runtime }
    }

    /// The `[redis]` table of a configuration.
    pub(crate) fn table(&self, timeout: &str) -> String {
        let password = self.servers.master.password();
        let sentinels: Vec<_> = self.servers.sentinels.iter().map(place).collect();
        format!(
            "[redis]\nsentinel = {{ master = \"{NAME}\", nodes = [{}], password = \"{password}\" }}\n\
             password = \"{password}\"\ntimeout = \"{timeout}\"\n",
            sentinels.join(", ")
        )
    }
}

impl RedisGroup<Cluster> {
    /// A cluster in which the owner of [`SLOT`] has a replica.
    pub(crate) fn cluster() -> Self {
        let runtime = runtime();
        let servers = runtime.block_on(Cluster::start(SLOT)).expect("the servers start");
        Self { servers, runtime }
    }

    /// The `[redis]` table of a configuration, with all nodes that do not have the slot at first.
    pub(crate) fn table(&self, timeout: &str) -> String {
        let owner = self.servers.master_of(SLOT).address();
        let others: Vec<_> = self.servers.nodes().filter(|node| node.address() != owner).map(place).collect();
        let password = self.servers.replica.password();
        format!("[redis]\ncluster = [{}]\npassword = \"{password}\"\ntimeout = \"{timeout}\"\n", others.join(", "))
    }
}

impl<S> RedisGroup<S> {
    /// Waits for something that is done with the servers, which must go well.
    pub(crate) fn wait<T>(&self, done: impl Future<Output = Result<T, supplex_stack::Error>>) -> T {
        self.runtime.block_on(done).expect("it is done")
    }

    /// Has something done with the servers, which must go well.
    pub(crate) fn change<T>(&mut self, change: impl AsyncFnOnce(&mut S) -> Result<T, supplex_stack::Error>) -> T {
        self.runtime.block_on(change(&mut self.servers)).expect("it is done")
    }
}
