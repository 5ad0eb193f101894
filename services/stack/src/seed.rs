//! `seed`: has the databases of the catalogue and the users filled by their own services.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::Error;
use crate::component::Component;
use crate::launch::{PRODUCTS_DATABASE, USERS_DATABASE};
use crate::layout::Layout;
use crate::state::State;

/// Runs `svc-products seed` on the stack's database, with these further arguments, and `svc-users seed`.
///
/// # Errors
/// When the stack does not run, or a service cannot fill its database.
pub fn seed(layout: &Layout, arguments: &[String]) -> Result<(), Error> {
    let state = State::load(layout)?;
    let Some(postgres) = state.alive(Component::Postgres) else {
        return Err(Error::State("the stack is not running; start it with `make up`".into()));
    };
    let cluster = layout.cluster()?;
    fill(&layout.products, arguments, cluster.url(postgres.address, PRODUCTS_DATABASE))?;
    fill(&layout.users, &[], cluster.url(postgres.address, USERS_DATABASE))
}

fn fill(program: &Path, arguments: &[String], url: String) -> Result<(), Error> {
    let mut command = Command::new(program);
    command.arg("seed").args(arguments).stdin(Stdio::null()).env("LOG", "warn").env("DATABASE_URL", url);
    let status = command.status().map_err(Error::path("run", program))?;
    match status.success() {
        true => Ok(()),
        false => Err(Error::State("a database was not filled; what its service said is above".into())),
    }
}
