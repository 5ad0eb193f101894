//! Refresh tokens: which one is good, decided by the database and nowhere else.
//!
//! ```text
//! login ──▶ token 1 ──refresh──▶ token 2 ──refresh──▶ token 3 ...     one family, at most one unused token
//!              └─ comes again ──▶ the family is revoked: either the thief or the owner used it first,
//!                                 and nobody can tell which of them holds the newest token now
//! ```
//!
//! Of two requests with the same token at the same time exactly one wins: both want to mark the same row as used, one of
//! them waits for the other, and then finds it used. The loser counts as a repetition and revokes the family, unless
//! `REFRESH_GRACE_SECONDS` lets repetitions pass that soon: then it is only refused, and the winner's tokens stay good. By
//! default there is no grace, since a thief would have it too.

use deadpool_postgres::Transaction;
use supplex_kit::database::QueryError;
use supplex_kit::identity::Role;
use uuid::Uuid;

use super::{Failure, Store};
use crate::settings::Lifetimes;

/// Begins a family, if the password is still the one that was compared: `FOR SHARE` has this wait for a change of it that
/// is under way, and such a change wait for this.
const BEGIN: &str = "
    WITH family AS (
        INSERT INTO families (id, user_id, expires_at)
        SELECT $1, id, now() + make_interval(secs => $4) FROM users WHERE id = $2 AND password_hash = $3 FOR SHARE
        RETURNING id, expires_at
    )
    INSERT INTO refresh_tokens (hash, family_id, expires_at)
    SELECT $5, id, least(expires_at, now() + make_interval(secs => $6)) FROM family
    RETURNING extract(epoch FROM expires_at - now())::float8";

/// Spends a token for the next one of its family.
const SPEND: &str = "
    WITH spent AS (
        UPDATE refresh_tokens AS token SET used_at = now()
        FROM families AS family JOIN users ON users.id = family.user_id
        WHERE token.hash = $1 AND family.id = token.family_id
          AND token.used_at IS NULL AND token.expires_at > now()
          AND family.revoked_at IS NULL AND family.expires_at > now()
        RETURNING family.id AS family_id, family.expires_at, users.id AS user_id, users.role
    ), next AS (
        INSERT INTO refresh_tokens (hash, family_id, expires_at)
        SELECT $2, family_id, least(expires_at, now() + make_interval(secs => $3)) FROM spent
        RETURNING expires_at
    )
    SELECT spent.user_id, spent.role, extract(epoch FROM next.expires_at - now())::float8 FROM spent, next";

/// Revokes the family of a token that was used some time ago.
const REVOKE_REUSED: &str = "
    UPDATE families SET revoked_at = now(), revoked_for = 'reuse'
    FROM refresh_tokens AS token
    WHERE token.hash = $1 AND token.used_at <= now() - make_interval(secs => $2)
      AND families.id = token.family_id AND families.revoked_at IS NULL
    RETURNING families.user_id";

const REVOKE_ONE: &str = "
    UPDATE families SET revoked_at = now(), revoked_for = 'logout'
    FROM refresh_tokens AS token
    WHERE token.hash = $1 AND families.id = token.family_id AND families.revoked_at IS NULL";

const REVOKE_ALL: &str =
    "UPDATE families SET revoked_at = now(), revoked_for = 'password' WHERE user_id = $1 AND revoked_at IS NULL";

/// What has ended is kept for a day, to tell a late repetition from nonsense in the log.
const FORGET: &str = "
    DELETE FROM families WHERE expires_at < now() - interval '1 day' OR revoked_at < now() - interval '1 day'";

/// What became of a refresh token.
#[derive(Debug)]
pub(crate) enum Spent {
    /// It was good. The next one is good for so many seconds.
    Good { user: Uuid, role: Role, seconds: u32 },
    /// It was not.
    Refused,
    /// It had been used before, and so the family of this user was revoked.
    Reused { user: Uuid },
}

impl Store {
    /// Begins a family for a user whose password was compared with `password_hash`, with the token of this hash. Returns
    /// for how many seconds that is good; `None` if the password is another one by now.
    pub(crate) async fn begin(
        &self,
        user: Uuid,
        password_hash: &str,
        token: &[u8],
        lifetimes: &Lifetimes,
    ) -> Result<Option<u32>, Failure> {
        let client = self.pool.get().await?;
        let statement = client.prepare_cached(BEGIN).await?;
        let (session, idle) = (f64::from(lifetimes.session_seconds), f64::from(lifetimes.refresh_token_seconds));
        let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 6] =
            [&Uuid::now_v7(), &user, &password_hash, &session, &token, &idle];
        let row = client.query_opt(&statement, &parameters).await?;
        row.map(|row| Ok(whole(row.try_get(0)?))).transpose()
    }

    /// Spends the token of hash `token` for that of hash `next`.
    pub(crate) async fn spend(&self, token: &[u8], next: &[u8], lifetimes: &Lifetimes) -> Result<Spent, Failure> {
        let client = self.pool.get().await?;
        let statement = client.prepare_cached(SPEND).await?;
        let idle = f64::from(lifetimes.refresh_token_seconds);
        if let Some(row) = client.query_opt(&statement, &[&token, &next, &idle]).await? {
            let (user, role, seconds): (Uuid, &str, f64) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
            let role = Role::from_word(role).ok_or(Failure::Damaged)?;
            return Ok(Spent::Good { user, role, seconds: whole(seconds) });
        }
        let statement = client.prepare_cached(REVOKE_REUSED).await?;
        let grace = f64::from(lifetimes.refresh_grace_seconds);
        Ok(match client.query_opt(&statement, &[&token, &grace]).await? {
            Some(row) => Spent::Reused { user: row.try_get(0)? },
            None => Spent::Refused,
        })
    }

    /// Revokes the family of the token of this hash. Returns whether it was there and good.
    pub(crate) async fn revoke(&self, token: &[u8]) -> Result<bool, Failure> {
        let client = self.pool.get().await?;
        let statement = client.prepare_cached(REVOKE_ONE).await?;
        Ok(client.execute(&statement, &[&token]).await? > 0)
    }

    /// Forgets families that ended. Returns how many those were.
    pub(crate) async fn forget_families(&self) -> Result<u64, QueryError> {
        Ok(self.pool.get().await?.execute(FORGET, &[]).await?)
    }
}

/// Ends all families of a user.
pub(super) async fn revoke_all(transaction: &Transaction<'_>, user: Uuid) -> Result<(), Failure> {
    let statement = transaction.prepare_cached(REVOKE_ALL).await?;
    transaction.execute(&statement, &[&user]).await?;
    Ok(())
}

/// Whole seconds that have not passed yet.
fn whole(seconds: f64) -> u32 {
    // Casts of floats saturate.
    seconds.max(0.0) as u32
}
