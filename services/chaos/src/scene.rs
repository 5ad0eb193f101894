//! What a step has to work with: a stack that runs, load that goes through it, the clock, and the means to break things.
//!
//! Judges nothing. Whatever a step broke and did not mend, [`Scene::heal`] mends before the next one.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use supplex_stack::component::Component;
use supplex_stack::layout::Layout;
use supplex_stack::state::{Running, State};
use supplex_stack::{http, up};

use crate::admin::{self, Metrics};
use crate::figures::Span;
use crate::load::group::Record;
use crate::load::{Group, Load, Order};
use crate::notebook::Notebook;
use crate::second::REDIS;
use crate::traffic;

/// How long a small thing may take, such as a request or a process that ends.
const LIMIT: Duration = Duration::from_secs(10);
/// How long everything may take to be well again. Longer than a breaker stays open after several failures.
const HEAL_LIMIT: Duration = Duration::from_secs(45);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(20);

/// A stack under load.
#[derive(Debug)]
pub struct Scene {
    /// Where the stack is.
    pub layout: Layout,
    /// What is written down.
    pub notebook: Notebook,
    /// The gateway.
    pub gateway: SocketAddr,
    /// Its admin endpoint.
    pub admin: SocketAddr,
    /// People who look at products.
    pub products: Group,
    /// A service that has people pay.
    pub payments: Group,
    load: Load,
    records: RefCell<Vec<Record>>,
    scale: f64,
}

impl Scene {
    /// The load on a stack that is up. `seconds` is how long limits are watched; everything else is scaled with it.
    ///
    /// # Errors
    /// In words, when the stack is not up or not well.
    pub async fn of(layout: Layout, origin: Instant, seconds: u32) -> Result<Self, String> {
        let running = running(&layout, Component::Gateway)?;
        let (gateway, admin) = (running.address, running.admin.ok_or("the gateway has no admin endpoint")?);
        let load = Load::start(origin).map_err(|error| error.to_string())?;
        let token = layout.service_token().map_err(|error| error.to_string())?;
        let orders = (traffic::products(gateway).await?, traffic::payments(gateway, &token).await?);
        let begin = |order| load.begin(order).map_err(|error| error.to_string());
        let (products, payments) = (begin(orders.0)?, begin(orders.1)?);
        let records = RefCell::new(vec![products.record(), payments.record()]);
        let (notebook, scale) = (Notebook::new(origin), f64::from(seconds) / 60.0);
        Ok(Self { layout, notebook, gateway, admin, products, payments, load, records, scale })
    }

    /// The time of the run.
    #[must_use]
    pub fn now(&self) -> Duration {
        self.load.now()
    }

    /// Lets time pass: as many seconds as in a run of full length, scaled, but one at least.
    pub async fn pass(&self, seconds: f64) -> Span {
        let from = self.now();
        tokio::time::sleep(self.scaled(seconds)).await;
        Span { from, to: self.now() }
    }

    /// So many seconds of a run of full length, one at least.
    #[must_use]
    pub fn scaled(&self, seconds: f64) -> Duration {
        Duration::from_secs_f64((seconds * self.scale).max(1.0))
    }

    /// From then until now.
    #[must_use]
    pub fn since(&self, from: Duration) -> Span {
        Span { from, to: self.now() }
    }

    /// Begins more load.
    ///
    /// # Errors
    /// In words, when the system gives no thread.
    pub fn begin(&self, order: Order) -> Result<Group, String> {
        let group = self.load.begin(order).map_err(|error| error.to_string())?;
        self.records.borrow_mut().push(group.record());
        Ok(group)
    }

    /// Everything that was ever sent.
    #[must_use]
    pub fn records(&self) -> Vec<Record> {
        self.records.borrow().clone()
    }

    /// A component that was started, alive or not.
    ///
    /// # Errors
    /// In words, when it was not.
    pub fn running(&self, component: Component) -> Result<Running, String> {
        running(&self.layout, component)
    }

    /// Kills a component without warning, and returns when it is gone.
    ///
    /// # Errors
    /// In words, when it was gone already or does not go.
    pub async fn kill(&self, component: Component) -> Result<(), String> {
        let process = self.running(component)?.process;
        if !process.signal(Signal::KILL).map_err(|error| error.to_string())? {
            return Err(format!("{} had ended by itself", component.name()));
        }
        let begun = Instant::now();
        while process.is_alive() {
            if begun.elapsed() > LIMIT {
                return Err(format!("{} does not end", component.name()));
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Ok(())
    }

    /// Starts a component that has ended on its old address, and waits until it is well.
    ///
    /// # Errors
    /// In words, when it does not start.
    pub async fn start_again(&self, component: Component) -> Result<(), String> {
        up::start_again(component, &self.layout).await.map_err(|error| error.to_string())
    }

    /// Has one node go wrong from now on, as the JSON says; `{}` makes it well.
    ///
    /// # Errors
    /// In words, when it does not take it.
    pub async fn set_faults(&self, component: Component, faults: &str) -> Result<(), String> {
        let address = self.running(component)?.address;
        let answer = http::send(address, "PUT", "/faults", &[], faults, LIMIT).await?;
        match answer.status {
            200 => Ok(()),
            other => Err(format!("{} answers {other} to faults: {}", component.name(), answer.body)),
        }
    }

    /// The gateway's metrics.
    ///
    /// # Errors
    /// In words, when it does not answer.
    pub async fn metrics(&self) -> Result<Metrics, String> {
        Metrics::of(self.admin).await
    }

    /// Mends what is broken, and waits until breakers are closed, probes pass and Redis is in use.
    ///
    /// # Errors
    /// In words, when something cannot be mended.
    pub async fn heal(&self) -> Result<(), String> {
        for component in self.layout.components() {
            if !self.running(component)?.process.is_alive() {
                self.notebook.tell(format_args!("{} is not there: it is started again", component.name()));
                self.start_again(component).await?;
            }
            if component.has_faults() {
                self.set_faults(component, "{}").await?;
            }
        }
        let begun = Instant::now();
        while let Err(what) = self.is_well().await {
            if begun.elapsed() > HEAL_LIMIT {
                return Err(format!("the stack did not recover: {what}"));
            }
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }

    async fn is_well(&self) -> Result<(), String> {
        let metrics = self.metrics().await?;
        if metrics.sum("supplex_breaker_state", &[]) > 0.0 {
            return Err("a breaker is not closed".into());
        }
        if metrics.sum("supplex_limit_store_up", &REDIS) < 1.0 {
            return Err("Redis is not in use".into());
        }
        let upstreams = admin::json(self.admin, "/api/upstreams").await?;
        let endpoints = upstreams.get("upstreams").and_then(|list| list.as_array()).map_or(0, |list| {
            list.iter().filter_map(|one| Some(one.get("endpoints")?.as_array()?.len())).sum::<usize>()
        });
        if metrics.sum("supplex_endpoint_healthy", &[]) < endpoints as f64 {
            return Err("an endpoint is not healthy".into());
        }
        Ok(())
    }
}

fn running(layout: &Layout, component: Component) -> Result<Running, String> {
    let state = State::load(layout).map_err(|error| error.to_string())?;
    state.get(component).cloned().ok_or_else(|| format!("{} was not started", component.name()))
}
