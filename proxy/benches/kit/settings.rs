//! What can be chosen from outside, by flags or by environment variables, and where results go.
//!
//! `cargo bench -p supplex --bench peers -- --help` prints it all.

use std::io;
use std::path::{Path, PathBuf};

use clap::{Parser, ValueEnum};

/// The flags of all benches.
#[derive(Parser, Debug, Clone)]
#[command(about = "Measures the gateway from outside, with wrk, on pinned CPUs.")]
pub(crate) struct Settings {
    /// Rounds per scenario; in each round every candidate runs once.
    #[arg(long, env = "SUPPLEX_BENCH_ROUNDS", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rounds: u32,
    /// Seconds of each measured run.
    #[arg(long, env = "SUPPLEX_BENCH_SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) seconds: u32,
    /// Only these scenarios, separated by commas: `json-64`, or `json` for all that begin with `json-`.
    #[arg(long, env = "SUPPLEX_BENCH_SCENARIOS", value_delimiter = ',')]
    pub(crate) scenarios: Vec<String>,
    /// Which programs to compare (bench `peers`). `other` is a second build of supplex, see --binary.
    #[arg(long, env = "SUPPLEX_BENCH_CANDIDATES", value_delimiter = ',')]
    pub(crate) candidates: Vec<Kind>,
    /// The binary of another build of supplex, to compare two builds: it runs as the candidate `other`.
    #[arg(long, env = "SUPPLEX_BENCH_BINARY")]
    pub(crate) binary: Option<PathBuf>,
    /// The CPU the measured program is pinned to; the first one allowed if not given.
    #[arg(long, env = "SUPPLEX_BENCH_PROXY_CPU")]
    pub(crate) proxy_cpu: Option<usize>,
    /// The CPU that wrk, the upstream and the bench itself are pinned to; the second one allowed if not given.
    #[arg(long, env = "SUPPLEX_BENCH_LOAD_CPU")]
    pub(crate) load_cpu: Option<usize>,
    /// Idle connections to hold (bench `gateway`); 0 skips that part.
    #[arg(long, env = "SUPPLEX_BENCH_IDLE", default_value_t = 10_000)]
    pub(crate) idle: u32,
    /// End with exit code 1 when a bar is missed; an invalid run always does.
    #[arg(long, env = "SUPPLEX_BENCH_STRICT")]
    pub(crate) strict: bool,
    /// Cargo passes this to every bench.
    #[arg(long, hide = true)]
    bench: bool,
}

/// The programs that can be measured.
#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The release binary of this working tree.
    Supplex,
    /// The binary named by `--binary`.
    Other,
    /// The release binary with breakers and a limit that is leased from Redis.
    Leased,
    /// The release binary with breakers and a limit about which Redis decides for every request.
    Exact,
    /// Debian's HAProxy.
    Haproxy,
    /// Debian's nginx.
    Nginx,
}

impl Kind {
    /// The name in tables, files and flags.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::Supplex => "supplex",
            Kind::Other => "other",
            Kind::Leased => "leased",
            Kind::Exact => "exact",
            Kind::Haproxy => "haproxy",
            Kind::Nginx => "nginx",
        }
    }

    /// A program that must be installed for it, with the Debian package it comes from.
    pub(crate) fn program(self) -> Option<(&'static str, &'static str)> {
        match self {
            Kind::Supplex | Kind::Other => None,
            Kind::Leased | Kind::Exact => Some(("redis-server", "redis-server")),
            Kind::Haproxy => Some(("haproxy", "haproxy")),
            Kind::Nginx => Some(("nginx", "nginx-light")),
        }
    }

    /// A build of the gateway, as opposed to a peer.
    pub(crate) fn is_gateway(self) -> bool {
        matches!(self, Kind::Supplex | Kind::Other | Kind::Leased | Kind::Exact)
    }
}

/// The two CPUs of a run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cpus {
    /// Where the measured program runs.
    pub(crate) proxy: usize,
    /// Where everything else runs.
    pub(crate) load: usize,
}

impl Settings {
    /// The candidates of a comparison, the gateway first.
    pub(crate) fn compared(&self) -> Vec<Kind> {
        if !self.candidates.is_empty() {
            return self.candidates.clone();
        }
        let mut kinds = vec![Kind::Supplex, Kind::Haproxy, Kind::Nginx];
        if self.binary.is_some() {
            kinds.insert(1, Kind::Other);
        }
        kinds
    }

    /// The binary of one build of the gateway.
    pub(crate) fn gateway_binary(&self, kind: Kind) -> io::Result<PathBuf> {
        match (kind, &self.binary) {
            (Kind::Other, Some(path)) => path.canonicalize().map_err(|error| {
                io::Error::other(format!("cannot find the binary {} (--binary): {error}", path.display()))
            }),
            (Kind::Other, None) => {
                Err(io::Error::other("the candidate `other` needs --binary or SUPPLEX_BENCH_BINARY"))
            }
            _ => Ok(PathBuf::from(env!("CARGO_BIN_EXE_supplex"))),
        }
    }

    /// The CPUs to use; fails on a machine that allows fewer than two.
    pub(crate) fn cpus(&self) -> io::Result<Cpus> {
        let mask = rustix::thread::sched_getaffinity(None)?;
        let mut allowed = (0..rustix::thread::CpuSet::MAX_CPU).filter(|cpu| mask.is_set(*cpu));
        let (first, second) = (allowed.next(), allowed.next());
        match (self.proxy_cpu.or(first), self.load_cpu.or(second)) {
            (Some(proxy), Some(load)) if proxy != load => Ok(Cpus { proxy, load }),
            _ => Err(io::Error::other("two different CPUs are needed: one for the measured program, one for the load")),
        }
    }

    /// Whether a scenario was asked for.
    pub(crate) fn wants(&self, key: &str) -> bool {
        let names = |word: &String| {
            key.strip_prefix(word.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        };
        self.scenarios.is_empty() || self.scenarios.iter().any(names)
    }
}

/// The folder of the results, made if it is not there: `target/bench`.
pub(crate) fn results_folder() -> io::Result<PathBuf> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap_or(Path::new("target"));
    let folder = target.join("bench");
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// The folder of the wrk scripts.
pub(crate) fn scripts_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../wrk-scripts")
}
