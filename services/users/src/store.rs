//! The queries about users. Everything that knows SQL is here and below.
//!
//! Where to read on: `store/families.rs` for refresh tokens, `store/keys.rs` for the keys of access tokens.

use deadpool_postgres::Pool;
use supplex_kit::identity::Role;
use supplex_kit::{Problem, database};
use tokio_postgres::Row;
use tokio_postgres::error::SqlState;
use uuid::Uuid;

use crate::ask::Email;
use crate::model::User;

pub(crate) mod families;
pub(crate) mod keys;

const COLUMNS: &str = "id, email, name, role, created_at, updated_at";

/// Somebody else has this address.
#[derive(Debug)]
pub(crate) struct EmailTaken;

/// Why there is no answer.
pub(crate) type Failure = database::Failure<EmailTaken>;

impl std::fmt::Display for EmailTaken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("somebody has this e-mail already")
    }
}

impl From<EmailTaken> for Problem {
    fn from(_: EmailTaken) -> Self {
        // That an address has an account can be found out here, as with every shop that people register with by
        // themselves: the alternative, an answer that looks the same and an e-mail, needs a mail server.
        let detail = "There is an account with this e-mail already.";
        Problem::new(axum::http::StatusCode::CONFLICT, "user.email_taken", detail)
    }
}

/// What it means that a user could not be written.
fn not_written(error: tokio_postgres::Error) -> Failure {
    match error.code() {
        Some(code) if *code == SqlState::UNIQUE_VIOLATION => Failure::Refused(EmailTaken),
        _ => error.into(),
    }
}

/// A user with what proves that somebody is them.
#[derive(Debug)]
pub(crate) struct Credentials {
    pub(crate) user: User,
    pub(crate) password_hash: String,
}

/// What is to be changed about a user. `None` stays as it is.
#[derive(Debug)]
pub(crate) struct Change<'a> {
    pub(crate) name: Option<&'a str>,
    pub(crate) email: Option<&'a Email>,
    pub(crate) password_hash: Option<&'a str>,
    /// Only if the hash of the password is still this one.
    pub(crate) if_hash: Option<&'a str>,
}

/// The users in their database.
#[derive(Clone)]
pub(crate) struct Store {
    pool: Pool,
}

impl Store {
    /// A store over `pool`.
    pub(crate) fn new(pool: Pool) -> Self {
        Self { pool }
    }

    /// Adds a user.
    pub(crate) async fn add(&self, email: &Email, name: &str, role: Role, hash: &str) -> Result<User, Failure> {
        let client = self.pool.get().await?;
        let statement = client
            .prepare_cached(&format!(
                "INSERT INTO users (id, email, name, role, password_hash) VALUES ($1, $2, $3, $4, $5)
                 RETURNING {COLUMNS}"
            ))
            .await?;
        let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 5] =
            [&Uuid::now_v7(), &email.as_str(), &name, &role.word(), &hash];
        user(&client.query_one(&statement, &parameters).await.map_err(not_written)?)
    }

    /// Adds customers that all have the same hash, unless they are there. Returns how many were not.
    pub(crate) async fn add_all(&self, users: &[(Uuid, String, String)], hash: &str) -> Result<u64, Failure> {
        let client = self.pool.get().await?;
        let ids: Vec<Uuid> = users.iter().map(|user| user.0).collect();
        let [emails, names] = [1, 2].map(|part| {
            let text = |user: &(Uuid, String, String)| if part == 1 { user.1.clone() } else { user.2.clone() };
            users.iter().map(text).collect::<Vec<String>>()
        });
        let new = client
            .execute(
                "INSERT INTO users (id, email, name, password_hash)
                 SELECT id, email, name, $4 FROM unnest($1::uuid[], $2::text[], $3::text[]) AS given (id, email, name)
                 ON CONFLICT DO NOTHING",
                &[&ids, &emails, &names, &hash],
            )
            .await?;
        Ok(new)
    }

    /// Makes a user an admin. `None` if there is no such user.
    pub(crate) async fn promote(&self, email: &Email) -> Result<Option<User>, Failure> {
        let client = self.pool.get().await?;
        let query =
            format!("UPDATE users SET role = 'admin', updated_at = now() WHERE lower(email) = $1 RETURNING {COLUMNS}");
        client.query_opt(&query, &[&email.as_str()]).await?.map(|row| user(&row)).transpose()
    }

    /// The user with this id.
    pub(crate) async fn user(&self, id: Uuid) -> Result<Option<User>, Failure> {
        Ok(self.credentials_where("id = $1", &id).await?.map(|found| found.user))
    }

    /// The user with this address.
    pub(crate) async fn by_email(&self, email: &Email) -> Result<Option<Credentials>, Failure> {
        self.credentials_where("lower(email) = $1", &email.as_str()).await
    }

    /// The user with this id, to compare their password.
    pub(crate) async fn by_id(&self, id: Uuid) -> Result<Option<Credentials>, Failure> {
        self.credentials_where("id = $1", &id).await
    }

    async fn credentials_where(
        &self,
        condition: &str,
        value: &(dyn tokio_postgres::types::ToSql + Sync),
    ) -> Result<Option<Credentials>, Failure> {
        let client = self.pool.get().await?;
        let query = format!("SELECT {COLUMNS}, password_hash FROM users WHERE {condition}");
        let statement = client.prepare_cached(&query).await?;
        let Some(row) = client.query_opt(&statement, &[value]).await? else { return Ok(None) };
        Ok(Some(Credentials { user: user(&row)?, password_hash: row.try_get(6)? }))
    }

    /// Changes a user. A new password ends all their families. `None` if there is no such user, or their password was
    /// changed meanwhile.
    pub(crate) async fn change(&self, id: Uuid, change: &Change<'_>) -> Result<Option<User>, Failure> {
        let mut client = self.pool.get().await?;
        let transaction = client.transaction().await?;
        let statement = transaction
            .prepare_cached(&format!(
                "UPDATE users SET name = coalesce($2, name), email = coalesce($3, email),
                        password_hash = coalesce($4, password_hash), updated_at = now()
                 WHERE id = $1 AND ($5::text IS NULL OR password_hash = $5) RETURNING {COLUMNS}"
            ))
            .await?;
        let email = change.email.map(Email::as_str);
        let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 5] =
            [&id, &change.name, &email, &change.password_hash, &change.if_hash];
        let row = transaction.query_opt(&statement, &parameters).await.map_err(not_written)?;
        let Some(row) = row else { return Ok(None) };
        if change.password_hash.is_some() {
            // A statement of its own: it sees the families of logins that the one above had to wait for.
            families::revoke_all(&transaction, id).await?;
        }
        transaction.commit().await?;
        Ok(Some(user(&row)?))
    }
}

/// Reads a row of [`COLUMNS`].
fn user(row: &Row) -> Result<User, Failure> {
    let role: &str = row.try_get(3)?;
    Ok(User {
        id: row.try_get(0)?,
        email: row.try_get(1)?,
        name: row.try_get(2)?,
        role: Role::from_word(role).ok_or(Failure::Damaged)?,
        created_at: row.try_get(4)?,
        updated_at: row.try_get(5)?,
    })
}
