//! What can be set, besides what every service takes: how long things live, and how much hashing goes on at once.

use std::time::Duration;

use clap::Args;

/// How long tokens and keys live.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Lifetimes {
    /// How long an access token is good, in seconds; nothing can revoke one earlier
    #[arg(long, env = "ACCESS_TOKEN_SECONDS", value_name = "S", default_value = "900",
          value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub(crate) access_token_seconds: u32,

    /// How long a refresh token is good when it is not used, in seconds
    #[arg(long, env = "REFRESH_TOKEN_SECONDS", value_name = "S", default_value = "1209600",
          value_parser = clap::value_parser!(u32).range(1..=31_536_000))]
    pub(crate) refresh_token_seconds: u32,

    /// How long refreshing can go on after one login, in seconds
    #[arg(long, env = "SESSION_SECONDS", value_name = "S", default_value = "7776000",
          value_parser = clap::value_parser!(u32).range(1..=31_536_000))]
    pub(crate) session_seconds: u32,

    /// For how long after its use a refresh token is only refused when it comes again; later, its whole family is revoked
    #[arg(long, env = "REFRESH_GRACE_SECONDS", value_name = "S", default_value = "0",
          value_parser = clap::value_parser!(u32).range(0..=60))]
    pub(crate) refresh_grace_seconds: u32,

    #[command(flatten)]
    pub(crate) keys: KeyTimes,
}

/// How a new key takes over from the one before.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct KeyTimes {
    /// How long a new key is published before it signs, in seconds; longer than anybody keeps keys without asking again
    #[arg(long, env = "KEY_ANNOUNCE_SECONDS", value_name = "S", default_value = "600",
          value_parser = clap::value_parser!(u32).range(0..=86_400))]
    pub(crate) key_announce_seconds: u32,
}

impl KeyTimes {
    /// How often each process looks for new keys in the database.
    pub(crate) fn reload(self) -> Duration {
        Duration::from_secs(u64::from(self.key_announce_seconds)).div_f64(4.0).clamp(SHORTEST, LONGEST)
    }

    /// How long others may keep the keys, in seconds: together with `reload`, less than the announcement.
    pub(crate) fn max_age(self) -> u32 {
        self.key_announce_seconds / 2
    }
}

const SHORTEST: Duration = Duration::from_millis(200);
const LONGEST: Duration = Duration::from_secs(30);

/// How much hashing goes on at once.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct HashLimits {
    /// The most passwords that are hashed at once, each in 19 MiB and on a core of its own [default: as many as cores]
    #[arg(long, env = "PASSWORD_HASHES", value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) password_hashes: Option<u16>,

    /// How long a request waits for its turn until it gets 503, in milliseconds
    #[arg(long, env = "PASSWORD_WAIT_MS", value_name = "MS", default_value = "1000",
          value_parser = clap::value_parser!(u32).range(1..=60_000))]
    pub(crate) password_wait_ms: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_knows_a_key_before_it_signs() {
        for seconds in [2, 60, 600, 86_400] {
            let times = KeyTimes { key_announce_seconds: seconds };
            let latest = times.reload().as_secs_f64() + f64::from(times.max_age());
            assert!(latest < f64::from(seconds), "{seconds}: {latest}");
        }
    }
}
