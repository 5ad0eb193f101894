//! `supplex top` beside a running gateway.

mod asks_for_a_token;
mod keeps_trying;
mod on_a_terminal;
mod once;

use std::process::{Command, Stdio};

use crate::harness::Gateway;

/// `supplex top` for this gateway, with these arguments, as plain text.
fn top(gateway: &Gateway, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_supplex"));
    command.args(["top", "--admin", &format!("http://{}", gateway.admin_address())]).args(arguments);
    command.env_remove("SUPPLEX_ADMIN_TOKEN").env_remove("NO_COLOR").stdin(Stdio::null());
    command
}

/// The cells of the row that begins with these words, behind them.
fn row<'a>(text: &'a str, beginning: &str) -> Vec<&'a str> {
    let rest = text.lines().find_map(|line| line.strip_prefix(beginning)?.strip_prefix(' '));
    rest.unwrap_or_else(|| panic!("no row {beginning} in:\n{text}"))
        .split("  ")
        .map(str::trim)
        .filter(|cell| !cell.is_empty())
        .collect()
}
