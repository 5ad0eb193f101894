//! `svc-payments`: the marketplace's payments, as a mock of a payment provider.
//!
//! This file is the command line. It never touches the database itself. Where to read on: `routes.rs` for the API,
//! `card.rs` for the test cards, `model.rs` for the rules of money, `store.rs` for how they hold under concurrency.

mod answer;
mod ask;
mod card;
mod migrations;
mod model;
mod routes;
mod store;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use supplex_kit::faults::{Faults, Plan};
use supplex_kit::idempotency::Pruning;
use supplex_kit::service_token::ServiceTokenSetting;
use supplex_kit::{Metrics, Service, Settings, StartError, database, serve};

use crate::routes::Api;
use crate::store::Store;

/// The payments of the marketplace: a mock of a payment provider. It moves no money.
///
/// Example: DATABASE_URL=postgresql://localhost/payments svc-payments serve --listen 127.0.0.1:7104
#[derive(Parser)]
#[command(name = "svc-payments", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve payments until SIGTERM
    Serve {
        #[command(flatten)]
        settings: Settings,
        #[command(flatten)]
        access: ServiceTokenSetting,
        #[command(flatten)]
        pruning: Pruning,
        /// What goes wrong on purpose, as JSON, such as {"error":{"ratio":0.3}}; `PUT /faults` changes it later
        #[arg(long, env = "FAULTS", value_name = "JSON", default_value = "{}")]
        faults: Plan,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    let Command::Serve { settings, access, pruning, faults } = Cli::parse().command;
    supplex_kit::log::start();
    supplex_kit::traces::start("svc-payments");
    let outcome = run(settings, access, pruning, faults).await;
    supplex_kit::traces::finish().await;
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "svc-payments ends");
            ExitCode::FAILURE
        }
    }
}

async fn run(settings: Settings, access: ServiceTokenSetting, pruning: Pruning, plan: Plan) -> Result<(), StartError> {
    let applied = database::migrate(&settings.database, &migrations::runner()).await?;
    tracing::info!(applied, "the schema is current");
    if plan != Plan::default() {
        tracing::warn!("this process begins with faults");
    }
    let pool = database::pool(&settings.database, settings.request_timeout)?;
    let metrics = Metrics::new()?;
    let faults = Some(Faults::new(plan, &metrics)?);
    let api = Api::new(Store::new(pool.clone()), &metrics, access.service_token)?;
    let routes = routes::api().into_router(api);
    let pruned = tokio::spawn(pruning.run(pool.clone()));
    let served = serve(&settings, Service { pool, routes, metrics, faults }).await;
    // Cut off wherever it is: a statement that does not end takes nothing with it.
    pruned.abort();
    served
}
