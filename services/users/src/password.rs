//! Passwords: hashing and comparing them, a few at a time.
//!
//! Argon2id (RFC 9106) with 19 MiB, two passes and one lane: the first choice of OWASP's Password Storage Cheat Sheet, and
//! about 20 ms of a core. That is what makes guessing dear, and a storm of logins dear for us. So at most
//! `PASSWORD_HASHES` are under way at once, on threads of their own, eight times as many wait, none of them longer than
//! `PASSWORD_WAIT_MS`, and everybody else gets 503 at once. A request whose client has left is not begun.
//!
//! Who logs in as somebody that does not exist has their password compared with a hash that nobody knows the password
//! of: the same work, so that the time says nothing. Never logs a password, and never decides which are good: `ask.rs`
//! does.

use std::sync::Arc;
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{self, PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use supplex_kit::Problem;
use tokio::sync::Semaphore;

use crate::ask::Password;
use crate::counters::{Counters, Work};
use crate::settings::HashLimits;

/// Memory in KiB, passes, lanes.
const COST: (u32, u32, u32) = (19 * 1024, 2, 1);

/// How many may wait for each that is under way.
const WAITING: usize = 8;

/// Why a password was not dealt with.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Too many others want the same.
    Busy,
    /// The library refused, or the thread died.
    Broken,
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Busy => {
                Problem::unavailable("password.busy", "Too many passwords are being checked. Try again in a moment.")
            }
            Failure::Broken => Problem::internal(),
        }
    }
}

/// Hashes passwords. Clones share their limits.
#[derive(Clone)]
pub(crate) struct Passwords {
    under_way: Arc<Semaphore>,
    /// Places for those under way and those that wait.
    places: Arc<Semaphore>,
    wait: Duration,
    /// What passwords of nobody are compared with.
    nobodys: Arc<str>,
    counters: Counters,
}

fn argon2() -> Result<Argon2<'static>, Failure> {
    let (memory, passes, lanes) = COST;
    let params = Params::new(memory, passes, lanes, None).map_err(|_| Failure::Broken)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// The hash of a password, on this thread.
///
/// # Errors
/// When the library refuses.
pub(crate) fn hash_here(password: &Password) -> Result<String, Failure> {
    let hash: PasswordHash = argon2()?.hash_password(password.bytes()).map_err(|error| broken(&error))?;
    Ok(hash.to_string())
}

/// The same with a salt that is not random, for what is not secret.
///
/// # Errors
/// When the library refuses.
pub(crate) fn hash_with_salt(password: &Password, salt: &[u8]) -> Result<String, Failure> {
    let hash: PasswordHash =
        argon2()?.hash_password_with_salt(password.bytes(), salt).map_err(|error| broken(&error))?;
    Ok(hash.to_string())
}

fn broken(error: &password_hash::Error) -> Failure {
    tracing::error!(%error, "a password cannot be hashed");
    Failure::Broken
}

fn verify_here(password: &Password, hash: &str) -> Result<bool, Failure> {
    let parsed = PasswordHash::new(hash).map_err(|error| {
        tracing::error!(%error, "the database holds what is no hash");
        Failure::Broken
    })?;
    // The parameters are those of the hash, so that older ones stay good when they are raised.
    match argon2()?.verify_password(password.bytes(), &parsed) {
        Ok(()) => Ok(true),
        Err(password_hash::Error::PasswordInvalid) => Ok(false),
        Err(error) => Err(broken(&error)),
    }
}

impl Passwords {
    /// Hashing within `limits`. Hashes once, to have something to compare with.
    ///
    /// # Errors
    /// When the library refuses.
    pub(crate) fn new(limits: HashLimits, counters: Counters) -> Result<Self, Failure> {
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        let at_once = limits.password_hashes.map_or_else(cores, usize::from);
        Ok(Self {
            under_way: Arc::new(Semaphore::new(at_once)),
            places: Arc::new(Semaphore::new(at_once * (1 + WAITING))),
            wait: Duration::from_millis(limits.password_wait_ms.into()),
            nobodys: hash_here(&Password::nobodys())?.into(),
            counters,
        })
    }

