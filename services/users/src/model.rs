//! What a user and a grant of tokens are, as clients see them.

use jiff::Timestamp;
use serde::Serialize;
use supplex_kit::identity::Role;
use utoipa::ToSchema;
use uuid::Uuid;

/// Somebody with an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct User {
    pub(crate) id: Uuid,
    /// In lower case.
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) role: Role,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}

/// What proves to others who somebody is.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct Grant {
    /// A JWT, for `Authorization: Bearer`. Its claims are `iss`, `aud`, `sub` (the user's id), `role`, `iat`, `exp`, `jti`.
    pub(crate) access_token: String,
    /// How the access token is used.
    #[schema(pattern = "^Bearer$")]
    pub(crate) token_type: &'static str,
    /// For how many seconds the access token is good.
    pub(crate) expires_in: u32,
    /// Gets the next grant, once.
    #[schema(pattern = "^[A-Za-z0-9_-]{43}$")]
    pub(crate) refresh_token: String,
    /// For how many seconds the refresh token is good.
    pub(crate) refresh_expires_in: u32,
}

/// A key that was announced.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Announced {
    /// What tokens will call it.
    pub(crate) kid: String,
    /// When it begins to sign.
    pub(crate) signs_from: Timestamp,
    /// When the key before it is removed.
    pub(crate) replaces_until: Timestamp,
}
