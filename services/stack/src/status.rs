//! `status`: a table of what runs and whether it is well. Changes nothing.

use crate::Error;
use crate::layout::Layout;
use crate::say::say;
use crate::state::State;

/// Prints the table. Says whether everything runs and is healthy.
///
/// # Errors
/// When the state cannot be read.
pub async fn status(layout: &Layout) -> Result<bool, Error> {
    let state = State::load(layout)?;
    let mut all_well = true;
    say(format_args!("{:<10} {:>8}  {:<22} HEALTH", "COMPONENT", "PID", "ADDRESS"));
    for component in layout.components() {
        let (pid, address, health) = match state.get(component) {
            None => ("-".to_owned(), "-".to_owned(), Err("not running".to_owned())),
            Some(running) => {
                let health = match running.process.is_alive() {
                    true => component.check(layout, running).await,
                    false => Err(format!("ended; see {}", layout.log(component).display())),
                };
                (running.process.pid.to_string(), running.address.to_string(), health)
            }
        };
        all_well &= health.is_ok();
        let health = health.map_or_else(|seen| seen, |()| "healthy".to_owned());
        say(format_args!("{:<10} {pid:>8}  {address:<22} {health}", component.name()));
    }
    Ok(all_well)
}
