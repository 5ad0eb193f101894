//! How long answers are kept: removes old ones, again and again while the service runs.
//!
//! Each run removes a bounded number, so that no transaction holds locks for long, and leaves out what another node has in
//! hand. Once the answer is gone, a repetition is new work.

use std::time::Duration;

use clap::Args;
use deadpool_postgres::Pool;

use crate::database::QueryError;

/// The most answers that one run removes. With the usual interval that is more than a node can give.
const BATCH: u32 = 10_000;

/// The old ones are found first and only once: a subquery might be run again, and then not be bounded.
const PRUNE: &str = "
    WITH old AS MATERIALIZED (
        SELECT key FROM answers WHERE created_at < now() - make_interval(secs => $1)
        ORDER BY created_at LIMIT $2
        FOR UPDATE SKIP LOCKED
    )
    DELETE FROM answers USING old WHERE answers.key = old.key";

/// How long answers are kept, and how often old ones are removed.
#[derive(Args, Clone, Copy, Debug)]
pub struct Pruning {
    /// How long answers to an Idempotency-Key are kept, in seconds; a repetition that comes later is new work
    #[arg(long, env = "ANSWERS_KEPT_SECONDS", value_name = "S", default_value = "604800",
          value_parser = clap::value_parser!(u32).range(1..=31_536_000))]
    answers_kept_seconds: u32,

    /// How often older answers are removed, in milliseconds
    #[arg(long, env = "ANSWERS_PRUNE_INTERVAL_MS", value_name = "MS", default_value = "10000",
          value_parser = clap::value_parser!(u32).range(10..=86_400_000))]
    answers_prune_interval: u32,
}

impl Pruning {
    /// Removes old answers until it is dropped.
    pub async fn run(self, pool: Pool) {
        loop {
            tokio::time::sleep(Duration::from_millis(self.answers_prune_interval.into())).await;
            match prune(&pool, self.answers_kept_seconds, BATCH).await {
                Ok(0) => {}
                Ok(count) => tracing::info!(count, "old answers were removed"),
                Err(error) => tracing::warn!(%error, "old answers cannot be removed; the next run tries again"),
            }
        }
    }
}

/// Removes at most `most` answers that were given more than so many seconds ago, the oldest first. Returns how many those
/// were.
///
/// # Errors
/// When the database fails.
pub async fn prune(pool: &Pool, seconds: u32, most: u32) -> Result<u64, QueryError> {
    let client = pool.get().await?;
    let statement = client.prepare_cached(PRUNE).await?;
    Ok(client.execute(&statement, &[&f64::from(seconds), &i64::from(most)]).await?)
}
