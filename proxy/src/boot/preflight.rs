//! Whether this host lets the gateway run: io_uring, locked memory, file descriptors.
//!
//! Soft limits are raised to the hard ones first. What cannot be cured from inside ends the start with one message that
//! names the cause and the cure; what only narrows the gateway is a warning.

use std::fs;
use std::io;

use rustix::io::Errno;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::config::Blueprint;
use crate::ring::{self, SetupError};

/// Locked memory that the rings of an executor need at most.
const LOCKED_BYTES: u64 = 512 * 1024;
/// Descriptors beside connections: standard streams, libraries, rings and doorbells, the sidecar.
const DESCRIPTORS_APART: u64 = 128;
/// Descriptors of a worker beside connections and listeners.
const DESCRIPTORS_PER_WORKER: u64 = 16;

/// Raises what may be raised and tries what must work.
///
/// # Errors
/// What is missing, why, and how to get it.
pub(crate) fn check() -> Result<(), String> {
    let locked = raise(Resource::Memlock);
    raise(Resource::Nofile);
    ring::probe().map_err(|error| {
        let setting = fs::read_to_string("/proc/sys/kernel/io_uring_disabled").ok();
        explain(&error, setting.as_deref().map(str::trim), locked)
    })
}

/// Raises the soft limit to the hard one and returns what holds now; `None` is unlimited.
fn raise(resource: Resource) -> Option<u64> {
    let limit = getrlimit(resource);
    if limit.current == limit.maximum {
        return limit.current;
    }
    match setrlimit(resource, Rlimit { current: limit.maximum, maximum: limit.maximum }) {
        Ok(()) => limit.maximum,
        Err(_) => limit.current,
    }
}

/// The cause and the cure, given the value of `kernel.io_uring_disabled` and the limit of locked memory.
fn explain(error: &SetupError, setting: Option<&str>, locked: Option<u64>) -> String {
    let cause = match error {
        SetupError::Create(cause) => cause,
        SetupError::Buffers(_) => {
            return format!(
                "{error}. Provided-buffer rings came with Linux 5.19; the gateway needs Linux 6.0 or later"
            );
        }
        SetupError::Missing(_) => return format!("{error}. The gateway needs Linux 6.0 or later"),
    };
    let cure = match Errno::from_io_error(cause) {
        Some(Errno::PERM | Errno::ACCESS) => blocked(setting),
        Some(Errno::NOSYS) => {
            "there is no io_uring here: a kernel before 5.1, one built without it, or a sandbox such as gVisor. \
             Use Linux 6.0 or later and a runtime that shares the host's kernel (runc)"
                .to_owned()
        }
        Some(Errno::NOMEM) => memory(locked),
        Some(Errno::MFILE) => {
            "the process has no file descriptor left. Raise the limit: `ulimit -n 65536`, LimitNOFILE= in a systemd \
             unit, or `docker run --ulimit nofile=65536`"
                .to_owned()
        }
        Some(Errno::NFILE) => {
            "the whole system has no file descriptor left. Raise it with `sysctl -w fs.file-max=...`".to_owned()
        }
        Some(Errno::INVAL) => {
            "this kernel does not know a ring of the kind the gateway needs. Use Linux 6.0 or later".to_owned()
        }
        _ => "see io_uring_setup(2)".to_owned(),
    };
    format!("{error}: {cure}")
}

fn blocked(setting: Option<&str>) -> String {
    match setting {
        Some("1") => {
            "the sysctl kernel.io_uring_disabled is 1, which keeps io_uring to a group. Set it to 0 with `sysctl -w \
                      kernel.io_uring_disabled=0`, or add the gateway's user to the group of kernel.io_uring_group"
                .to_owned()
        }
        Some("2") => "the sysctl kernel.io_uring_disabled is 2, which turns io_uring off. Set it to 0 with `sysctl -w \
                      kernel.io_uring_disabled=0`"
            .to_owned(),
        _ => {
            "a seccomp filter or security module blocks io_uring, as Docker, containerd and Podman do by default. Run \
              the container with `--security-opt seccomp=docker/seccomp.json` (a profile that comes with the gateway), \
              or set it in the pod's securityContext"
                .to_owned()
        }
    }
}

