//! The life of the process: from its arguments to its exit code.
//!
//! In this order, so that whatever is wrong is said before anything listens or half of the gateway serves: configuration,
//! host, sockets, names, workers, ready file. Then the sidecar runs on the main thread until the gateway is told to stop.
//! Where to read on: `boot/` has a file per step, `supervise.rs` the time after the start.
//!
//! Exit codes: 0 drained, 1 a second signal cut the drain short, 2 usage, 70 a worker died, 71 the host cannot run it,
//! 78 the configuration is refused.

pub(crate) mod cpus;
pub(crate) mod crew;
pub(crate) mod exit;
pub(crate) mod listeners;
pub(crate) mod logging;
pub(crate) mod preflight;
pub(crate) mod ready_file;
pub(crate) mod supervise;

use std::net::TcpListener;
use std::process::ExitCode;
use std::time::Duration;

use tokio::task::{LocalSet, spawn_local};

use crate::access_log::{self, LogControl, LogSender};
use crate::cli::RunArguments;
use crate::link::spans::SpanSender;
use crate::ring;
use crate::sidecar::{Origin, admin, otlp, reload};
use exit::Failure;
use listeners::{Book, Fresh};

/// How long the end waits for the access log to be written out.
const LOG_PATIENCE: Duration = Duration::from_secs(2);

/// What is there when everything that can be refused has been tried.
pub(crate) struct Prepared {
    /// What does not change.
    pub(crate) origin: Origin,
    /// The configuration.
    pub(crate) loaded: reload::Loaded,
    /// The CPU of each worker.
    pub(crate) plan: cpus::Plan,
    /// Listening sockets.
    pub(crate) fresh: Fresh,
    /// The admin endpoint's socket.
    pub(crate) admin: TcpListener,
    /// For the workers.
    pub(crate) log: LogSender,
    /// For the sidecar.
    pub(crate) log_control: LogControl,
    /// For the workers.
    pub(crate) spans: SpanSender,
    /// For the sidecar.
    pub(crate) otlp: otlp::Control,
}

/// Runs the gateway until it is told to stop.
pub(crate) fn run(arguments: &RunArguments) -> ExitCode {
    ring::settle();
    logging::start();
    match prepare(arguments).and_then(serve) {
        Ok(code) => ExitCode::from(code),
        Err(failure) => failure.report(),
    }
}

fn prepare(arguments: &RunArguments) -> Result<Prepared, Failure> {
    let loaded = reload::read(&arguments.config).map_err(|report| Failure::Configuration(Box::new(report)))?;
    for line in loaded.blueprint.warnings.lines() {
        tracing::warn!("{line}");
    }
    preflight::check().map_err(Failure::Host)?;
    let plan = cpus::plan(loaded.blueprint.gateway.workers)
        .map_err(|error| Failure::Host(format!("the CPUs it may use are not known: {error}")))?;
    if let Some(warning) = plan.warning() {
        tracing::warn!("{warning}");
    }
    check_descriptors(&loaded, plan.cpus.len())?;
    let failed = |what: &str, error: &std::io::Error| Failure::Host(preflight::describe(what, error));
    let (log, log_control) =
        access_log::start().map_err(|error| failed("the access log's thread does not start", &error))?;
    log_control.retarget(loaded.blueprint.telemetry.log_target());
    let (spans, otlp) = otlp::start().map_err(|error| failed("the exporter of spans does not start", &error))?;
    otlp.retarget(loaded.blueprint.telemetry.traces.collector.as_ref());
    let fresh = Book::default()
        .bind(&loaded.blueprint.listeners, plan.cpus.len())
        .map_err(|error| Failure::Host(error.to_string()))?;
    let address = loaded.blueprint.gateway.admin;
    let what = format!("the admin endpoint cannot listen on {address}");
    let admin = admin::bind(address).map_err(|error| failed(&what, &error))?;
    let bound = admin.local_addr().map_err(|error| failed(&what, &error))?;
    let origin = Origin { config: arguments.config.clone(), ready_file: arguments.ready_file.clone(), admin: bound };
    Ok(Prepared { origin, loaded, plan, fresh, admin, log, log_control, spans, otlp })
}

fn check_descriptors(loaded: &reload::Loaded, workers: usize) -> Result<(), Failure> {
    let demand = preflight::Demand::of(&loaded.blueprint, workers);
    let limit = preflight::descriptor_limit();
    preflight::check_descriptors(demand, limit).map_err(Failure::Host)?;
    if let Some(warning) = demand.shortfall(limit) {
        tracing::warn!("{warning}");
    }
    Ok(())
}

fn serve(prepared: Prepared) -> Result<u8, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::Host(preflight::describe("the sidecar's runtime does not start", &error)))?;
    let (log_control, otlp) = (prepared.log_control.clone(), prepared.otlp.clone());
    let ready_file = prepared.origin.ready_file.clone();
    // As a task: the future that blocks is polled whenever any task is woken.
    let supervised = async { spawn_local(supervise::supervise(prepared)).await };
    let code = match LocalSet::new().block_on(&runtime, supervised) {
        Ok(code) => code,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    };
    // A look-up that hangs must not hold up the end.
    runtime.shutdown_background();
    otlp.end();
    log_control.end(LOG_PATIENCE);
    if let Some(path) = ready_file {
        // It may not have been written yet.
        let _ = std::fs::remove_file(path);
    }
    code
}
