//! Tokens as secrets and signatures: access tokens are signed here, refresh tokens are made here.
//!
//! A refresh token is 256 random bits, so its hash needs neither a salt nor time: nobody can guess it, and SHA-256 cannot
//! be turned round. Which refresh tokens are good is decided in `store/families.rs`.

use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use sha2::{Digest, Sha256};
use supplex_kit::identity::{AUDIENCE, Claims, ISSUER, Role};
use uuid::Uuid;

/// The system gave no random numbers, or a key does not sign.
#[derive(Debug)]
pub(crate) struct Failure(pub(crate) &'static str);

/// A refresh token that was made just now, and what is kept of it.
pub(crate) struct Fresh {
    /// For the client alone.
    pub(crate) token: String,
    /// For the database.
    pub(crate) hash: Vec<u8>,
}

impl Fresh {
    /// A new token.
    ///
    /// # Errors
    /// When the system gives no random numbers.
    pub(crate) fn new() -> Result<Self, Failure> {
        let mut bytes = [0; 32];
        rand::fill(&mut bytes).map_err(|_| Failure("no random numbers"))?;
        Ok(Self { token: URL_SAFE_NO_PAD.encode(bytes), hash: Sha256::digest(bytes).to_vec() })
    }
}

/// What the database knows a token by. `None` if it never was one.
pub(crate) fn hash(token: &str) -> Option<Vec<u8>> {
    let mut bytes = [0; 32];
    match URL_SAFE_NO_PAD.decode_slice(token, &mut bytes) {
        Ok(32) => Some(Sha256::digest(bytes).to_vec()),
        _ => None,
    }
}

/// An access token for a user, signed with the key `kid`, good for so many seconds.
///
/// # Errors
/// When the key does not sign.
pub(crate) fn access(user: Uuid, role: Role, seconds: u32, kid: &str, key: &EncodingKey) -> Result<String, Failure> {
    let iat = Timestamp::now().as_second();
    let claims = Claims {
        iss: ISSUER.to_owned(),
        aud: AUDIENCE.to_owned(),
        sub: user,
        role,
        iat,
        exp: iat + i64::from(seconds),
        jti: Uuid::now_v7(),
    };
    let header = Header { kid: Some(kid.to_owned()), ..Header::new(Algorithm::EdDSA) };
    jsonwebtoken::encode(&header, &claims, key).map_err(|_| Failure("a key does not sign"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_known_by_its_hash_and_nonsense_is_no_token() {
        let (one, other) = (Fresh::new().expect("one"), Fresh::new().expect("another"));
        assert_ne!(one.token, other.token);
        assert_eq!((one.token.len(), hash(&one.token)), (43, Some(one.hash)));
        for wrong in ["", "x", &one.token[1..], &format!("{}A", one.token), &"=".repeat(43), &"A".repeat(9000)] {
            assert_eq!(hash(wrong), None, "{wrong:?}");
        }
    }
}
