//! What each component is started as: its address, its settings, its command line.
//!
//! Where to read on: `launch/service.rs` for what differs between the services.

use std::net::SocketAddr;
use std::path::Path;

use crate::component::Component;
use crate::gateway::{self, Addresses};
use crate::layout::Layout;
use crate::postgres::write_private;
use crate::process::Program;
use crate::state::State;
use crate::{Error, leftovers, port, prometheus};

pub(crate) mod service;

use self::service::Service;

/// How a component should run.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) address: SocketAddr,
    pub(crate) admin: Option<SocketAddr>,
    /// Differs from that of a running process when the process should be another one.
    pub(crate) made_from: String,
}

impl Plan {
    /// The plan for `component`, given what runs already. Changes nothing. A live process keeps its address.
    pub(crate) fn new(component: Component, layout: &Layout, state: &State) -> Result<Self, Error> {
        let alive = state.alive(component);
        let address = match alive {
            Some(alive) => alive.address,
            None if component == Component::Gateway => gateway_address(layout, state)?,
            None if component == Component::Prometheus => port::local(port::from(layout.prometheus_port)?),
            None => port::local(Layout::port_again(state.port(component))?),
        };
        let mut plan = Self { address, admin: None, made_from: String::new() };
        plan.made_from = match (component, Service::of(component, layout)) {
            (_, Some(service)) => {
                let database = address_of(Component::Postgres, state)?;
                let variables: Vec<String> =
                    service.neighbours(state)?.into_iter().map(|(name, value)| format!("{name}={value} ")).collect();
                format!("{address} {database} {}{}", variables.concat(), version_of(service.program)?)
            }
            (Component::Gateway, _) => {
                let admin = alive.and_then(|alive| alive.admin);
                // Not the port of the listener, which nobody has taken yet.
                let above = layout.admin_port + u16::from(layout.admin_port == address.port());
                let admin = admin.map_or_else(|| port::from(above).map(port::local), Ok)?;
                plan.admin = Some(admin);
                format!("{}\n{}", plan.gateway_config(admin, layout, state)?, version_of(&layout.gateway)?)
            }
            (Component::Prometheus, _) => {
                // The rules are part of this program.
                let us = std::env::current_exe().map_err(Error::io("find this program"))?;
                let versions = format!("{}\n{}", version_of(prometheus_program(layout)?)?, version_of(&us)?);
                format!("{address}\n{}\n{versions}", prometheus_config(layout, state)?)
            }
            _ => format!("{address} {}", layout.data.display()),
        };
        Ok(plan)
    }

    fn gateway_config(&self, admin: SocketAddr, layout: &Layout, state: &State) -> Result<String, Error> {
        let [products, payments] = [&Component::PRODUCTS[..], &Component::PAYMENTS[..]]
            .map(|nodes| nodes.iter().map(|node| address_of(*node, state)).collect::<Result<Vec<_>, _>>());
        let redis = layout.store()?.url(address_of(Component::Redis, state)?);
        let addresses = Addresses {
            listener: self.address,
            admin,
            products: products?,
            payments: payments?,
            users: address_of(Component::Users, state)?,
            orders: address_of(Component::Orders, state)?,
            redis,
            otlp_endpoint: layout.otlp_endpoint.clone(),
        };
        let config = gateway::config(&addresses);
        match layout.adjust {
            Some(adjust) => adjust(&config).map_err(Error::State),
            None => Ok(config),
        }
    }

    /// Lays out what the component needs on disk or in the database, and says how to start it.
    pub(crate) async fn program(&self, component: Component, layout: &Layout, state: &State) -> Result<Program, Error> {
        if let Some(service) = Service::of(component, layout) {
            return self.service_program(&service, layout, state).await;
        }
        match component {
            Component::Postgres => {
                let cluster = layout.cluster()?;
                cluster.initialise()?;
                leftovers::clear(&cluster.data)?;
                cluster.program(self.address.port(), &[])
            }
            Component::Redis => layout.store()?.program(self.address.port()),
            Component::Prometheus => {
                let config = prometheus_config(layout, state)?;
                prometheus::program(prometheus_program(layout)?, &layout.prometheus_folder(), self.address, &config)
            }
            _ => self.gateway_program(layout, state),
        }
    }

    async fn service_program(&self, service: &Service<'_>, layout: &Layout, state: &State) -> Result<Program, Error> {
        let (cluster, server) = (layout.cluster()?, address_of(Component::Postgres, state)?);
        cluster.create_database(server, service.database).await.map_err(Error::State)?;
        Ok(Program {
            path: service.program.to_owned(),
            arguments: vec!["serve".to_owned(), "--listen".to_owned(), self.address.to_string()],
            environment: service.environment(&cluster, state)?,
            account: None,
            folder: layout.run.clone(),
        })
    }

    fn gateway_program(&self, layout: &Layout, state: &State) -> Result<Program, Error> {
        let admin = self.admin.unwrap_or(self.address);
        let (config, ready) = (layout.gateway_config(), layout.gateway_ready());
        // It has the password of Redis in it.
        write_private(&config, &self.gateway_config(admin, layout, state)?)?;
        if ready.exists() {
            std::fs::remove_file(&ready).map_err(Error::path("remove", &ready))?;
        }
        let words = ["run", "--config", &config.display().to_string(), "--ready-file"].map(str::to_owned);
        let arguments = words.into_iter().chain([ready.display().to_string()]).collect();
        Ok(Program {
            path: layout.gateway.clone(),
            arguments,
            environment: vec![],
            account: None,
            folder: layout.run.clone(),
        })
    }
}

fn prometheus_program(layout: &Layout) -> Result<&Path, Error> {
    let missing = || Error::Packages { missing: vec!["prometheus".into()], because: None };
    layout.prometheus.as_deref().ok_or_else(missing)
}

fn prometheus_config(layout: &Layout, state: &State) -> Result<String, Error> {
    let at = |component: &Component| address_of(*component, state);
    let of_all = |components: &[Component]| components.iter().map(at).collect::<Result<Vec<_>, _>>();
    let admin = state.alive(Component::Gateway).and_then(|gateway| gateway.admin);
    let admin = admin.ok_or_else(|| Error::State("the gateway's admin address is not known".into()))?;
    let jobs = [
        ("gateway", vec![admin]),
        ("users", of_all(&[Component::Users])?),
        ("products", of_all(&Component::PRODUCTS)?),
        ("orders", of_all(&[Component::Orders])?),
        ("payments", of_all(&Component::PAYMENTS)?),
    ];
    Ok(prometheus::config(layout.scrape_seconds, &jobs))
}

/// Where the gateway is, or will be unless somebody takes that port first.
fn gateway_address(layout: &Layout, state: &State) -> Result<SocketAddr, Error> {
    match state.alive(Component::Gateway) {
        Some(alive) => Ok(alive.address),
        None => Ok(port::local(port::from(layout.port)?)),
    }
}

fn address_of(component: Component, state: &State) -> Result<SocketAddr, Error> {
    let running = state.alive(component).map(|running| running.address);
    running.ok_or_else(|| Error::State(format!("{} is not running", component.name())))
}

/// The program, and when it was built.
fn version_of(program: &Path) -> Result<String, Error> {
    let built = std::fs::metadata(program).and_then(|file| file.modified());
    let built = built.map_err(|_| Error::Program(program.to_owned()))?;
    let seconds = built.duration_since(std::time::UNIX_EPOCH).unwrap_or_default().as_secs_f64();
    Ok(format!("{} built {seconds}", program.display()))
}
