//! A token before it is verified: three parts (RFC 7515 section 7.1), of which the first says how the last was made.
//!
//! Nothing of it is to be believed yet. What the header says only chooses among the keys and algorithms that the
//! configuration and the key set allow.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use super::Denial;
use crate::config::Algorithm;

/// The most bytes of a token.
pub const TOKEN_MOST: usize = 8 * 1024;
/// The most bytes of a key id.
const KID_MOST: usize = 256;

/// A token that was taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unverified<'a> {
    /// How it says that it is signed.
    pub algorithm: Algorithm,
    /// The id of the key that it says to be signed with.
    pub kid: Option<Box<str>>,
    /// What the signature is over: the first two parts with their dot.
    pub signed: &'a [u8],
    /// The signature, in base64url.
    pub signature: &'a str,
    payload: &'a str,
}

/// What is looked at of a JOSE header. Serde refuses a member that stands there twice.
#[derive(Deserialize)]
struct Header {
    alg: Box<str>,
    #[serde(default)]
    kid: Option<Box<str>>,
    #[serde(default)]
    crit: Option<serde::de::IgnoredAny>,
}

impl<'a> Unverified<'a> {
    /// Takes a token apart.
    ///
    /// # Errors
    /// [`Denial::TooLong`], [`Denial::Malformed`], or [`Denial::Algorithm`] when it is signed in a way that nobody can
    /// allow, such as not at all.
    pub fn read(token: &'a [u8]) -> Result<Self, Denial> {
        if token.len() > TOKEN_MOST {
            return Err(Denial::TooLong);
        }
        let text = std::str::from_utf8(token).map_err(|_| Denial::Malformed)?;
        let mut parts = text.split('.');
        let (Some(header), Some(payload), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(Denial::Malformed);
        };
        if header.is_empty() || payload.is_empty() {
            return Err(Denial::Malformed);
        }
        let Header { alg, kid, crit } = serde_json::from_slice(&decode(header)?).map_err(|_| Denial::Malformed)?;
        let algorithm = Algorithm::named(&alg).ok_or(Denial::Algorithm)?;
        // RFC 7515 section 4.1.11: whoever does not understand a critical extension refuses; none is understood here.
        if crit.is_some() || signature.is_empty() || kid.as_ref().is_some_and(|kid| kid.len() > KID_MOST) {
            return Err(Denial::Malformed);
        }
        let signed = token.get(..header.len() + 1 + payload.len()).ok_or(Denial::Malformed)?;
        Ok(Self { algorithm, kid, signed, signature, payload })
    }

    /// The claims as JSON. To be looked at only once the signature holds.
    ///
    /// # Errors
    /// [`Denial::Malformed`] when they are not base64url.
    pub fn payload(&self) -> Result<Vec<u8>, Denial> {
        decode(self.payload)
    }
}

/// Strict base64url without padding: a text has one form only, so that one token cannot be many.
fn decode(part: &str) -> Result<Vec<u8>, Denial> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| Denial::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(header: &str, payload: &str) -> String {
        format!("{}.{}.c2ln", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload))
    }

    #[test]
    fn a_token_has_three_parts() {
        let text = token(r#"{"typ":"JWT","alg":"EdDSA","kid":"k1"}"#, "{}");
        let read = Unverified::read(text.as_bytes()).expect("well formed");
        assert_eq!((read.algorithm, read.kid.as_deref(), read.signature), (Algorithm::EdDsa, Some("k1"), "c2ln"));
        assert_eq!(read.signed, text.strip_suffix(".c2ln").expect("the signature").as_bytes());
        assert_eq!(read.payload(), Ok(b"{}".to_vec()));
    }

    #[test]
    fn no_signature_and_shared_secrets_are_not_even_words() {
        for alg in ["none", "None", "HS256", "HS512", "eddsa", "RSA-OAEP", ""] {
            let text = token(&format!(r#"{{"alg":"{alg}"}}"#), "{}");
            assert_eq!(Unverified::read(text.as_bytes()), Err(Denial::Algorithm), "{alg}");
        }
    }

    #[test]
    fn anything_else_is_malformed() {
        let whole = token(r#"{"alg":"EdDSA"}"#, "{}");
        let unsigned = whole.replace("c2ln", "");
        let more = format!("{whole}.x");
        let odd = format!("!{whole}");
        let padded = whole.replacen('.', "=.", 1);
        let critical = token(r#"{"alg":"EdDSA","crit":["b64"],"b64":false}"#, "{}");
        let twice = token(r#"{"alg":"EdDSA","alg":"none"}"#, "{}");
        let long = token(&format!(r#"{{"alg":"EdDSA","kid":"{}"}}"#, "k".repeat(KID_MOST + 1)), "{}");
        let list = token("[]", "{}");
        for bad in ["", "a", "a.b", "..", "a.b.c", &unsigned, &more, &odd, &padded, &critical, &twice, &long, &list] {
            assert_eq!(Unverified::read(bad.as_bytes()), Err(Denial::Malformed), "{bad}");
        }
    }
}
