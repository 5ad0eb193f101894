//! A wish with the key under which it is fulfilled once.

use axum::http::HeaderMap;
use sha2::{Digest, Sha256};
use supplex_kit::{FieldError, Problem};

use super::reservation::Wish;

/// A wish with its key.
#[derive(Clone, Debug)]
pub(crate) struct Ticket {
    /// The `Idempotency-Key`.
    pub(crate) key: String,
    /// The same for the same wish, however its JSON was written.
    pub(crate) fingerprint: Vec<u8>,
    pub(crate) wish: Wish,
}

impl Ticket {
    /// `wish` under the key in `headers`.
    ///
    /// # Errors
    /// When there is no key, or it cannot be one.
    pub(crate) fn new(headers: &HeaderMap, wish: Wish) -> Result<Self, Problem> {
        let mut keys = headers.get_all("idempotency-key").iter();
        let key = match (keys.next().map(|key| key.to_str()), keys.next()) {
            (Some(Ok(key)), None) if (1..=255).contains(&key.len()) => key.to_owned(),
            _ => {
                let detail = "must be there once, with 1 to 255 visible ASCII characters";
                return Err(Problem::invalid(vec![FieldError::new("Idempotency-Key", detail)]));
            }
        };
        let json = serde_json::to_vec(&wish).map_err(|_| Problem::internal())?;
        Ok(Self { key, fingerprint: Sha256::digest(&json).to_vec(), wish })
    }
}

#[cfg(test)]
mod tests {
    use super::super::reservation;
    use super::*;

    fn ticket(body: &str) -> Ticket {
        let headers = HeaderMap::from_iter([(
            axum::http::HeaderName::from_static("idempotency-key"),
            axum::http::HeaderValue::from_static("k"),
        )]);
        Ticket::new(&headers, reservation::wish(body.as_bytes()).expect("a wish")).expect("a ticket")
    }

    #[test]
    fn the_same_wish_has_the_same_fingerprint_however_it_is_written() {
        let id = uuid::Uuid::nil();
        let one = ticket(&format!(r#"{{"items":[{{"product":"{id}","quantity":1}}]}}"#));
        let same = ticket(&format!(r#"{{"ttl_seconds": 600, "items": [{{"quantity": 1, "product": "{id}"}}]}}"#));
        let other = ticket(&format!(r#"{{"items":[{{"product":"{id}","quantity":2}}]}}"#));
        assert_eq!(one.fingerprint, same.fingerprint);
        assert_ne!(one.fingerprint, other.fingerprint);
    }

    #[test]
    fn there_must_be_one_key() {
        let wish = ticket(&format!(r#"{{"items":[{{"product":"{}","quantity":1}}]}}"#, uuid::Uuid::nil())).wish;
        assert!(Ticket::new(&HeaderMap::new(), wish).is_err());
    }
}