fn memory(locked: Option<u64>) -> String {
    match locked {
        Some(limit) if limit < LOCKED_BYTES => format!(
            "the limit of locked memory is {} KiB, and a worker needs {} KiB. Raise it: `ulimit -l unlimited`, \
             LimitMEMLOCK= in a systemd unit, or `docker run --ulimit memlock=-1`",
            limit / 1024,
            LOCKED_BYTES / 1024
        ),
        _ => {
            "the kernel has no memory for a ring. Look at the memory limit of the container or control group".to_owned()
        }
    }
}

/// What descriptors a configuration may need at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Demand {
    /// Client connections over all listeners.
    pub(crate) clients: u64,
    /// Connections to upstreams, those in use and those kept idle.
    pub(crate) upstream: u64,
    /// Everything else.
    pub(crate) apart: u64,
}

impl Demand {
    /// The demand of a configuration on this many workers. A name may resolve to more addresses than the one that is
    /// counted for it.
    #[must_use]
    pub(crate) fn of(blueprint: &Blueprint, workers: usize) -> Self {
        let wide = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        let clients = blueprint.listeners.iter().map(|listener| wide(listener.max_connections));
        let clients = clients.fold(0_u64, u64::saturating_add);
        let upstream = blueprint.upstreams.iter().map(|upstream| {
            // What is in flight comes from a client each; what is idle is bounded by the pools.
            let idle = wide(upstream.settings.idle_per_worker).saturating_mul(wide(workers));
            let idle = idle.saturating_mul(wide(upstream.endpoints.len()));
            wide(upstream.settings.max_in_flight).min(clients).saturating_add(idle)
        });
        let upstream = upstream.fold(0_u64, u64::saturating_add);
        let listening = wide(blueprint.listeners.len()).saturating_mul(wide(workers));
        let apart = DESCRIPTORS_APART + wide(workers) * DESCRIPTORS_PER_WORKER + listening;
        Self { clients, upstream, apart }
    }

    /// All together.
    #[must_use]
    pub(crate) fn total(self) -> u64 {
        self.clients.saturating_add(self.upstream).saturating_add(self.apart)
    }

    /// A warning when `limit` descriptors do not cover the demand.
    #[must_use]
    pub(crate) fn shortfall(self, limit: Option<u64>) -> Option<String> {
        let limit = limit.filter(|limit| *limit < self.total())?;
        let Self { clients, upstream, apart } = self;
        Some(format!(
            "the process may open {limit} file descriptors, but this configuration can ask for {}: {clients} for clients \
             (max_connections of every listener), {upstream} for upstreams (max_in_flight and idle_per_worker), {apart} for \
             the rest. Connections beyond the limit will wait. Raise the limit (`ulimit -n`, LimitNOFILE=) or lower \
             max_connections",
            self.total()
        ))
    }
}

/// How many descriptors the process may open now; `None` is unlimited.
#[must_use]
pub(crate) fn descriptor_limit() -> Option<u64> {
    getrlimit(Resource::Nofile).current
}

/// Whether there are enough descriptors to start at all.
///
/// # Errors
/// The figures and the cure, when even the process's own descriptors do not fit.
pub(crate) fn check_descriptors(demand: Demand, limit: Option<u64>) -> Result<(), String> {
    match limit {
        Some(limit) if limit < demand.apart => Err(format!(
            "the process may open {limit} file descriptors and needs {} before the first connection. Raise the limit: \
             `ulimit -n 65536`, LimitNOFILE= in a systemd unit, or `docker run --ulimit nofile=65536`",
            demand.apart
        )),
        _ => Ok(()),
    }
}

