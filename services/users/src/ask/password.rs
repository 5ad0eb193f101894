//! Passwords: which are taken, by NIST SP 800-63B-4 section 3.1.1.2.
//!
//! 8 to 128 characters of any kind, no rules about their composition, nothing that everybody tries first. Hashes nothing;
//! `password.rs` beside `ask.rs` does.

use std::fmt;

use unicode_normalization::UnicodeNormalization;

use super::Email;

mod common;

/// The most bytes of a password as it is sent: 128 characters of four bytes.
pub(super) const LONGEST: usize = 512;

/// A password, in the one form of its characters that is hashed (NFKC). Never shown.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Password(String);

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password")
    }
}

impl Password {
    /// Whatever somebody claims to be a password.
    pub(crate) fn given(text: &str) -> Self {
        Self(text.nfkc().collect())
    }

    /// One that nobody has: longer than any that is taken.
    pub(crate) fn nobodys() -> Self {
        Self("nobody".repeat(LONGEST))
    }

    /// A new password of the user with this address.
    ///
    /// # Errors
    /// In words, when it should not be one.
    pub(crate) fn new(text: &str, email: Option<&Email>) -> Result<Self, &'static str> {
        let password = Self::given(text);
        if !(8..=128).contains(&password.0.chars().count()) {
            return Err("must have 8 to 128 characters");
        }
        let lower = password.0.to_lowercase();
        let own = |email: &Email| lower == email.as_str() || lower == email.local();
        if common::contains(&lower) || email.is_some_and(own) {
            return Err("is among the first that everybody tries; choose another");
        }
        Ok(password)
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_may_be_anything_but_short_endless_or_common() {
        let email = Email::parse("some.one@example.com");
        let check = |text: &str| Password::new(text, email.as_ref()).is_ok();
        for good in ["aaaa bbbb", "12345 6789 x", &"\u{1f600}".repeat(8), &"x".repeat(128), "correct horse"] {
            assert!(check(good), "{good:?}");
        }
        for wrong in
            ["", "seven77", &"x".repeat(129), "password", "PASSWORD", "12345678", "Some.One", "some.one@example.com"]
        {
            assert!(!check(wrong), "{wrong:?}");
        }
        assert_eq!(format!("{:?}", Password::given("secret")), "Password");
    }
}
