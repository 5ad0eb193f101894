//! `svc-users`: the marketplace's users.
//!
//! This file is the command line. It never touches the database itself. Where to read on: `routes.rs` for the API,
//! `password.rs` for what a password costs, `keys.rs` for how keys take over from each other, `store/families.rs` for
//! which refresh token is good.

mod ask;
mod counters;
mod keys;
mod migrations;
mod model;
mod password;
mod routes;
mod seed;
mod settings;
mod store;
mod tokens;

use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use supplex_kit::identity::{Patience, Role, Verifier};
use supplex_kit::settings::DatabaseSettings;
use supplex_kit::{Metrics, Service, Settings, database, serve};

use crate::ask::{Email, Password};
use crate::counters::Counters;
use crate::keys::Ring;
use crate::password::Passwords;
use crate::routes::State;
use crate::settings::{HashLimits, KeyTimes, Lifetimes};
use crate::store::Store;

/// How often what has ended is forgotten.
const FORGET_INTERVAL: Duration = Duration::from_secs(600);

/// The users of the marketplace: accounts, passwords, and tokens that prove who somebody is.
///
/// Example: DATABASE_URL=postgresql://localhost/users svc-users serve --listen 127.0.0.1:7101
#[derive(Parser)]
#[command(name = "svc-users", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve users until SIGTERM
    Serve {
        #[command(flatten)]
        settings: Box<Settings>,
        #[command(flatten)]
        lifetimes: Lifetimes,
        #[command(flatten)]
        hashes: HashLimits,
    },
    /// Make somebody an admin; with a password, make the account too if it is not there
    Admin {
        /// Their e-mail
        #[arg(long)]
        email: String,
        /// Their password, if they have no account yet; better from the environment than from the command line
        #[arg(long, env = "ADMIN_PASSWORD", hide_env_values = true)]
        password: Option<String>,
        #[command(flatten)]
        database: DatabaseSettings,
    },
    /// Announce a new key for access tokens; the running processes take it up by themselves
    Rotate {
        #[command(flatten)]
        lifetimes: Lifetimes,
        #[command(flatten)]
        database: DatabaseSettings,
    },
    /// Add customers to try things with, all with one well-known password; safe to run again
    Seed {
        /// Which customers: the same number always makes the same ones
        #[arg(long, value_name = "N", default_value = "1")]
        seed: u64,
        /// How many
        #[arg(long, value_name = "N", default_value = "1000", value_parser = clap::value_parser!(u32).range(1..=seed::MOST))]
        count: u32,
        #[command(flatten)]
        database: DatabaseSettings,
    },
    /// Print the description of the API (OpenAPI 3.1)
    Openapi,
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    supplex_kit::log::start();
    supplex_kit::traces::start("svc-users");
    let outcome = match cli.command {
        Command::Serve { settings, lifetimes, hashes } => run(&settings, lifetimes, hashes).await,
        Command::Admin { email, password, database } => make_admin(&database, &email, password.as_deref()).await,
        Command::Rotate { lifetimes, database } => rotate(&database, lifetimes).await,
        Command::Seed { seed, count, database } => fill(&database, seed, count).await,
        Command::Openapi => {
            println!("{:#}", routes::api().document());
            Ok(())
        }
    };
    supplex_kit::traces::finish().await;
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "svc-users ends");
            ExitCode::FAILURE
        }
    }
}

fn in_words(error: impl std::fmt::Display) -> String {
    error.to_string()
}

async fn run(settings: &Settings, lifetimes: Lifetimes, hashes: HashLimits) -> Result<(), String> {
    let applied = database::migrate(&settings.database, &migrations::runner()).await.map_err(in_words)?;
    tracing::info!(applied, "the schema is current");
    let pool = database::pool(&settings.database, settings.request_timeout).map_err(in_words)?;
    let store = Store::new(pool.clone());
    store.ensure_key().await.map_err(in_words)?;
    let ring = Ring::read(store.clone()).await.map_err(in_words)?;
    let metrics = Metrics::new().map_err(in_words)?;
    let counters = Counters::new(&metrics).map_err(in_words)?;
    let passwords = Passwords::new(hashes, counters.clone()).map_err(|_| "passwords cannot be hashed".to_owned())?;
    let reload = lifetimes.keys.reload();
    let patience = Patience { max_age: reload, min_interval: reload.min(Duration::from_secs(1)) };
    let verifier = Verifier::new(ring.clone(), patience);
    tokio::spawn(ring.clone().follow(reload));
    tokio::spawn(forget(store.clone()));
    let routes = routes::router(State { store, passwords, ring, verifier, lifetimes, counters });
    serve(settings, Service { pool, routes, metrics, faults: None }).await.map_err(in_words)
}

/// Removes what has ended from the database, for ever. Several processes may do so at once.
async fn forget(store: Store) {
    loop {
        match (store.forget_families().await, store.forget_keys().await) {
            (Ok(0), Ok(0)) => {}
            (Ok(families), Ok(keys)) => tracing::info!(families, keys, "what has ended is forgotten"),
            (Err(error), _) | (_, Err(error)) => tracing::warn!(%error, "what has ended cannot be forgotten"),
        }
        tokio::time::sleep(FORGET_INTERVAL).await;
    }
}

async fn store(settings: &DatabaseSettings) -> Result<Store, String> {
    database::migrate(settings, &migrations::runner()).await.map_err(in_words)?;
    database::pool(settings, Duration::from_secs(60)).map(Store::new).map_err(in_words)
}

async fn make_admin(settings: &DatabaseSettings, email: &str, password: Option<&str>) -> Result<(), String> {
    let email = Email::parse(email).ok_or("that is no e-mail address")?;
    let store = store(settings).await?;
    if store.promote(&email).await.map_err(in_words)?.is_some() {
        println!("{} is an admin. Tokens that are out already say so after the next refresh.", email.as_str());
        return Ok(());
    }
    let password = password.ok_or("there is no such account; give ADMIN_PASSWORD to make one")?;
    let password = Password::new(password, Some(&email)).map_err(|detail| format!("the password {detail}"))?;
    let hash = password::hash_here(&password).map_err(|_| "the password cannot be hashed")?;
    store.add(&email, "Admin", Role::Admin, &hash).await.map_err(in_words)?;
    println!("{} is a new account and an admin.", email.as_str());
    Ok(())
}

async fn rotate(settings: &DatabaseSettings, lifetimes: Lifetimes) -> Result<(), String> {
    let store = store(settings).await?;
    store.ensure_key().await.map_err(in_words)?;
    let KeyTimes { key_announce_seconds } = lifetimes.keys;
    let new = store.rotate(key_announce_seconds, lifetimes.access_token_seconds).await.map_err(in_words)?;
    println!("Key {} is published and signs from {}.", new.kid, new.signs_from);
    println!("The one before verifies until {}.", new.replaces_until);
    Ok(())
}

async fn fill(settings: &DatabaseSettings, seed: u64, count: u32) -> Result<(), String> {
    let store = store(settings).await?;
    let customers = seed::customers(seed, count as usize);
    let hash = seed::hash().map_err(|_| "the password cannot be hashed")?;
    let new = store.add_all(&customers, &hash).await.map_err(in_words)?;
    let (last, password) = (customers.last().map_or("", |customer| customer.1.as_str()), seed::PASSWORD);
    println!("{count} customers, {new} of them new: customer-0001@example.com to {last}, password \"{password}\".");
    Ok(())
}
