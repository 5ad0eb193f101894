//! The keys that sign access tokens, as one process knows them.
//!
//! ```text
//!            published           signs              verifies only           removed
//! key 1      ──────────┬───────────────────────────┬───────────────────────┐
//! key 2                └ rotate ── published ──────┴─ signs ...            │
//!                        KEY_ANNOUNCE_SECONDS        its tokens' lifetime ─┘
//! ```
//!
//! The database has the keys and the times (`store/keys.rs`); all processes read them every so often, so whichever of
//! them rotated, all sign with the new key from the same moment on, and by then everybody has it. Times are counted by
//! the database's clock: a key carries how far away its moment was when it was read.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::EncodingKey;
use supplex_kit::database::QueryError;
use supplex_kit::identity::{KeySet, KeySource, PublicKey, SourceError};

use crate::store::Store;
use crate::store::keys::StoredKey;

/// The keys. Clones are the same.
#[derive(Clone)]
pub(crate) struct Ring(Arc<Shared>);

struct Shared {
    store: Store,
    known: RwLock<Known>,
}

struct Known {
    keys: Vec<Key>,
    read: Instant,
}

struct Key {
    public: PublicKey,
    private: EncodingKey,
    /// Seconds from `Known::read` until it signs; negative if it did by then.
    signs_in: f64,
    /// Seconds from `Known::read` until it is removed.
    ends_in: Option<f64>,
}

impl Ring {
    /// Reads the keys, of which there must be one that signs.
    ///
    /// # Errors
    /// When the database does not give them.
    pub(crate) async fn read(store: Store) -> Result<Self, QueryError> {
        let known = RwLock::new(Known { keys: Vec::new(), read: Instant::now() });
        let ring = Self(Arc::new(Shared { store, known }));
        ring.reload().await?;
        Ok(ring)
    }

    /// Reads the keys anew.
    ///
    /// # Errors
    /// When the database does not give them; those that were known stay.
    pub(crate) async fn reload(&self) -> Result<(), QueryError> {
        let read = Instant::now();
        let keys = self.0.store.keys().await?.into_iter().map(Key::from).collect();
        *self.0.known.write().unwrap_or_else(PoisonError::into_inner) = Known { keys, read };
        Ok(())
    }

    /// Reads the keys anew every `interval`, for ever.
    pub(crate) async fn follow(self, interval: Duration) {
        loop {
            tokio::time::sleep(interval).await;
            if let Err(error) = self.reload().await {
                tracing::warn!(%error, "the keys cannot be read; those known stay in use");
            }
        }
    }

    /// The key that signs now.
    pub(crate) fn signing(&self) -> Option<(String, EncodingKey)> {
        let known = self.0.known.read().unwrap_or_else(PoisonError::into_inner);
        known.signing(known.read.elapsed().as_secs_f64()).map(|key| (key.public.kid.clone(), key.private.clone()))
    }

    /// The keys that verify now, and those that will soon.
    pub(crate) fn public(&self) -> KeySet {
        let known = self.0.known.read().unwrap_or_else(PoisonError::into_inner);
        let now = known.read.elapsed().as_secs_f64();
        let verifies = |key: &&Key| key.ends_in.is_none_or(|end| end > now);
        KeySet { keys: known.keys.iter().filter(verifies).map(|key| key.public.clone()).collect() }
    }
}

impl Known {
    fn signing(&self, now: f64) -> Option<&Key> {
        let began = self.keys.iter().filter(|key| key.signs_in <= now);
        began.max_by(|one, other| one.signs_in.total_cmp(&other.signs_in))
    }
}

impl From<StoredKey> for Key {
    fn from(stored: StoredKey) -> Self {
        Self {
            public: PublicKey::ed25519(stored.kid, URL_SAFE_NO_PAD.encode(stored.public_key)),
            private: EncodingKey::from_ed_der(&stored.private_key),
            signs_in: stored.signs_in,
            ends_in: stored.ends_in,
        }
    }
}

impl KeySource for Ring {
    fn keys(&self) -> Pin<Box<dyn Future<Output = Result<KeySet, SourceError>> + Send + '_>> {
        Box::pin(async move {
            if let Err(error) = self.reload().await {
                tracing::warn!(%error, "the keys cannot be read; those known stay in use");
            }
            Ok(self.public())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_youngest_key_that_has_begun_signs() {
        let key = |kid: &str, signs_in, ends_in| {
            let (public_key, private_key) = (vec![0; 32], Vec::new());
            Key::from(StoredKey { kid: kid.into(), public_key, private_key, signs_in, ends_in })
        };
        let keys = vec![key("new", 10.0, None), key("old", -500.0, Some(-1.0)), key("now", -90.0, Some(900.0))];
        let known = Known { keys, read: Instant::now() };
        let at = |now: f64| known.signing(now).map(|key| key.public.kid.as_str());
        assert_eq!((at(0.0), at(9.9), at(10.0)), (Some("now"), Some("now"), Some("new")));
        assert_eq!(at(-1000.0), None);
    }
}
