//! The connection pool, the migrations at start, and what a failed query means to a client.
//!
//! Knows no table. A service hands over its migrations and gets a pool; its store asks the pool for connections and
//! passes failures on with `?`. Where to read on: `database/failure.rs` for what a store returns.

mod failure;

use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, Pool, PoolError, RecyclingMethod, Runtime};
use refinery::Runner;
use tokio::time::{Instant, sleep, timeout};
use tokio_postgres::{Config, NoTls};

pub use failure::Failure;

use crate::Problem;
use crate::settings::DatabaseSettings;

/// How long a request waits for a free connection, and how long opening one may take.
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(2);

/// How often the database is tried again while a service starts.
const RETRY_INTERVAL: Duration = Duration::from_millis(200);

/// Any number that is the same in all services: it only has to keep two starting processes of one database apart.
const MIGRATION_LOCK: i64 = 0x5355_5050_4c45_5821;

/// Why the database could not be made ready at start.
#[derive(Debug)]
pub enum MigrateError {
    /// It did not answer in time.
    Unreachable(tokio_postgres::Error),
    /// It did not even refuse in time.
    Silent,
    /// A migration failed, or one that was applied has changed since.
    Migration(refinery::Error),
}

impl std::fmt::Display for MigrateError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unreachable(error) => write!(f, "the database is not reachable: {}", with_source(error)),
            Self::Silent => write!(f, "the database does not answer"),
            Self::Migration(error) => write!(f, "a migration failed: {error}"),
        }
    }
}

impl std::error::Error for MigrateError {}

/// `tokio_postgres` keeps what the server said in the source of an error.
fn with_source(error: &tokio_postgres::Error) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

/// A pool over `settings`. Opens no connection yet.
///
/// # Errors
/// When the pool's limits contradict each other.
pub fn pool(settings: &DatabaseSettings, request_timeout: Duration) -> Result<Pool, deadpool_postgres::BuildError> {
    let mut config = settings.database_url.clone();
    config.connect_timeout(CONNECTION_TIMEOUT);
    // A query must not outlive the request that waits for it.
    let options = format!("-c statement_timeout={}", request_timeout.as_millis());
    config.options(match config.get_options() {
        Some(given) => format!("{given} {options}"),
        None => options,
    });
    let manager = Manager::from_config(config, NoTls, ManagerConfig { recycling_method: RecyclingMethod::Fast });
    Pool::builder(manager)
        .max_size(settings.database_connections.into())
        .wait_timeout(Some(CONNECTION_TIMEOUT))
        .create_timeout(Some(CONNECTION_TIMEOUT))
        .runtime(Runtime::Tokio1)
        .build()
}

/// Waits until the database answers, then applies the migrations it lacks. Returns how many those were. Processes that
/// start at once take turns.
///
/// # Errors
/// When the database does not answer within `settings.database_wait`, or a migration fails.
pub async fn migrate(settings: &DatabaseSettings, runner: &Runner) -> Result<usize, MigrateError> {
    let mut client = connect_patiently(&settings.database_url, settings.database_wait).await?;
    let lock = client.execute("SELECT pg_advisory_lock($1)", &[&MIGRATION_LOCK]).await;
    lock.map_err(MigrateError::Unreachable)?;
    // The lock goes with the connection, which closes when `client` is dropped.
    let report = runner.run_async(&mut client).await.map_err(MigrateError::Migration)?;
    Ok(report.applied_migrations().len())
}

async fn connect_patiently(config: &Config, patience: Duration) -> Result<tokio_postgres::Client, MigrateError> {
    let deadline = Instant::now() + patience;
    loop {
        let error = match timeout(CONNECTION_TIMEOUT, config.connect(NoTls)).await {
            Ok(Ok((client, connection))) => {
                tokio::spawn(async move {
                    if let Err(error) = connection.await {
                        tracing::debug!(%error, "the connection for migrations ended");
                    }
                });
                return Ok(client);
            }
            // The server answered and said no: it will say so again, except while it starts.
            Ok(Err(error)) if error.code().is_some_and(|code| *code != STARTING) => {
                return Err(MigrateError::Unreachable(error));
            }
            Ok(Err(error)) => MigrateError::Unreachable(error),
            Err(_elapsed) => MigrateError::Silent,
        };
        if Instant::now() + RETRY_INTERVAL > deadline {
            return Err(error);
        }
        tracing::info!(%error, "waiting for the database");
        sleep(RETRY_INTERVAL).await;
    }
}

const STARTING: tokio_postgres::error::SqlState = tokio_postgres::error::SqlState::CANNOT_CONNECT_NOW;

/// Why a query gave no answer.
#[derive(Debug)]
pub enum QueryError {
    /// No connection could be had.
    Connection(PoolError),
    /// The database refused, or the connection broke.
    Query(tokio_postgres::Error),
}

impl From<PoolError> for QueryError {
    fn from(error: PoolError) -> Self {
        Self::Connection(error)
    }
}

impl From<tokio_postgres::Error> for QueryError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Query(error)
    }
}

impl std::fmt::Display for QueryError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Connection(PoolError::Backend(error)) => write!(f, "no connection: {}", with_source(error)),
            Self::Connection(error) => write!(f, "no connection: {error}"),
            Self::Query(error) => f.write_str(&with_source(error)),
        }
    }
}

impl std::error::Error for QueryError {}

impl From<QueryError> for Problem {
    fn from(error: QueryError) -> Self {
        tracing::error!(%error, "a query failed");
        match error {
            QueryError::Connection(PoolError::Timeout(deadpool_postgres::TimeoutType::Wait)) => {
                Problem::unavailable("database.busy", "Every database connection is in use.")
            }
            QueryError::Connection(_) => unreachable_database(),
            QueryError::Query(error) if error.is_closed() || lost_or_stopping(&error) => unreachable_database(),
            QueryError::Query(_) => Problem::internal(),
        }
    }
}

fn unreachable_database() -> Problem {
    Problem::unavailable("database.unreachable", "The database does not answer.")
}

/// Whether the connection broke, or the server ended it because it shuts down.
fn lost_or_stopping(error: &tokio_postgres::Error) -> bool {
    match error.as_db_error() {
        // Class 57 is operator intervention, 57014 in it a query that took too long.
        Some(error) => error.code().code().starts_with("57P"),
        None => std::error::Error::source(error).is_some_and(|source| source.is::<std::io::Error>()),
    }
}

/// Asks the database for a sign of life.
///
/// # Errors
/// When it gives none.
pub async fn ping(pool: &Pool) -> Result<(), QueryError> {
    pool.get().await?.simple_query("SELECT 1").await?;
    Ok(())
}
