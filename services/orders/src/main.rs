//! `svc-orders`: the marketplace's carts and orders.
//!
//! This file is the command line. It never touches the database itself. Where to read on: `saga.rs` for the rules of a
//! checkout, `runner.rs` for who works on it, `store.rs` for what is written down, `calls.rs` for the other services,
//! `routes.rs` for the API, `seed.rs` for orders to try things with.

mod answer;
mod ask;
mod calls;
mod card;
mod case;
mod counters;
mod migrations;
mod model;
mod routes;
mod runner;
mod saga;
mod seed;
mod settings;
mod store;

use std::process::ExitCode;
use std::time::Duration;

use aws_lc_rs::hmac;
use clap::{Parser, Subcommand};
use supplex_kit::identity::{Patience, Verifier};
use supplex_kit::{Metrics, Service, Settings, database, serve};
use tokio::signal::unix::{SignalKind, signal};

use crate::calls::Calls;
use crate::counters::Counters;
use crate::routes::State;
use crate::runner::Runner;
use crate::seed::Seeding;
use crate::settings::{Others, Work};
use crate::store::Store;

/// How long writing down the last answers may take.
const TO_WRITE_DOWN: Duration = Duration::from_secs(5);

/// The orders of the marketplace: carts, checkouts that survive crashes, cancellations.
///
/// Example: DATABASE_URL=postgresql://localhost/orders JWKS_URL=http://127.0.0.1:7101/.well-known/jwks.json
/// SERVICE_TOKEN=0123456789abcdef PRODUCTS_URL=http://127.0.0.1:8080/api PAYMENTS_URL=http://127.0.0.1:8080/api
/// svc-orders serve --listen 127.0.0.1:7103
#[derive(Parser)]
#[command(name = "svc-orders", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve carts and orders until SIGTERM
    Serve {
        #[command(flatten)]
        settings: Box<Settings>,
        #[command(flatten)]
        others: Box<Others>,
        #[command(flatten)]
        work: Work,
    },
    /// Add orders to try things with, of which some are cancelled and some have failed; safe to run again
    ///
    /// The processes that serve work on them as on all others, so there must be one.
    Seed {
        #[command(flatten)]
        seeding: Box<Seeding>,
    },
    /// Print the description of the API (OpenAPI 3.1)
    Openapi,
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    supplex_kit::log::start();
    supplex_kit::traces::start("svc-orders");
    let outcome = match cli.command {
        Command::Serve { settings, others, work } => run(&settings, &others, work).await,
        Command::Seed { seeding } => seed::run(&seeding).await.map(|done| println!("{done}")),
        Command::Openapi => {
            println!("{:#}", routes::api().document());
            Ok(())
        }
    };
    supplex_kit::traces::finish().await;
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "svc-orders ends");
            ExitCode::FAILURE
        }
    }
}

fn in_words(error: impl std::fmt::Display) -> String {
    error.to_string()
}

async fn run(settings: &Settings, others: &Others, work: Work) -> Result<(), String> {
    settings::check(settings, others, &work)?;
    let applied = database::migrate(&settings.database, &migrations::runner()).await.map_err(in_words)?;
    tracing::info!(applied, "the schema is current");
    let pool = database::pool(&settings.database, settings.request_timeout).map_err(in_words)?;
    let metrics = Metrics::new().map_err(in_words)?;
    let counters = Counters::new(&metrics).map_err(in_words)?;
    let store = Store::new(pool.clone());
    let calls = Calls::new(others, counters.clone());
    let runner = Runner::new(store.clone(), calls.clone(), counters.clone(), work);
    let verifier = Verifier::new(others.jwks_url.clone(), Patience::default());
    let fingerprints = hmac::Key::new(hmac::HMAC_SHA256, others.service_token.secret());
    let state = State { store, calls, runner: runner.clone(), verifier, counters, work, fingerprints };

    close_at_a_signal(runner.clone()).map_err(in_words)?;
    let running = tokio::spawn(runner.clone().run());
    let service = Service { pool, routes: routes::router(state), metrics, faults: None };
    let served = serve(settings, service).await.map_err(in_words);
    // All requests are answered by now. A call at hand takes no longer than a call may, and its answer is written down.
    runner.finish(others.call_timeout + TO_WRITE_DOWN).await;
    if let Err(error) = running.await {
        tracing::error!(%error, "the search for unfinished sagas had ended early");
    }
    served
}

/// From SIGTERM or SIGINT on nothing more is taken up, while requests are still answered.
fn close_at_a_signal(runner: Runner) -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        runner.close();
    });
    Ok(())
}
