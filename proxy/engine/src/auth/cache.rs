//! Tokens that held, so that the same token costs a look-up the next time: no signature, no JSON, no allocation.
//!
//! Only verified tokens get in, so nobody can fill it with rubbish; it is found by a hash and compared in full. The room is
//! fixed: sets of four places, of which a new token takes the one that has expired or was not used for the longest time.
//! Whoever changes keys or rules makes a new cache.

use std::hash::BuildHasher;
use std::rc::Rc;

use foldhash::fast::FixedState;

use super::Identity;

/// Places that one hash may take.
const WAYS: usize = 4;
/// Sets of places; a power of two.
const SETS: usize = 256;

/// A bounded table of verified tokens.
#[derive(Debug)]
pub struct Cache {
    /// Empty until the first token, so that a cache that nobody uses has no memory.
    places: Vec<Option<Entry>>,
    hasher: FixedState,
    /// Counts uses.
    now: u64,
}

#[derive(Debug)]
struct Entry {
    hash: u64,
    token: Box<[u8]>,
    identity: Rc<Identity>,
    used: u64,
}

impl Cache {
    /// Tokens it holds at most.
    pub const MOST: usize = WAYS * SETS;

    /// An empty cache. `seed` is random, so that nobody can make tokens that push out each other.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { places: Vec::new(), hasher: FixedState::with_seed(seed), now: 0 }
    }

    /// Whose token it is, if it is known and valid `now`, in seconds since 1970. One that has expired is forgotten.
    pub fn look_up(&mut self, token: &[u8], now: u64) -> Option<Rc<Identity>> {
        let hash = self.hasher.hash_one(token);
        self.now += 1;
        let used = self.now;
        let place = self
            .set(hash)
            .iter_mut()
            .find(|place| place.as_ref().is_some_and(|entry| entry.hash == hash && *entry.token == *token))?;
        let entry = place.as_mut()?;
        if now >= entry.identity.expires() {
            *place = None;
            return None;
        }
        entry.used = used;
        Some(Rc::clone(&entry.identity))
    }

    /// Notes a token that was verified.
    pub fn insert(&mut self, token: &[u8], identity: Rc<Identity>, now: u64) {
        if self.places.is_empty() {
            self.places.resize_with(Self::MOST, || None);
        }
        let hash = self.hasher.hash_one(token);
        self.now += 1;
        let used = self.now;
        let worth = |place: &Option<Entry>| match place {
            Some(entry) if entry.hash == hash && *entry.token == *token => 0,
            None => 1,
            Some(entry) if now >= entry.identity.expires() => 2,
            Some(entry) => 2 + entry.used,
        };
        if let Some(place) = self.set(hash).iter_mut().min_by_key(|place| worth(place)) {
            *place = Some(Entry { hash, token: token.into(), identity, used });
        }
    }

    /// The tokens it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.places.iter().flatten().count()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn set(&mut self, hash: u64) -> &mut [Option<Entry>] {
        let start = (hash as usize % SETS) * WAYS;
        self.places.get_mut(start..start + WAYS).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::super::Claims;
    use super::super::claims::tests::auth;
    use super::*;

    fn identity(sub: &str, exp: u64) -> Rc<Identity> {
        let text = format!(r#"{{"iss":"supplex-users","aud":"supplex","sub":"{sub}","exp":{exp}}}"#);
        let claims = Claims::read(text.as_bytes()).expect("JSON");
        Rc::new(claims.identify(&auth(), 0).expect("valid"))
    }

    #[test]
    fn a_token_is_known_until_it_expires() {
        let mut cache = Cache::new(1);
        assert!(cache.look_up(b"a.b.c", 0).is_none());
        cache.insert(b"a.b.c", identity("ann", 100), 0);
        let claim = |cache: &mut Cache, token: &[u8], now| {
            cache.look_up(token, now).and_then(|identity| identity.claim("sub").map(str::to_owned))
        };
        assert_eq!(claim(&mut cache, b"a.b.c", 129), Some("ann".into()), "with the leeway");
        assert_eq!(claim(&mut cache, b"a.b.d", 5), None);
        assert_eq!(claim(&mut cache, b"a.b.c", 130), None);
        assert!(cache.is_empty());
    }

    #[test]
    fn the_room_is_bounded_and_what_is_used_stays() {
        let mut cache = Cache::new(7);
        cache.insert(b"kept", identity("kept", 100), 0);
        for number in 0..20_000 {
            cache.insert(format!("token {number}").as_bytes(), identity("x", 100), 0);
            assert!(cache.look_up(b"kept", 0).is_some(), "{number}");
        }
        assert!(cache.len() <= Cache::MOST && cache.len() > Cache::MOST / 2);
        let before = cache.len();
        cache.insert(b"kept", identity("kept", 100), 0);
        assert_eq!(cache.len(), before, "the same token has one place");
    }
}
