//! A secret of the settings that others have to know, such as the token of an admin.
//!
//! Keeps only the digest, and compares digests in constant time, so that neither a crash nor a clock tells what the secret
//! is. Where to read on: `service_token.rs` for the one that all services have.

use ctutils::CtEq;
use sha2::{Digest, Sha256};

/// The fewest characters of a secret that is worth the name.
const SHORTEST: usize = 16;

/// The digest of a secret.
#[derive(Clone)]
pub struct Secret([u8; 32]);

impl Secret {
    /// Reads a secret from the settings: at least 16 visible ASCII characters.
    ///
    /// # Errors
    /// In words, when nobody could send it or anybody could guess it.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.len() < SHORTEST || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(format!("must have at least {SHORTEST} visible ASCII characters and no spaces"));
        }
        Ok(Self(digest(text)))
    }

    /// Whether `given` is the secret. Takes as long whether it is or not.
    #[must_use]
    pub fn is(&self, given: &str) -> bool {
        digest(given).ct_eq(&self.0).to_bool()
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_secret_itself_is_it() {
        let secret = Secret::parse("0123456789abcdef").expect("a secret");
        assert!(secret.is("0123456789abcdef"));
        for wrong in ["", "0123456789abcdee", "0123456789abcde", "0123456789abcdef0", "0123456789ABCDEF"] {
            assert!(!secret.is(wrong), "{wrong}");
        }
        assert_eq!(format!("{secret:?}"), "Secret");
    }

    #[test]
    fn secrets_that_anybody_could_guess_are_refused() {
        for wrong in ["", "secret", "0123456789abcde", "0123456789 abcdef", "0123456789abcdefé"] {
            assert!(Secret::parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
