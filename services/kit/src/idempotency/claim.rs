//! The queries of the table `answers`.
//!
//! A key is claimed by inserting it, which waits for whoever inserted the same one and has not ended yet. If they fail,
//! the claim succeeds after all; if they commit, their answer is there.

use deadpool_postgres::{GenericClient, PoolError, Transaction};
use tokio_postgres::Row;

use super::{Answer, Key, KeyReused};
use crate::Problem;
use crate::database::{Failure, QueryError};

const CLAIM: &str = "INSERT INTO answers (key, fingerprint) VALUES ($1, $2) ON CONFLICT DO NOTHING";

const KEPT: &str = "SELECT fingerprint, status, headers, body FROM answers WHERE key = $1";

const KEEP: &str = "UPDATE answers SET status = $2, headers = $3, body = $4 WHERE key = $1";

/// What comes of claiming a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Nobody had it: the work is to be done now, in the transaction that made the claim, and its answer kept.
    New,
    /// The work was done already. This was the answer.
    Done(Answer),
}

/// Why there is neither a claim nor an answer.
#[derive(Debug)]
pub enum ClaimError {
    /// The database did not do it.
    Query(QueryError),
    /// The key stands for other work.
    Reused,
    /// What was kept is no answer.
    Damaged,
}

impl From<tokio_postgres::Error> for ClaimError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Query(error.into())
    }
}

impl From<PoolError> for ClaimError {
    fn from(error: PoolError) -> Self {
        Self::Query(error.into())
    }
}

impl<R: From<KeyReused>> From<ClaimError> for Failure<R> {
    fn from(error: ClaimError) -> Self {
        match error {
            ClaimError::Query(error) => Self::Query(error),
            ClaimError::Reused => Self::Refused(KeyReused.into()),
            ClaimError::Damaged => Self::Damaged,
        }
    }
}

impl From<ClaimError> for Problem {
    fn from(error: ClaimError) -> Self {
        Failure::<KeyReused>::from(error).into()
    }
}

/// Claims a key for work with this fingerprint. The claim stands when `transaction` commits.
///
/// # Errors
/// When the key stands for other work, or the database fails.
pub async fn claim(transaction: &Transaction<'_>, key: &Key, fingerprint: &[u8]) -> Result<Claim, ClaimError> {
    loop {
        let statement = transaction.prepare_cached(CLAIM).await?;
        if transaction.execute(&statement, &[&key.as_str(), &fingerprint]).await? > 0 {
            return Ok(Claim::New);
        }
        if let Some(answer) = kept(transaction, key, fingerprint).await? {
            return Ok(Claim::Done(answer));
        }
        // It was pruned between the two queries, so now nobody has it.
    }
}

/// What was answered to work with this fingerprint under this key, if it was done. Waits for nobody.
///
/// # Errors
/// When the key stands for other work, or the database fails.
pub async fn kept(client: &impl GenericClient, key: &Key, fingerprint: &[u8]) -> Result<Option<Answer>, ClaimError> {
    let statement = client.prepare_cached(KEPT).await?;
    let row = client.query_opt(&statement, &[&key.as_str()]).await?;
    row.map(|row| answer(&row, fingerprint)).transpose()
}

/// Keeps the answer to work whose key was claimed in the same transaction.
///
/// # Errors
/// When the database fails.
pub async fn keep(transaction: &Transaction<'_>, key: &Key, answer: &Answer) -> Result<(), tokio_postgres::Error> {
    let statement = transaction.prepare_cached(KEEP).await?;
    let (status, headers) = (answer.kept_status(), answer.kept_headers());
    transaction.execute(&statement, &[&key.as_str(), &status, &headers, &answer.body()]).await?;
    Ok(())
}

fn answer(row: &Row, fingerprint: &[u8]) -> Result<Answer, ClaimError> {
    if row.try_get::<_, &[u8]>(0)? != fingerprint {
        return Err(ClaimError::Reused);
    }
    let (status, headers, body): (Option<i16>, &[u8], Option<&str>) =
        (row.try_get(1)?, row.try_get(2)?, row.try_get(3)?);
    let kept = status.zip(body).and_then(|(status, body)| Answer::from_kept(status, headers, body));
    kept.ok_or(ClaimError::Damaged)
}
