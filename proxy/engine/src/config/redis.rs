//! The checked `[redis]` table: where the buckets of limits are kept when several gateways share them.

use std::fmt;
use std::time::Duration;

/// One Redis, or what stands in for it.
#[derive(Clone, PartialEq, Eq)]
pub struct Redis {
    /// Where it is, as written. May hold a password.
    pub url: Box<str>,
    /// How long an answer may take before the limits do without.
    pub timeout: Duration,
}

impl Redis {
    /// The URL without the user and the password.
    #[must_use]
    pub fn public_url(&self) -> String {
        match (self.url.split_once("://"), self.url.rsplit_once('@')) {
            (Some((scheme, _)), Some((_, place))) => format!("{scheme}://{place}"),
            _ => self.url.to_string(),
        }
    }
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redis").field("url", &self.public_url()).field("timeout", &self.timeout).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_shown() {
        let redis = |url: &str| Redis { url: url.into(), timeout: Duration::from_millis(20) };
        assert_eq!(redis("redis://u:p@s@10.0.0.1:6379/0").public_url(), "redis://10.0.0.1:6379/0");
        assert_eq!(redis("redis://10.0.0.1:6379/0").public_url(), "redis://10.0.0.1:6379/0");
        assert!(!format!("{:?}", redis("redis://:secret@h")).contains("secret"));
    }
}
