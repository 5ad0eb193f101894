//! Keys that tokens are checked with, on their way to the workers: immutable, shared by all of them, replaced as a whole.
//!
//! The sidecar fetches them (`sidecar/auth.rs`); a worker keeps the last set that came for the table it runs
//! (`worker/authenticate.rs`).

use jsonwebtoken::{DecodingKey, crypto};
use supplex_engine::auth::{Denial, Unverified};
use supplex_engine::config::{Algorithm, Jwks};

/// The usable keys of one key set.
#[derive(Debug)]
pub(crate) struct KeySet {
    /// The `[auth]` table.
    pub(crate) name: Box<str>,
    /// Where they come from. A table that was changed to another place does not take them.
    pub(crate) source: Jwks,
    /// The keys; at least one.
    pub(crate) keys: Vec<Key>,
}

/// One public key.
#[derive(Debug)]
pub(crate) struct Key {
    /// Its id, if it has one.
    pub(crate) kid: Option<Box<str>>,
    /// What it may be used with; not empty.
    pub(crate) algorithms: Vec<Algorithm>,
    /// The key.
    pub(crate) key: DecodingKey,
}

/// Keys of one id that are tried. Ids are meant to be unique.
const NAMESAKES: usize = 4;

impl KeySet {
    /// Whether the signature of a token holds. A token that names no key is checked with the only one that fits.
    ///
    /// # Errors
    /// [`Denial::UnknownKey`] and [`Denial::Signature`].
    pub(crate) fn verify(&self, token: &Unverified<'_>) -> Result<(), Denial> {
        let fits = |key: &&Key| key.algorithms.contains(&token.algorithm);
        let named = |key: &&Key| token.kid.is_none() || key.kid == token.kid;
        let mut candidates = self.keys.iter().filter(fits).filter(named).take(NAMESAKES);
        match candidates.clone().count() {
            0 => return Err(Denial::UnknownKey),
            2.. if token.kid.is_none() => return Err(Denial::UnknownKey),
            _ => {}
        }
        let algorithm = library(token.algorithm);
        let holds = |key: &Key| crypto::verify(token.signature, token.signed, &key.key, algorithm).unwrap_or(false);
        if candidates.any(holds) { Ok(()) } else { Err(Denial::Signature) }
    }
}

/// The library's word for an algorithm.
fn library(algorithm: Algorithm) -> jsonwebtoken::Algorithm {
    match algorithm {
        Algorithm::EdDsa => jsonwebtoken::Algorithm::EdDSA,
        Algorithm::Es256 => jsonwebtoken::Algorithm::ES256,
        Algorithm::Es384 => jsonwebtoken::Algorithm::ES384,
        Algorithm::Rs256 => jsonwebtoken::Algorithm::RS256,
        Algorithm::Rs384 => jsonwebtoken::Algorithm::RS384,
        Algorithm::Rs512 => jsonwebtoken::Algorithm::RS512,
        Algorithm::Ps256 => jsonwebtoken::Algorithm::PS256,
        Algorithm::Ps384 => jsonwebtoken::Algorithm::PS384,
        Algorithm::Ps512 => jsonwebtoken::Algorithm::PS512,
    }
}
