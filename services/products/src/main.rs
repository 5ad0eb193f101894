//! `svc-products`: the marketplace's catalogue and its stock.
//!
//! This file is the command line. It never touches the database itself. Where to read on: `routes.rs` for the API,
//! `list.rs` for searching and paging, `inventory.rs` for the life of a reservation, `store.rs` for the queries,
//! `guard.rs` for who may change anything, `seed.rs` for the believable catalogue.

mod change;
mod conditional;
mod counters;
mod fields;
mod guard;
mod inventory;
mod list;
mod migrations;
mod model;
mod money;
mod routes;
mod seed;
mod store;

use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use supplex_kit::idempotency::Pruning;
use supplex_kit::service_token::ServiceTokenSetting;
use supplex_kit::settings::DatabaseSettings;
use supplex_kit::{Metrics, Service, Settings, StartError, database, serve};

use crate::counters::Counters;
use crate::guard::{Guard, Proofs};
use crate::inventory::expiry::Sweep;
use crate::inventory::store::Inventory;
use crate::routes::Api;
use crate::store::Store;

/// The catalogue of the marketplace.
///
/// Example: DATABASE_URL=postgresql://localhost/products svc-products serve --listen 127.0.0.1:7102
#[derive(Parser)]
#[command(name = "svc-products", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the catalogue until SIGTERM
    Serve {
        #[command(flatten)]
        settings: Box<Settings>,
        #[command(flatten)]
        proofs: Proofs,
        #[command(flatten)]
        access: ServiceTokenSetting,
        #[command(flatten)]
        background: Background,
    },
    /// Fill the catalogue with believable products; safe to run again
    Seed {
        /// Which catalogue: the same number always makes the same one
        #[arg(long, value_name = "N", default_value = "1")]
        seed: u64,
        /// How many products
        #[arg(long, value_name = "N", default_value = "200", value_parser = clap::value_parser!(u16).range(1..=seed::MOST))]
        count: u16,
        #[command(flatten)]
        database: DatabaseSettings,
    },
}

/// What goes on while nobody asks.
#[derive(Args, Clone, Copy)]
struct Background {
    #[command(flatten)]
    sweep: Sweep,
    #[command(flatten)]
    pruning: Pruning,
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    supplex_kit::log::start();
    supplex_kit::traces::start("svc-products");
    let outcome = match cli.command {
        Command::Serve { settings, proofs, access, background } => {
            run(&settings, Guard::new(proofs), access, background).await.map_err(|error| error.to_string())
        }
        Command::Seed { seed, count, database } => fill(&database, seed, count).await,
    };
    supplex_kit::traces::finish().await;
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "svc-products ends");
            ExitCode::FAILURE
        }
    }
}

async fn run(
    settings: &Settings,
    guard: Guard,
    access: ServiceTokenSetting,
    background: Background,
) -> Result<(), StartError> {
    let applied = database::migrate(&settings.database, &migrations::runner()).await?;
    tracing::info!(applied, "the schema is current");
    let pool = database::pool(&settings.database, settings.request_timeout)?;
    let metrics = Metrics::new()?;
    let (store, inventory, counters) =
        (Store::new(pool.clone()), Inventory::new(pool.clone()), Counters::new(&metrics)?);
    let swept = tokio::spawn(background.sweep.run(inventory.clone(), counters.clone()));
    let pruned = tokio::spawn(background.pruning.run(pool.clone()));
    let api = Api { store, inventory, guard, service_token: access.service_token, counters };
    let routes = routes::api().into_router(api);
    let served = serve(settings, Service { pool, routes, metrics, faults: None }).await;
    // Cut off wherever they are: a transaction that does not end takes nothing with it.
    swept.abort();
    pruned.abort();
    served
}

async fn fill(settings: &DatabaseSettings, seed: u64, count: u16) -> Result<(), String> {
    let filled = async {
        database::migrate(settings, &migrations::runner()).await.map_err(StartError::from)?;
        let pool = database::pool(settings, std::time::Duration::from_secs(60))?;
        Ok::<_, StartError>(Store::new(pool))
    };
    let store = filled.await.map_err(|error| error.to_string())?;
    let products = seed::catalogue(seed, count.into());
    let new = store.upsert(&products).await.map_err(|error| error.to_string())?;
    println!("{} products in the catalogue: {new} new, {} brought up to date.", products.len(), products.len() - new);
    Ok(())
}
