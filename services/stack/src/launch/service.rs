//! What the services are started with: a program, a database, and the variables by which they find and know each other.
//!
//! A process is started again when a variable that is no secret changes. Secrets change only together with the data, and
//! are not in the state.

use std::path::Path;

use super::{address_of, gateway_address};
use crate::Error;
use crate::component::Component;
use crate::layout::Layout;
use crate::postgres::Cluster;
use crate::state::State;

/// Variables and their values.
pub(crate) type Variables = Vec<(&'static str, String)>;

/// A node of a service.
#[derive(Debug)]
pub(crate) struct Service<'a> {
    component: Component,
    layout: &'a Layout,
    pub(crate) program: &'a Path,
    pub(crate) database: &'static str,
}

impl<'a> Service<'a> {
    /// What the component is as a service. `None` for what is none.
    pub(crate) fn of(component: Component, layout: &'a Layout) -> Option<Self> {
        let (program, database) = match component {
            Component::Users => (&layout.users, "users"),
            Component::Products1 | Component::Products2 => (&layout.products, "products"),
            Component::Payments1 | Component::Payments2 | Component::Payments3 => (&layout.payments, "payments"),
            Component::Orders => (&layout.orders, "orders"),
            Component::Postgres | Component::Redis | Component::Gateway | Component::Prometheus => return None,
        };
        Some(Self { component, layout, program, database })
    }

    /// Where it finds others.
    ///
    /// # Errors
    /// When one that it needs does not run.
    pub(crate) fn neighbours(&self, state: &State) -> Result<Variables, Error> {
        let keys = || {
            let users = address_of(Component::Users, state)?;
            Ok::<_, Error>(("JWKS_URL", format!("http://{users}/.well-known/jwks.json")))
        };
        let traces = self.layout.otlp_endpoint.clone().map(|url| ("OTEL_EXPORTER_OTLP_ENDPOINT", url));
        let others = match self.component {
            Component::Products1 | Component::Products2 => Ok(vec![keys()?]),
            Component::Orders => {
                // Through the gateway, which retries, spreads and breaks circuits. It starts after this.
                let gateway = format!("http://{}/api", gateway_address(self.layout, state)?);
                Ok(vec![keys()?, ("PRODUCTS_URL", gateway.clone()), ("PAYMENTS_URL", gateway)])
            }
            _ => Ok(Vec::new()),
        };
        others.map(|others: Variables| others.into_iter().chain(traces).collect())
    }

    /// What nobody else may know.
    fn secrets(&self) -> Result<Variables, Error> {
        let known_to_services = || Ok::<_, Error>(("SERVICE_TOKEN", self.layout.service_token()?));
        match self.component {
            Component::Products1 | Component::Products2 => {
                Ok(vec![known_to_services()?, ("ADMIN_TOKEN", self.layout.admin_token()?)])
            }
            Component::Payments1 | Component::Payments2 | Component::Payments3 | Component::Orders => {
                Ok(vec![known_to_services()?])
            }
            _ => Ok(Vec::new()),
        }
    }

    /// Everything that its process is told.
    ///
    /// # Errors
    /// When one that it needs does not run, or a secret cannot be read.
    pub(crate) fn environment(&self, cluster: &Cluster, state: &State) -> Result<Variables, Error> {
        let server = address_of(Component::Postgres, state)?;
        let database = ("DATABASE_URL", cluster.url(server, self.database));
        Ok([vec![database], self.neighbours(state)?, self.secrets()?].concat())
    }
}
