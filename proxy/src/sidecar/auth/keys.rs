//! Makes keys of a JSON Web Key Set (RFC 7517). Keys that cannot be used for checking signatures are left out, one by one;
//! a shared secret never becomes a key, whatever it calls itself.

use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyOperations, PublicKeyUse};
use serde_json::Value;
use supplex_engine::config::Algorithm;

use crate::link::Key;

/// Keys of one set that are looked at.
const KEYS_MOST: usize = 64;
/// The shortest RSA modulus in bytes (RFC 7518 section 3.3).
const MODULUS_LEAST: usize = 256;

/// What came of a set.
#[derive(Debug)]
pub(super) struct Read {
    /// The keys that can be used; at least one.
    pub(super) keys: Vec<Key>,
    /// How many cannot be.
    pub(super) ignored: usize,
}

/// Reads a set.
///
/// # Errors
/// What is wrong with it, for a person.
pub(super) fn read(content: &[u8]) -> Result<Read, String> {
    let mut set: Value = serde_json::from_slice(content).map_err(|error| format!("not JSON: {error}"))?;
    let Some(Value::Array(list)) = set.get_mut("keys").map(Value::take) else {
        return Err("not a JSON Web Key Set: it has no list `keys`".to_owned());
    };
    let total = list.len();
    let keys: Vec<Key> = list.into_iter().take(KEYS_MOST).filter_map(usable).collect();
    if keys.is_empty() {
        return Err(format!("none of its {total} keys can be used"));
    }
    let ignored = total - keys.len();
    Ok(Read { keys, ignored })
}

fn usable(value: Value) -> Option<Key> {
    // What RFC 7517 section 4.4 calls the algorithm also names encryptions, which the library may not know.
    let named = match value.get("alg") {
        None => None,
        Some(word) => Some(Algorithm::named(word.as_str()?)?),
    };
    let jwk: Jwk = serde_json::from_value(value).ok()?;
    let common = &jwk.common;
    if common.public_key_use.as_ref().is_some_and(|wanted| *wanted != PublicKeyUse::Signature) {
        return None;
    }
    if common.key_operations.as_ref().is_some_and(|allowed| !allowed.contains(&KeyOperations::Verify)) {
        return None;
    }
    let key = DecodingKey::from_jwk(&jwk).ok()?;
    let has_length = |length: usize| key.try_get_as_bytes().is_ok_and(|bytes| bytes.len() == length);
    let mut algorithms = match &jwk.algorithm {
        AlgorithmParameters::OctetKeyPair(pair) if pair.curve == EllipticCurve::Ed25519 && has_length(32) => {
            vec![Algorithm::EdDsa]
        }
        // An uncompressed point: a byte and two coordinates.
        AlgorithmParameters::EllipticCurve(point) => match point.curve {
            EllipticCurve::P256 if has_length(65) => vec![Algorithm::Es256],
            EllipticCurve::P384 if has_length(97) => vec![Algorithm::Es384],
            _ => return None,
        },
        // Four characters of base64url are three bytes.
        AlgorithmParameters::RSA(rsa) if rsa.n.len() * 3 / 4 >= MODULUS_LEAST => vec![
            Algorithm::Rs256,
            Algorithm::Rs384,
            Algorithm::Rs512,
            Algorithm::Ps256,
            Algorithm::Ps384,
            Algorithm::Ps512,
        ],
        _ => return None,
    };
    algorithms.retain(|algorithm| named.is_none_or(|named| named == *algorithm));
    let kid = common.key_id.as_deref().map(Into::into);
    (!algorithms.is_empty()).then_some(Key { kid, algorithms, key })
}

#[cfg(test)]
mod tests {
    use super::*;

    const X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

    fn read_keys(keys: &str) -> Result<Read, String> {
        read(format!(r#"{{"keys":[{keys}]}}"#).as_bytes())
    }

    #[test]
    fn public_keys_for_signatures_are_used() {
        let good = format!(
            r#"{{"kty":"OKP","crv":"Ed25519","x":"{X}","kid":"a","alg":"EdDSA","use":"sig"}},
               {{"kty":"OKP","crv":"Ed25519","x":"{X}","key_ops":["verify"]}}"#
        );
        let read = read_keys(&good).expect("a set");
        let ids: Vec<_> = read.keys.iter().map(|key| key.kid.as_deref()).collect();
        assert_eq!((ids, read.ignored), (vec![Some("a"), None], 0));
        assert!(read.keys.iter().all(|key| key.algorithms == [Algorithm::EdDsa]));
    }

    #[test]
    fn a_key_fits_its_kind_and_what_it_says_of_itself() {
        // 256 bytes in base64url: the last of 342 characters has four bits to spare, which must be 0.
        let modulus = format!("{}w", "v".repeat(341));
        let rsa = |more: &str| format!(r#"{{"kty":"RSA","n":"{modulus}","e":"AQAB"{more}}}"#);
        let algorithms = |key: &str| read_keys(key).map(|read| read.keys[0].algorithms.clone());
        assert_eq!(algorithms(&rsa("")).map(|all| all.len()), Ok(6));
        assert_eq!(algorithms(&rsa(r#","alg":"PS256""#)), Ok(vec![Algorithm::Ps256]));
        assert!(algorithms(&rsa(r#","alg":"EdDSA""#)).is_err());
    }

    #[test]
    fn others_are_left_out() {
        let odd = [
            r#"{"kty":"oct","k":"c2VjcmV0","alg":"HS256"}"#.to_owned(),
            r#"{"kty":"oct","k":"c2VjcmV0"}"#.to_owned(),
            format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{X}","use":"enc"}}"#),
            format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{X}","key_ops":["encrypt"]}}"#),
            format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{X}","alg":"HS256"}}"#),
            format!(r#"{{"kty":"OKP","crv":"X25519","x":"{X}"}}"#),
            r#"{"kty":"OKP","crv":"Ed25519","x":"AAAA"}"#.to_owned(),
            r#"{"kty":"RSA","n":"AAAA","e":"AQAB"}"#.to_owned(),
            r#"{"kty":"EC","crv":"P-256","x":"AAAA","y":"AAAA"}"#.to_owned(),
            "7".to_owned(),
        ];
        for key in &odd {
            assert!(read_keys(key).is_err(), "{key}");
        }
        let mixed = format!(r#"{},{{"kty":"OKP","crv":"Ed25519","x":"{X}"}}"#, odd.join(","));
        let read = read_keys(&mixed).expect("one is left");
        assert_eq!((read.keys.len(), read.ignored), (1, odd.len()));
        for bad in ["", "[]", "{}", r#"{"keys":{}}"#, r#"{"keys":[]}"#] {
            assert!(super::read(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
