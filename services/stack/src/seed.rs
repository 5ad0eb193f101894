//! `seed`: has the databases of the catalogue, the users and the orders filled by their own services.

use std::process::{Command, Stdio};

use crate::Error;
use crate::component::Component;
use crate::launch::service::Service;
use crate::layout::Layout;
use crate::state::State;

/// Runs `svc-products seed` on the stack's database, with these further arguments, then `svc-users seed`, and then
/// `svc-orders seed`, whose orders are by these users, for these products, and paid for.
///
/// # Errors
/// When the stack does not run, or a service cannot fill its database.
pub fn seed(layout: &Layout, arguments: &[String]) -> Result<(), Error> {
    let state = State::load(layout)?;
    if state.alive(Component::Gateway).is_none() {
        return Err(Error::State("the stack is not running; start it with `make up`".into()));
    }
    fill(Component::Products1, arguments, layout, &state)?;
    fill(Component::Users, &[], layout, &state)?;
    fill(Component::Orders, &[], layout, &state)
}

fn fill(component: Component, arguments: &[String], layout: &Layout, state: &State) -> Result<(), Error> {
    let Some(service) = Service::of(component, layout) else { return Ok(()) };
    let mut command = Command::new(service.program);
    command.arg("seed").args(arguments).stdin(Stdio::null()).env("LOG", "warn");
    command.envs(service.environment(&layout.cluster()?, state)?);
    let status = command.status().map_err(Error::path("run", service.program))?;
    match status.success() {
        true => Ok(()),
        false => Err(Error::State("a database was not filled; what its service said is above".into())),
    }
}
