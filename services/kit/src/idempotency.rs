//! What happens once for each `Idempotency-Key`, however often it is asked for, on however many nodes.
//!
//! A service has a table `answers`. Work and the answer to it are one transaction, so that whoever repeats a request after
//! a crash, a timeout or a lost answer finds both or neither:
//!
//! ```text
//! claim the key ──▶ nobody had it: do the work ──▶ keep the answer ──▶ commit
//!        ├─▶ the same work was done under it: the answer from then, with `Idempotency-Replayed: true`
//!        ├─▶ other work was done under it: 422
//!        └─▶ somebody is at it: wait until they have committed or failed, then one of the above
//! ```
//!
//! ```sql
//! CREATE TABLE answers (
//!     key         text        PRIMARY KEY,
//!     fingerprint bytea       NOT NULL,
//!     status      smallint,
//!     headers     bytea       NOT NULL DEFAULT '',
//!     body        text,
//!     created_at  timestamptz NOT NULL DEFAULT now()
//! );
//! CREATE INDEX answers_by_age ON answers (created_at);
//! ```
//!
//! Errors that a repetition might not meet (5xx, and what is wrong with the request itself) are not to be kept. Knows
//! nothing of the work. Where to read on: `idempotency/claim.rs` for the queries, `idempotency/answer.rs` for what is
//! kept, `idempotency/pruning.rs` for how long.

mod answer;
mod claim;
mod pruning;

use axum::http::{HeaderMap, StatusCode};
use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::IntoParams;
use uuid::Uuid;

pub use answer::Answer;
pub use claim::{Claim, ClaimError, claim, keep, kept};
pub use pruning::{Pruning, prune};

use crate::{FieldError, Problem};

/// An `Idempotency-Key`: 1 to 255 visible ASCII characters, chosen by the client.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key(String);

impl Key {
    /// The key of a request.
    ///
    /// # Errors
    /// 400, when there is none, or several, or one that cannot be one.
    pub fn of(headers: &HeaderMap) -> Result<Self, Problem> {
        let mut keys = headers.get_all("idempotency-key").iter();
        match (keys.next().map(|key| key.to_str()), keys.next()) {
            (Some(Ok(key)), None) if (1..=255).contains(&key.len()) => Ok(Self(key.to_owned())),
            _ => {
                let detail = "must be there once, with 1 to 255 visible ASCII characters";
                Err(Problem::invalid(vec![FieldError::new("Idempotency-Key", detail)]))
            }
        }
    }

    /// The key as the client wrote it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The header field in the description of an operation: `params(KeyField)`.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "only describes")]
pub struct KeyField {
    /// A new one for each thing to do, the same one to repeat it. Visible ASCII.
    #[param(rename = "Idempotency-Key", min_length = 1, max_length = 255)]
    idempotency_key: String,
}

/// SHA-256 of the work's JSON: the same for the same work, however the client wrote it. Work that cannot be written as
/// JSON has another one each time, and so is never taken for a repetition.
pub fn fingerprint(work: &impl Serialize) -> Vec<u8> {
    let json = serde_json::to_vec(work).unwrap_or_else(|_| Uuid::now_v7().as_bytes().to_vec());
    Sha256::digest(&json).to_vec()
}

/// Work with the key under which it is done once.
#[derive(Clone, Debug)]
pub struct Ticket<W> {
    /// The key it came with.
    pub key: Key,
    /// That of the work.
    pub fingerprint: Vec<u8>,
    /// What is to be done.
    pub work: W,
}

impl<W: Serialize> Ticket<W> {
    /// `work` under the key of a request.
    ///
    /// # Errors
    /// 400, when the request has no good key.
    pub fn new(headers: &HeaderMap, work: W) -> Result<Self, Problem> {
        Ok(Self { key: Key::of(headers)?, fingerprint: fingerprint(&work), work })
    }
}

/// The key stands for other work than before. A refusal of every service that has keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyReused;

impl std::fmt::Display for KeyReused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the Idempotency-Key came before with another request")
    }
}

impl From<KeyReused> for Problem {
    fn from(_: KeyReused) -> Self {
        Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "idempotency.key_reused",
            "This Idempotency-Key came before with another request. Use a new key for a new request.",
        )
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn there_must_be_one_key_that_can_be_one() {
        let of = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append("idempotency-key", HeaderValue::from_bytes(value.as_bytes()).expect("a value"));
            }
            Key::of(&headers)
        };
        let long = "k".repeat(255);
        for good in ["k", "01890000-0000-7000-8000-000000000000", &long] {
            assert_eq!(of(&[good]).expect("a key").as_str(), good);
        }
        for wrong in [&[][..], &[""], &["k", "k"], &["schlüssel"], &[&format!("{long}k")]] {
            assert_eq!(of(wrong).expect_err("is none").status(), 400, "{wrong:?}");
        }
    }

    #[test]
    fn only_the_same_work_has_the_same_fingerprint() {
        assert_eq!(fingerprint(&("reserve", 1)), fingerprint(&("reserve", 1)));
        assert_ne!(fingerprint(&("reserve", 1)), fingerprint(&("reserve", 2)));
        let unwritable = std::collections::HashMap::from([((), ())]);
        assert_ne!(fingerprint(&unwritable), fingerprint(&unwritable));
    }
}
