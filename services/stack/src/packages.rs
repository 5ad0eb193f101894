//! Installs the Debian packages that are missing, where it may: as root, or where sudo asks for no password.
//!
//! Never asks a question, and never changes anything when everything is there.

use std::process::{Command, Stdio};

use crate::account::is_root;
use crate::say::say;
use crate::{Error, programs};

/// What the stack itself runs on.
pub const STACK: [&str; 2] = ["postgresql", "redis-server"];

/// Those of `packages` whose programs are not installed.
#[must_use]
pub fn missing<'a>(packages: &[&'a str]) -> Vec<&'a str> {
    packages.iter().copied().filter(|package| !is_there(package)).collect()
}

fn is_there(package: &str) -> bool {
    match package {
        "postgresql" => programs::Postgres::newest().is_some(),
        "nginx-light" => programs::find("nginx").is_some(),
        "python3-venv" => makes_venvs(),
        "nodejs" => programs::find("node").is_some(),
        same_name => programs::find(same_name).is_some(),
    }
}

/// Debian's Python lacks what fills an environment of its own, unless it was asked for.
fn makes_venvs() -> bool {
    let mut python = Command::new("python3");
    python.args(["-c", "import ensurepip, venv"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    python.status().is_ok_and(|status| status.success())
}

/// Makes sure that the programs of `packages` are there.
///
/// # Errors
/// When they are not and cannot be installed; says how to.
pub fn provide(packages: &[&str]) -> Result<(), Error> {
    let wanted = missing(packages);
    if wanted.is_empty() {
        return Ok(());
    }
    let refuse = |because: Option<&str>| {
        let missing = wanted.iter().map(|&name| name.to_owned()).collect();
        Err(Error::Packages { missing, because: because.map(str::to_owned) })
    };
    if programs::find("apt-get").is_none() {
        return refuse(Some("this system has no apt-get; its own packages will do under whatever names they have"));
    }
    if !is_root() && !sudo_is_free() {
        return refuse(None);
    }
    say(format_args!("installing {} ...", wanted.join(" ")));
    let mut install = vec!["install", "-y", "--no-install-recommends"];
    install.extend(&wanted);
    // The lists of packages may be missing or old; asking for new ones first would cost time whenever they are not.
    let installed = apt_get(&install) || (apt_get(&["update"]) && apt_get(&install));
    if !installed {
        return refuse(Some("apt-get could not install them; what it said is above"));
    }
    let still: Vec<_> = missing(packages);
    if still.is_empty() { Ok(()) } else { refuse(Some("apt-get installed them, yet their programs are not there")) }
}

/// Tries the same for a package that the stack can do without, and otherwise says what is missing then.
pub fn provide_if_possible(package: &str, then: &str) {
    if provide(&[package]).is_err() {
        say(format_args!("{package} is not installed, so {then}; to have it: sudo apt-get install {package}"));
    }
}

fn sudo_is_free() -> bool {
    let mut sudo = Command::new("sudo");
    sudo.args(["-n", "true"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    sudo.status().is_ok_and(|status| status.success())
}

fn apt_get(arguments: &[&str]) -> bool {
    let mut command = if is_root() { Command::new("env") } else { Command::new("sudo") };
    if !is_root() {
        command.args(["-n", "env"]);
    }
    command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "-q"]).args(arguments).stdin(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
