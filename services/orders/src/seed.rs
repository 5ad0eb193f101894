//! Orders to try things with: the same number always makes the same ones, for the customers that `svc-users seed` makes and
//! of the products that are in the catalogue.
//!
//! ```text
//! catalogue ──▶ plan ──▶ write what is not there ──▶ the processes that serve work on it ──▶ cancel some ──▶ date them back
//! ```
//!
//! Stock is reserved and money is captured as for every order, by the same saga: nothing here asks for either. So the books
//! of the three services agree afterwards. Each order has an id that the seed decides, so it is written once. Where to read
//! on: `seed/plan.rs` for who buys what, `seed/catalogue.rs`, `seed/write.rs` for the queries.

mod catalogue;
mod plan;
mod write;

use std::time::{Duration, Instant};

use clap::Args;
use supplex_kit::database;
use supplex_kit::settings::DatabaseSettings;
use uuid::Uuid;

use self::plan::{Fate, Planned};
use self::write::Writer;
use crate::calls::Trace;
use crate::migrations;
use crate::store::Store;

/// How long the orders may stay as they are until nobody is expected to work on them.
const PATIENCE: Duration = Duration::from_secs(60);

/// Between two looks.
const LOOK: Duration = Duration::from_millis(50);

/// What can be chosen.
#[derive(Args, Clone, Debug)]
pub(crate) struct Seeding {
    /// Which orders: the same number always makes the same ones. It is also that of the customers
    #[arg(long, value_name = "N", default_value = "1")]
    seed: u64,
    /// How many
    #[arg(long, value_name = "N", default_value = "100", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    count: u32,
    /// Where products are: the gateway's http://HOST:PORT/api, or nodes, separated by commas, of which the first is asked
    #[arg(long, env = "PRODUCTS_URL", value_name = "URL")]
    products_url: String,
    #[command(flatten)]
    database: DatabaseSettings,
}

/// Makes the orders that are not there yet. Says in words what was done.
///
/// # Errors
/// In words, when the catalogue or the database does not answer, or nobody works on orders.
pub(crate) async fn run(seeding: &Seeding) -> Result<String, String> {
    let products = catalogue::products(&seeding.products_url).await?;
    let plan = plan::orders(seeding.seed, seeding.count, &products)?;
    database::migrate(&seeding.database, &migrations::runner()).await.map_err(in_words)?;
    let pool = database::pool(&seeding.database, Duration::from_secs(60)).map_err(in_words)?;
    let (writer, store) = (Writer::new(pool.clone()), Store::new(pool));
    let ids: Vec<Uuid> = plan.iter().map(|order| order.id).collect();
    let new = writer.add(&plan).await?;
    settle(&writer, &ids).await?;
    for order in plan.iter().filter(|order| order.fate == Fate::Cancelled) {
        if writer.is_to_be_cancelled(order).await? {
            let begun = store.cancel(order.id, order.customer, &Trace::default(), None).await;
            begun.map(drop).map_err(in_words)?;
        }
    }
    settle(&writer, &ids).await?;
    let by_state = writer.date_back(&plan).await?;
    Ok(summary(&plan, new.len(), &by_state))
}

fn summary(plan: &[Planned], new: usize, by_state: &[(String, i64)]) -> String {
    let states: Vec<_> = by_state.iter().map(|(state, count)| format!("{count} {state}")).collect();
    format!("{} orders, {new} of them new: {}.", plan.len(), states.join(", "))
}

/// Waits until nobody has work to do on these orders.
async fn settle(writer: &Writer, ids: &[Uuid]) -> Result<(), String> {
    let mut waited_for = usize::MAX;
    let mut since = Instant::now();
    loop {
        let left = writer.unsettled(ids).await?;
        if left == 0 {
            return Ok(());
        }
        if left < waited_for {
            (waited_for, since) = (left, Instant::now());
        }
        if since.elapsed() > PATIENCE {
            return Err(format!(
                "{left} orders do not get any further; is a `svc-orders serve` running on this database?"
            ));
        }
        tokio::time::sleep(LOOK).await;
    }
}

fn in_words(error: impl std::fmt::Display) -> String {
    error.to_string()
}
