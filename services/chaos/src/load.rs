//! Load at a fixed rate, whatever the other side does (an open loop).
//!
//! Every request has a moment at which it should begin. It begins then even if earlier ones still wait, and its time counts
//! from that moment, so a stall shows in all requests that fell into it. Where to read on: `pacer.rs` for the moments,
//! `wire.rs` for the requests, `group.rs` for what is kept of them.

pub mod group;
mod pacer;
pub mod sample;
mod wire;

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

pub use group::Group;
pub use wire::Request;

use group::Shared;

/// What makes the request with this number.
pub type Make = Arc<dyn Fn(u64) -> Request + Send + Sync>;

/// What a group does.
pub struct Order {
    /// Its name.
    pub name: &'static str,
    /// Requests per second.
    pub rate: f64,
    /// Where they go, in turn.
    pub targets: Vec<SocketAddr>,
    /// The requests, by number.
    pub make: Make,
}

/// A request whose moment has come.
struct Due {
    group: Arc<Shared>,
    number: u64,
    at: Duration,
}

/// The source of all load: a thread that sends, and one more for each group that keeps the time.
#[derive(Debug)]
pub struct Load {
    origin: Instant,
    dues: mpsc::UnboundedSender<Due>,
}

impl Load {
    /// Ready to send. Moments are counted from `origin`.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(origin: Instant) -> std::io::Result<Self> {
        let (dues, queue) = mpsc::unbounded_channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        thread::Builder::new().name("load".into()).spawn(move || runtime.block_on(send_all(origin, queue)))?;
        Ok(Self { origin, dues })
    }

    /// The time of the run.
    #[must_use]
    pub fn now(&self) -> Duration {
        self.origin.elapsed()
    }

    /// Begins a group. It ends with its [`Group`].
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn begin(&self, order: Order) -> std::io::Result<Group> {
        let shared = Arc::new(Shared::new(&order));
        pacer::start(self.origin, order.rate, Arc::clone(&shared), self.dues.clone())?;
        Ok(Group::new(shared))
    }
}

/// Ends when nobody can order anything any more.
async fn send_all(origin: Instant, mut queue: mpsc::UnboundedReceiver<Due>) {
    while let Some(due) = queue.recv().await {
        tokio::spawn(async move {
            let Some(pool) = due.group.pool(due.number) else { return };
            let request = (due.group.make)(due.number);
            let (outcome, connection) = wire::exchange(pool, request).await;
            let took = origin.elapsed().saturating_sub(due.at);
            due.group.note(due.at, took, &outcome);
            if let Some(connection) = connection {
                pool.put(connection).await;
            }
        });
    }
}
