//! The parts of the stack: their order, how each is asked whether it is well, and how each is stopped.

use std::time::Duration;

use rustix::process::Signal;
use serde::{Deserialize, Serialize};

use crate::layout::Layout;
use crate::process::Stop;
use crate::state::Running;
use crate::{Error, http};

/// One part of the stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Component {
    /// The services' databases.
    Postgres,
    /// The gateway's rate limits.
    Redis,
    /// The users, whose keys the others check tokens with.
    Users,
    /// The first node of the catalogue. Before there were two, the state called it `products`.
    #[serde(rename = "products-1", alias = "products")]
    Products1,
    /// The second node of the catalogue.
    #[serde(rename = "products-2")]
    Products2,
    /// The first node of the payments.
    #[serde(rename = "payments-1")]
    Payments1,
    /// The second node of the payments.
    #[serde(rename = "payments-2")]
    Payments2,
    /// The third node of the payments.
    #[serde(rename = "payments-3")]
    Payments3,
    /// The orders, which call the catalogue and the payments through the gateway.
    Orders,
    /// The gateway.
    Gateway,
    /// Prometheus, which looks at the gateway and the services. Only where it is installed.
    Prometheus,
}

/// How long an answer to the question for its health may take.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(2);

impl Component {
    /// All, each after those it needs.
    pub const IN_ORDER: [Self; 11] = [
        Self::Postgres,
        Self::Redis,
        Self::Users,
        Self::Products1,
        Self::Products2,
        Self::Payments1,
        Self::Payments2,
        Self::Payments3,
        Self::Orders,
        Self::Gateway,
        Self::Prometheus,
    ];

    /// The nodes of the catalogue.
    pub const PRODUCTS: [Self; 2] = [Self::Products1, Self::Products2];

    /// The nodes of the payments.
    pub const PAYMENTS: [Self; 3] = [Self::Payments1, Self::Payments2, Self::Payments3];

    /// Whether it is a service that can be made sick by `PUT /faults`.
    #[must_use]
    pub fn has_faults(self) -> bool {
        Self::PAYMENTS.contains(&self)
    }

    /// The name for people, and of the log.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::Redis => "redis",
            Self::Products1 => "products-1",
            Self::Products2 => "products-2",
            Self::Payments1 => "payments-1",
            Self::Payments2 => "payments-2",
            Self::Payments3 => "payments-3",
            Self::Users => "users",
            Self::Orders => "orders",
            Self::Gateway => "gateway",
            Self::Prometheus => "prometheus",
        }
    }

    /// How to stop it. What drains gets a little longer than it gives itself.
    #[must_use]
    pub fn stop(self) -> Stop {
        let (signal, seconds) = match self {
            // SIGTERM would wait until every client has left; SIGINT ends their sessions and shuts down cleanly.
            Self::Postgres => (Signal::INT, 30),
            Self::Redis => (Signal::TERM, 10),
            Self::Users
            | Self::Products1
            | Self::Products2
            | Self::Payments1
            | Self::Payments2
            | Self::Payments3
            | Self::Orders => (Signal::TERM, 15),
            Self::Gateway => (Signal::TERM, 20),
            Self::Prometheus => (Signal::TERM, 15),
        };
        Stop { signal, grace: Duration::from_secs(seconds) }
    }

    /// Asks whether it does its work.
    ///
    /// # Errors
    /// In words, when it does not.
    pub async fn check(self, layout: &Layout, running: &Running) -> Result<(), String> {
        match self {
            Self::Postgres => layout.cluster().map_err(short)?.check(running.address).await,
            Self::Redis => layout.store().map_err(short)?.check(running.address).await,
            Self::Users
            | Self::Products1
            | Self::Products2
            | Self::Payments1
            | Self::Payments2
            | Self::Payments3
            | Self::Orders => answers_well(running, running.address, "/readyz").await,
            Self::Gateway => {
                let admin = running.admin.ok_or("its admin address is not known")?;
                answers_well(running, admin, "/readyz").await?;
                // Through it to a service: what everybody is here for.
                answers_well(running, running.address, "/api/products?limit=1").await
            }
            Self::Prometheus => answers_well(running, running.address, "/-/ready").await,
        }
    }
}

fn short(error: Error) -> String {
    error.to_string()
}

async fn answers_well(running: &Running, address: std::net::SocketAddr, path: &str) -> Result<(), String> {
    let answer = http::get(address, path, ANSWER_TIMEOUT).await?;
    if answer.status != 200 {
        return Err(format!("{path} answers {}", answer.status));
    }
    // Somebody else may answer on the port of a process that is gone.
    if running.process.is_alive() { Ok(()) } else { Err(format!("process {} has ended", running.process.pid)) }
}
