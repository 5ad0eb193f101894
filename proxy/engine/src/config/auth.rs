//! A checked `[auth.NAME]` table: whose tokens are believed, and what becomes of their claims.

use std::path::PathBuf;
use std::time::Duration;

use super::AuthId;

/// Who signs tokens, for whom, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Auth {
    /// Unique; the `auth` label of metrics.
    pub name: Box<str>,
    /// Where the keys are.
    pub jwks: Jwks,
    /// What the claim `iss` must be.
    pub issuer: Box<str>,
    /// What the claim `aud` must be or contain.
    pub audience: Box<str>,
    /// The algorithms that signatures may have; not empty.
    pub algorithms: Vec<Algorithm>,
    /// How far the clock of whoever signs may be off.
    pub leeway: Duration,
    /// How often the keys are fetched.
    pub refresh: Duration,
    /// Fields that the upstream gets, in lower case, each with the claim that is its value.
    pub forward: Vec<(Box<str>, Box<str>)>,
    /// Every claim that somebody asks for: `forward`, and limits by claim. Without repetition.
    pub claims: Vec<Box<str>>,
}

/// Where a JSON Web Key Set (RFC 7517) is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Jwks {
    /// A file.
    File(PathBuf),
    /// A plain HTTP server.
    Http {
        /// Host and port, as in the field `Host`.
        authority: Box<str>,
        /// The name or address to connect to.
        host: Box<str>,
        /// The port to connect to.
        port: u16,
        /// Path and query.
        target: Box<str>,
    },
}

impl std::fmt::Display for Jwks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Jwks::File(path) => write!(f, "{}", path.display()),
            Jwks::Http { authority, target, .. } => write!(f, "http://{authority}{target}"),
        }
    }
}

/// A signature algorithm with a public key (RFC 7518 section 3.1, RFC 8037). There is no `none` here and none with a
/// shared secret, so that no configuration and no token can ask for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// Ed25519.
    EdDsa,
    /// ECDSA over P-256.
    Es256,
    /// ECDSA over P-384.
    Es384,
    /// RSA, PKCS 1 padding, SHA-256.
    Rs256,
    /// RSA, PKCS 1 padding, SHA-384.
    Rs384,
    /// RSA, PKCS 1 padding, SHA-512.
    Rs512,
    /// RSA, PSS padding, SHA-256.
    Ps256,
    /// RSA, PSS padding, SHA-384.
    Ps384,
    /// RSA, PSS padding, SHA-512.
    Ps512,
}

impl Algorithm {
    /// Every algorithm with its word.
    pub const WORDS: [(&'static str, Algorithm); 9] = [
        ("EdDSA", Algorithm::EdDsa),
        ("ES256", Algorithm::Es256),
        ("ES384", Algorithm::Es384),
        ("RS256", Algorithm::Rs256),
        ("RS384", Algorithm::Rs384),
        ("RS512", Algorithm::Rs512),
        ("PS256", Algorithm::Ps256),
        ("PS384", Algorithm::Ps384),
        ("PS512", Algorithm::Ps512),
    ];

    /// The algorithm that a token or key names. Words are compared in their case (RFC 7515 section 4.1.1).
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(other, _)| *other == word).map(|(_, algorithm)| *algorithm)
    }

    /// The word.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, other)| *other == self).map_or("", |(word, _)| word)
    }
}

/// What a route asks of its clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RouteAuth {
    /// Whose tokens.
    pub auth: AuthId,
    /// Whether a request without a token passes, as one of nobody. An invalid token never passes.
    pub optional: bool,
}
