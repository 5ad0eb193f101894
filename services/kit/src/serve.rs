//! Serves a router until the process is told to stop.
//!
//! ```text
//! bind ── ready file ── serving ──SIGTERM or SIGINT──▶ draining ──all requests answered──▶ Ok
//!                                                          └──drain timeout──▶ Ok, what was open is cut
//! ```

use std::future::Future;
use std::io;
use std::time::Duration;

use axum::Router;
use axum::serve::Listener;
use deadpool_postgres::Pool;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::connection::{Cut, Cuttable, Socket};
use crate::faults::Faults;
use crate::listen::{self, Bound};
use crate::{Metrics, Settings, database, probes, requests};

/// What a service is made of.
#[derive(Debug)]
pub struct Service {
    /// Its connections to the database.
    pub pool: Pool,
    /// Its API.
    pub routes: Router,
    /// What it counts.
    pub metrics: Metrics,
    /// What goes wrong in it on purpose. `None` for a service that nobody can make sick.
    pub faults: Option<Faults>,
}

/// Why a service did not start, or stopped on its own.
#[derive(Debug)]
pub enum StartError {
    /// The address cannot be bound, or the ready file not written.
    Listen(String, io::Error),
    /// The system refuses signal handlers or sockets.
    System(io::Error),
    /// The database is not as it must be.
    Database(database::MigrateError),
    /// The pool cannot be built.
    Pool(deadpool_postgres::BuildError),
    /// Two metrics have the same name.
    Metrics(prometheus::Error),
}

impl std::fmt::Display for StartError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Listen(what, error) => write!(f, "{what}: {error}"),
            Self::System(error) => error.fmt(f),
            Self::Database(error) => error.fmt(f),
            Self::Pool(error) => error.fmt(f),
            Self::Metrics(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for StartError {}

impl From<database::MigrateError> for StartError {
    fn from(error: database::MigrateError) -> Self {
        Self::Database(error)
    }
}

impl From<deadpool_postgres::BuildError> for StartError {
    fn from(error: deadpool_postgres::BuildError) -> Self {
        Self::Pool(error)
    }
}

impl From<prometheus::Error> for StartError {
    fn from(error: prometheus::Error) -> Self {
        Self::Metrics(error)
    }
}

/// Serves `service`, the probes and the metrics until SIGTERM or SIGINT, then drains.
///
/// # Errors
/// When it cannot begin. A service that began ends only by a signal.
pub async fn serve(settings: &Settings, service: Service) -> Result<(), StartError> {
    let stop = stop_signal().map_err(StartError::System)?;
    let bound = listen::bind(&settings.listen).await;
    let bound = bound.map_err(|error| StartError::Listen(format!("cannot listen on {}", settings.listen), error))?;
    let address = bound.address().map_err(StartError::System)?;
    let Service { pool, mut routes, metrics, faults } = service;
    routes = routes.merge(probes::routes(pool.clone())).merge(metrics.routes(pool));
    if let Some(faults) = &faults {
        routes = routes.merge(faults.routes());
    }
    let service = requests::around(routes, settings.request_timeout, metrics, faults.clone());
    let stop = async move {
        stop.await;
        if let Some(faults) = faults {
            faults.release();
        }
    };
    if let Some(path) = &settings.ready_file {
        let written = listen::write_ready_file(path, &address);
        written.map_err(|error| StartError::Listen(format!("cannot write {}", path.display()), error))?;
    }
    tracing::info!(%address, "serving");
    match bound {
        Bound::Tcp(listener) => until_drained(listener, service, stop, settings.drain_timeout).await,
        Bound::Unix(listener, path) => {
            let outcome = until_drained(listener, service, stop, settings.drain_timeout).await;
            if let Err(error) = std::fs::remove_file(&path) {
                tracing::debug!(%error, path = %path.display(), "the socket file stays behind");
            }
            outcome
        }
    }
}

async fn until_drained<L>(
    listener: L,
    service: Router,
    stop: impl Future<Output = ()> + Send + 'static,
    drain_timeout: Duration,
) -> Result<(), StartError>
where
    L: Listener,
    L::Io: Socket,
    L::Addr: std::fmt::Debug,
{
    let (stopping, mut stopped) = watch::channel(false);
    let service = service.into_make_service_with_connect_info::<Cut>();
    let serving = axum::serve(Cuttable(listener), service).with_graceful_shutdown(async move {
        stop.await;
        tracing::info!("stopping");
        stopping.send_replace(true);
    });
    let cut = async {
        // The sender lives in the server's future, so an error here means that serving is over anyway.
        if stopped.wait_for(|stopping| *stopping).await.is_ok() {
            tokio::time::sleep(drain_timeout).await;
        }
    };
    tokio::select! {
        outcome = async { serving.await } => outcome.map_err(StartError::System)?,
        () = cut => tracing::warn!("requests were still open when the drain timeout ended"),
    }
    tracing::info!("stopped");
    Ok(())
}

/// Completes at SIGTERM or SIGINT. The handlers are in place when this returns.
fn stop_signal() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