/// The message for an error that ran out of descriptors on the way, beside `what` failed.
#[must_use]
pub(crate) fn describe(what: &str, error: &io::Error) -> String {
    match Errno::from_io_error(error) {
        Some(Errno::ADDRINUSE) => format!("{what}: {error}. Another process has it; find it with `ss -ltnp`"),
        Some(Errno::MFILE) => {
            format!("{what}: {error}. Raise the limit of file descriptors (`ulimit -n`, LimitNOFILE=)")
        }
        _ => format!("{what}: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(errno: Errno) -> SetupError {
        SetupError::Create(io::Error::from(errno))
    }

    #[test]
    fn a_block_names_the_sysctl_when_it_is_the_cause_and_seccomp_otherwise() {
        let sysctl = explain(&refused(Errno::PERM), Some("2"), None);
        assert!(sysctl.contains("kernel.io_uring_disabled is 2") && !sysctl.contains("seccomp"), "{sysctl}");
        assert!(explain(&refused(Errno::PERM), Some("1"), None).contains("io_uring_group"));
        for setting in [Some("0"), None] {
            let seccomp = explain(&refused(Errno::PERM), setting, None);
            assert!(seccomp.contains("--security-opt seccomp=docker/seccomp.json"), "{seccomp}");
        }
    }

    #[test]
    fn want_of_memory_names_the_limit_only_when_it_is_small() {
        let small = explain(&refused(Errno::NOMEM), None, Some(65_536));
        assert!(small.contains("64 KiB") && small.contains("memlock"), "{small}");
        for locked in [None, Some(LOCKED_BYTES)] {
            assert!(!explain(&refused(Errno::NOMEM), None, locked).contains("locked"));
        }
    }

    #[test]
    fn every_cause_has_a_cure() {
        let cure = |errno| explain(&refused(errno), None, None);
        assert!(cure(Errno::NOSYS).contains("gVisor"));
        assert!(cure(Errno::MFILE).contains("ulimit -n"));
        assert!(cure(Errno::NFILE).contains("fs.file-max"));
        assert!(cure(Errno::INVAL).contains("Linux 6.0"));
        assert!(explain(&SetupError::Missing("recv"), None, None).contains("Linux 6.0"));
    }

    #[test]
    fn too_few_descriptors_are_a_warning_with_figures_and_far_too_few_an_error() {
        let demand = Demand { clients: 20_000, upstream: 1_088, apart: 200 };
        assert_eq!(demand.shortfall(None), None);
        assert_eq!(demand.shortfall(Some(21_288)), None);
        let warning = demand.shortfall(Some(1_024)).expect("too few");
        for figure in ["1024", "21288", "20000", "1088"] {
            assert!(warning.contains(figure), "{figure} is missing in {warning}");
        }
        assert!(check_descriptors(demand, Some(1_024)).is_ok());
        assert!(check_descriptors(demand, Some(100)).expect_err("too few").contains("needs 200"));
    }

    #[test]
    fn the_demand_counts_every_endpoint_on_every_worker() {
        let text = r#"
            [[listeners]]
            name = "public"
            address = "127.0.0.1:0"
            max_connections = 500
            [[routes]]
            name = "all"
            match = { prefix = "/" }
            upstream = "a"
            [upstreams.a]
            endpoints = ["127.0.0.1:1", "svc.test:2"]
            idle_per_worker = 10
            max_in_flight = 1000
        "#;
        let blueprint = crate::config::parse(text, crate::config::Format::Toml, "a.toml").expect("valid");
        let demand = Demand::of(&blueprint, 4);
        assert_eq!((demand.clients, demand.upstream), (500, 500 + 2 * 10 * 4));
    }

    #[test]
    fn raising_leaves_the_soft_limit_at_the_hard_one() {
        let now = raise(Resource::Nofile);
        assert_eq!(now, getrlimit(Resource::Nofile).maximum);
    }
}
