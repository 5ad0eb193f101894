//! The machine: what it is, for the report, and the programs a run needs, installed from Debian's packages when allowed.

use std::io;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde::Serialize;

use super::settings::Cpus;

/// What a reader needs to know to place the figures.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Machine {
    pub(crate) cpu: String,
    pub(crate) cpus: usize,
    pub(crate) kernel: String,
    pub(crate) wrk: String,
    pub(crate) proxy_cpu: usize,
    pub(crate) load_cpu: usize,
    /// One-minute load average when the run began: anything clearly above 0 says that others were at work.
    pub(crate) load_before: f64,
}

impl Machine {
    /// Looks around.
    pub(crate) fn describe(cpus: Cpus) -> Self {
        let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        let info = read("/proc/cpuinfo");
        let field = |key: &str| {
            let line = info.lines().find(|line| line.starts_with(key))?;
            Some(line.split_once(':')?.1.trim().to_owned())
        };
        let wrk = Command::new("wrk").arg("-v").output().map(|output| output.stdout).unwrap_or_default();
        let wrk = String::from_utf8_lossy(&wrk).lines().next().unwrap_or("wrk").to_owned();
        Machine {
            cpu: field("model name").unwrap_or_else(|| "unknown".to_owned()),
            cpus: info.lines().filter(|line| line.starts_with("processor")).count(),
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            wrk: wrk.split(" Copyright").next().unwrap_or_default().to_owned(),
            proxy_cpu: cpus.proxy,
            load_cpu: cpus.load,
            load_before: read("/proc/loadavg").split(' ').next().and_then(|text| text.parse().ok()).unwrap_or(0.0),
        }
    }
}

/// Finds a program in the search path and in the folders of system programs.
pub(crate) fn program(name: &str) -> io::Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let system = ["/usr/local/sbin", "/usr/sbin", "/sbin"].map(PathBuf::from);
    std::env::split_paths(&path)
        .chain(system)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
        .ok_or_else(|| io::Error::other(format!("{name} is not installed")))
}

/// Makes sure that programs are there; each is given with the Debian package it comes from.
pub(crate) fn need(programs: &[(&str, &str)]) -> io::Result<()> {
    let missing = |list: &[(&str, &str)]| -> Vec<String> {
        list.iter().filter(|(name, _)| program(name).is_err()).map(|(_, package)| (*package).to_owned()).collect()
    };
    let packages = missing(programs);
    if packages.is_empty() {
        return Ok(());
    }
    let command = format!("apt-get install -y --no-install-recommends {}", packages.join(" "));
    if rustix::process::geteuid().is_root() && program("apt-get").is_ok() {
        println!("installing {}", packages.join(" "));
        install(&packages)?;
    }
    if missing(programs).is_empty() {
        return Ok(());
    }
    Err(io::Error::other(format!("missing programs; install them with: sudo {command}")))
}

fn install(packages: &[String]) -> io::Result<()> {
    let run = |args: &[&str], rest: &[String]| {
        let mut command = Command::new("apt-get");
        // Debian starts the services of what it installs; the bench starts its own, on its own ports.
        command.env("DEBIAN_FRONTEND", "noninteractive").env("RUNLEVEL", "1");
        command.args(args).args(rest).stdin(Stdio::null()).stdout(Stdio::null()).status()
    };
    if !run(&["install", "-y", "-q", "--no-install-recommends"], packages)?.success() {
        run(&["update", "-q"], &[])?;
        run(&["install", "-y", "-q", "--no-install-recommends"], packages)?;
    }
    Ok(())
}