    /// The hash of a new password.
    ///
    /// # Errors
    /// When there is no room for it now.
    pub(crate) async fn hash(&self, password: Password) -> Result<String, Failure> {
        self.run(Work::Hash, move || hash_here(&password)).await
    }

    /// Whether `password` is the one of `hash`. Without a hash the answer is no, after the same work.
    ///
    /// # Errors
    /// When there is no room for it now.
    pub(crate) async fn verify(&self, password: Password, hash: Option<&str>) -> Result<bool, Failure> {
        let known = hash.is_some();
        let hash = hash.map_or_else(|| Arc::clone(&self.nobodys), Arc::from);
        Ok(self.run(Work::Verify, move || verify_here(&password, &hash)).await? && known)
    }

    async fn run<T: Send + 'static>(
        &self,
        kind: Work,
        work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let busy = || {
            self.counters.busy.inc();
            Failure::Busy
        };
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| busy())?;
        let turn = tokio::time::timeout(self.wait, Arc::clone(&self.under_way).acquire_owned()).await;
        let Ok(Ok(turn)) = turn else { return Err(busy()) };
        self.counters.work(kind);
        // The thread holds on to the place: it works on even when nobody waits for it any more.
        let done = tokio::task::spawn_blocking(move || {
            let _held = (place, turn);
            work()
        });
        done.await.unwrap_or(Err(Failure::Broken))
    }
}

#[cfg(test)]
mod tests {
    use supplex_kit::Metrics;

    use super::*;

    fn passwords(at_once: u16, wait_ms: u32) -> Passwords {
        let counters = Counters::new(&Metrics::new().expect("metrics")).expect("counters");
        let limits = HashLimits { password_hashes: Some(at_once), password_wait_ms: wait_ms };
        Passwords::new(limits, counters).expect("hashes")
    }

    fn password(text: &str) -> Password {
        Password::given(text)
    }

    #[tokio::test]
    async fn only_the_right_password_matches_and_nobodys_never_does() {
        let passwords = passwords(2, 60_000);
        let hash = passwords.hash(password("correct horse")).await.expect("a hash");
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert_ne!(hash, passwords.hash(password("correct horse")).await.expect("a hash"), "a salt for each");
        let verify = async |text: &str, hash: Option<&str>| passwords.verify(password(text), hash).await.expect("one");
        assert!(verify("correct horse", Some(&hash)).await);
        assert!(!verify("correct horsf", Some(&hash)).await);
        assert!(!verify("correct horse", None).await);
        // The same characters, composed in another way.
        let composed = passwords.hash(password("caf\u{e9} noir")).await.expect("a hash");
        assert!(verify("cafe\u{301} noir", Some(&composed)).await);
    }

    #[tokio::test]
    async fn a_storm_is_refused_and_not_queued_for_ever() {
        let passwords = passwords(1, 60_000);
        let held = Arc::clone(&passwords.under_way).acquire_owned().await.expect("the only turn");
        // Eight wait besides the one under way, and the ninth place is theirs too while nobody has it.
        let waiting: Vec<_> = (0..9)
            .map(|_| {
                let passwords = passwords.clone();
                tokio::spawn(async move { passwords.verify(password("x"), None).await })
            })
            .collect();
        while passwords.places.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert!(matches!(passwords.hash(password("y")).await, Err(Failure::Busy)), "at once");
        drop(held);
        for task in waiting {
            assert!(matches!(task.await, Ok(Ok(false))));
        }
        assert!(passwords.hash(password("y")).await.is_ok());
    }

    #[tokio::test]
    async fn nobody_waits_longer_than_allowed() {
        let passwords = passwords(1, 1);
        let _held = Arc::clone(&passwords.under_way).acquire_owned().await.expect("the only turn");
        assert!(matches!(passwords.hash(password("y")).await, Err(Failure::Busy)));
        assert_eq!(passwords.places.available_permits(), 9, "the place is free again");
    }
}
