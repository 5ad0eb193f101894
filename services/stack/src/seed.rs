//! `seed`: has the catalogue filled by its own service.

use std::process::{Command, Stdio};

use crate::Error;
use crate::component::Component;
use crate::launch::PRODUCTS_DATABASE;
use crate::layout::Layout;
use crate::state::State;

/// Runs `svc-products seed` on the stack's database, with these further arguments.
///
/// # Errors
/// When the stack does not run, or the service cannot fill the catalogue.
pub fn seed(layout: &Layout, arguments: &[String]) -> Result<(), Error> {
    let state = State::load(layout)?;
    let Some(postgres) = state.alive(Component::Postgres) else {
        return Err(Error::State("the stack is not running; start it with `make up`".into()));
    };
    let mut command = Command::new(&layout.products);
    command.arg("seed").args(arguments).stdin(Stdio::null()).env("LOG", "warn");
    command.env("DATABASE_URL", layout.cluster()?.url(postgres.address, PRODUCTS_DATABASE));
    let status = command.status().map_err(Error::path("run", &layout.products))?;
    match status.success() {
        true => Ok(()),
        false => Err(Error::State("the catalogue was not filled; what the service said is above".into())),
    }
}
