//! The keys of access tokens in the database: making, announcing and removing them.
//!
//! The private half is stored as it is. A database that others can read needs more: this file is the only one that writes
//! and reads the column, so a KMS (or a key of the process's environment) that wraps it belongs here. What it is for and
//! how it moves on is told in `keys.rs`.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use axum::http::StatusCode;
use deadpool_postgres::Transaction;
use supplex_kit::Problem;
use supplex_kit::database::{self, QueryError};
use uuid::Uuid;

use super::Store;
use crate::model::Announced;

/// Any number that nobody else takes: one process at a time makes keys.
const LOCK: i64 = 0x5355_5050_4c45_584b;

/// The tokens of a key live on when the next one signs; clocks may differ by this much, in seconds.
const MARGIN: f64 = 60.0;

const KEYS: &str = "
    SELECT kid, public_key, private_key, extract(epoch FROM signs_from - now())::float8,
           extract(epoch FROM verifies_until - now())::float8
    FROM signing_keys WHERE verifies_until IS NULL OR verifies_until > now()";

const RETIRE: &str = "
    UPDATE signing_keys SET verifies_until = now() + make_interval(secs => $1) WHERE verifies_until IS NULL
    RETURNING verifies_until";

const ADD: &str = "
    INSERT INTO signing_keys (kid, public_key, private_key, signs_from)
    VALUES ($1, $2, $3, now() + make_interval(secs => $4)) RETURNING signs_from";

/// A key as it is stored.
#[derive(Debug)]
pub(crate) struct StoredKey {
    pub(crate) kid: String,
    pub(crate) public_key: Vec<u8>,
    /// PKCS#8.
    pub(crate) private_key: Vec<u8>,
    /// Seconds until it signs; negative if it does.
    pub(crate) signs_in: f64,
    /// Seconds until it is removed.
    pub(crate) ends_in: Option<f64>,
}

/// What stands in the way of a new key.
#[derive(Debug)]
pub(crate) enum Refused {
    /// One was announced and does not sign yet.
    UnderWay,
    /// The system makes no keys.
    NoKey,
}

/// Why there is no new key.
pub(crate) type Failure = database::Failure<Refused>;

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::UnderWay => "a new key is announced already and does not sign yet",
            Self::NoKey => "the system makes no keys",
        })
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::UnderWay => {
                let detail = "A new key is announced already and does not sign yet.";
                Problem::new(StatusCode::CONFLICT, "keys.under_way", detail)
            }
            Refused::NoKey => Problem::internal(),
        }
    }
}

impl Store {
    /// The keys that are not to be removed yet.
    pub(crate) async fn keys(&self) -> Result<Vec<StoredKey>, QueryError> {
        let client = self.pool.get().await?;
        let statement = client.prepare_cached(KEYS).await?;
        let mut keys = Vec::new();
        for row in client.query(&statement, &[]).await? {
            keys.push(StoredKey {
                kid: row.try_get(0)?,
                public_key: row.try_get(1)?,
                private_key: row.try_get(2)?,
                signs_in: row.try_get(3)?,
                ends_in: row.try_get(4)?,
            });
        }
        Ok(keys)
    }

    /// Makes the first key, which signs at once, if there is none. Processes that start at the same time take turns.
    pub(crate) async fn ensure_key(&self) -> Result<(), Failure> {
        let mut client = self.pool.get().await?;
        let transaction = client.transaction().await?;
        transaction.execute("SELECT pg_advisory_xact_lock($1)", &[&LOCK]).await?;
        let there = transaction.query_opt("SELECT 1 FROM signing_keys WHERE verifies_until IS NULL", &[]).await?;
        if there.is_none() {
            add(&transaction, 0.0).await?;
        }
        Ok(transaction.commit().await?)
    }

    /// Announces a new key that signs after so many seconds. The one before verifies until the tokens that it signs until
    /// then, good for `token_seconds`, have expired.
    pub(crate) async fn rotate(&self, announce: u32, token_seconds: u32) -> Result<Announced, Failure> {
        let mut client = self.pool.get().await?;
        let transaction = client.transaction().await?;
        transaction.execute("SELECT pg_advisory_xact_lock($1)", &[&LOCK]).await?;
        // Two changes at once would have a key sign before everybody knows it, or tokens outlive theirs.
        let waiting = transaction.query_opt("SELECT 1 FROM signing_keys WHERE signs_from > now()", &[]).await?;
        if waiting.is_some() {
            return Err(Failure::Refused(Refused::UnderWay));
        }
        let announce = f64::from(announce);
        let ends = announce + f64::from(token_seconds) + MARGIN;
        let retired = transaction.query_one(RETIRE, &[&ends]).await?;
        let (kid, signs_from) = add(&transaction, announce).await?;
        transaction.commit().await?;
        Ok(Announced { kid, signs_from, replaces_until: retired.try_get(0)? })
    }

    /// Removes keys whose tokens have expired. Returns how many those were.
    pub(crate) async fn forget_keys(&self) -> Result<u64, QueryError> {
        let client = self.pool.get().await?;
        Ok(client.execute("DELETE FROM signing_keys WHERE verifies_until < now()", &[]).await?)
    }
}

fn no_key() -> Failure {
    Failure::Refused(Refused::NoKey)
}

async fn add(transaction: &Transaction<'_>, announce: f64) -> Result<(String, jiff::Timestamp), Failure> {
    let private = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(|_| no_key())?;
    let pair = Ed25519KeyPair::from_pkcs8(private.as_ref()).map_err(|_| no_key())?;
    let kid = Uuid::now_v7().to_string();
    let (public, private) = (pair.public_key().as_ref(), private.as_ref());
    let row = transaction.query_one(ADD, &[&kid, &public, &private, &announce]).await?;
    Ok((kid, row.try_get(0)?))
}
