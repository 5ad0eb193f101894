//! `svc-products`: the marketplace's catalogue.
//!
//! This file is the command line. It never touches the database itself. Where to read on: `routes.rs` for the API,
//! `store.rs` for the queries, `seed.rs` for the believable catalogue.

mod cursor;
mod filter;
mod migrations;
mod model;
mod routes;
mod seed;
mod store;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use supplex_kit::settings::DatabaseSettings;
use supplex_kit::{Metrics, Service, Settings, StartError, database, serve};

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
    Serve(Settings),
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

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    supplex_kit::log::start();
    let outcome = match cli.command {
        Command::Serve(settings) => run(settings).await.map_err(|error| error.to_string()),
        Command::Seed { seed, count, database } => fill(&database, seed, count).await,
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "svc-products ends");
            ExitCode::FAILURE
        }
    }
}

async fn run(settings: Settings) -> Result<(), StartError> {
    let applied = database::migrate(&settings.database, &migrations::runner()).await?;
    tracing::info!(applied, "the schema is current");
    let pool = database::pool(&settings.database, settings.request_timeout)?;
    let routes = routes::routes(Store::new(pool.clone()));
    serve(&settings, Service { pool, routes, metrics: Metrics::new()?, faults: None }).await
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
