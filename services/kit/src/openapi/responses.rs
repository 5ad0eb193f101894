//! Answers that operations of several services have in common, as types for `#[utoipa::path(responses(...))]`.
//!
//! A service adds its own groups. The schemas of bodies are only found in responses that an operation spells out itself;
//! that of problems is always there.

use utoipa::IntoResponses;

use crate::Problem;

/// Of operations that check what they are sent.
#[derive(Debug, IntoResponses)]
pub enum Checked {
    /// Something is wrong with the request; `errors` says what, all of it.
    #[response(status = 400, content_type = "application/problem+json")]
    Invalid(Problem),
}

/// Of operations that only services may ask for (`service_token.rs`).
#[derive(Debug, IntoResponses)]
pub enum ForServices {
    /// There is no token of the services.
    #[response(status = 401, content_type = "application/problem+json")]
    NoToken(Problem),
    /// This process was started without a token of the services.
    #[response(status = 403, content_type = "application/problem+json")]
    Disabled(Problem),
}

/// Of operations on one thing, found by its id.
#[derive(Debug, IntoResponses)]
pub enum OfOne {
    /// There is none with this id.
    #[response(status = 404, content_type = "application/problem+json")]
    None(Problem),
}

/// Of operations that happen once for each Idempotency-Key (`idempotency.rs`).
#[derive(Debug, IntoResponses)]
pub enum OncePerKey {
    /// The Idempotency-Key came before with another request.
    #[response(status = 422, content_type = "application/problem+json")]
    KeyReused(Problem),
}
