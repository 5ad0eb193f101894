//! What a client is told about its limits: `RateLimit-Policy`, `RateLimit` and `Retry-After`.
//!
//! The first two are structured fields of the IETF draft "RateLimit header fields for HTTP", version 11: a policy per
//! limit with its quota `q` and window `w` in seconds, and what is left of it, `r`, with the seconds `t` until it is whole
//! again. A bucket of `burst` tokens is a quota of that many in the time in which it fills. Seconds are rounded up, so
//! that a client that waits as it is told has waited long enough.

use super::{Balance, CHARGES_MOST, Shape};
use crate::config::{Limit, LimitId};

const SECOND: u64 = 1_000_000_000;

/// What a request's client is told: the limits that it was charged to, and the one that refused it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Told {
    lines: [Option<Line>; CHARGES_MOST],
    refused: Option<(LimitId, u32)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Line {
    limit: LimitId,
    remaining: u32,
    reset: u32,
}

impl Told {
    /// Adds a limit with its balance. A refusal by several is told as the one that lasts longest.
    pub fn add(&mut self, limit: LimitId, balance: &Balance) {
        let line = Line { limit, remaining: balance.remaining, reset: seconds(balance.full_after) };
        if let Some(free) = self.lines.iter_mut().find(|line| line.is_none()) {
            *free = Some(line);
        }
        if !balance.covered {
            // RFC 9110 section 10.2.3: 0 would mean at once.
            let wait = seconds(balance.retry_after).max(1);
            if self.refused.is_none_or(|(_, longest)| wait > longest) {
                self.refused = Some((limit, wait));
            }
        }
    }

    /// The limit that refused the request, and after how many seconds another may pass; at least 1.
    #[must_use]
    pub fn refused(&self) -> Option<(LimitId, u32)> {
        self.refused
    }

    /// Whether there is nothing to tell.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lines.iter().all(Option::is_none)
    }
}

/// What a client is told, with the limits that it is about.
#[derive(Clone, Copy, Debug)]
pub struct Limited<'a> {
    /// What is told.
    pub told: &'a Told,
    /// The snapshot's limits.
    pub limits: &'a [Limit],
}

impl<'a> Limited<'a> {
    /// The name of the limit that refused the request, and the seconds to wait.
    #[must_use]
    pub fn refused(&self) -> Option<(&'a str, u32)> {
        let (limit, seconds) = self.told.refused?;
        Some((&*self.limits.get(limit.index())?.name, seconds))
    }

    /// Appends the value of `RateLimit-Policy`.
    pub fn write_policy(&self, out: &mut Vec<u8>) {
        self.write(out, b", ", |out, limit, _| {
            number(out, b";q=", limit.burst.into());
            number(out, b";w=", seconds(Shape::of(limit).capacity()).max(1).into());
        });
    }

    /// Appends the value of `RateLimit`.
    pub fn write_state(&self, out: &mut Vec<u8>) {
        self.write(out, b", ", left);
    }

    /// Appends the same as an inner list (RFC 9651 section 3.1.1).
    pub fn write_inner_list(&self, out: &mut Vec<u8>) {
        out.push(b'(');
        self.write(out, b" ", left);
        out.push(b')');
    }

    /// A list of names with parameters (RFC 9651 section 3.1). Names of limits need no escapes in a string.
    fn write(&self, out: &mut Vec<u8>, between: &'static [u8], parameters: impl Fn(&mut Vec<u8>, &Limit, &Line)) {
        let mut separator: &[u8] = b"";
        for line in self.told.lines.iter().flatten() {
            let Some(limit) = self.limits.get(line.limit.index()) else { continue };
            out.extend_from_slice(separator);
            separator = between;
            out.push(b'"');
            out.extend_from_slice(limit.name.as_bytes());
            out.push(b'"');
            parameters(out, limit, line);
        }
    }
}

/// What is left of a limit.
fn left(out: &mut Vec<u8>, _: &Limit, line: &Line) {
    number(out, b";r=", line.remaining.into());
    number(out, b";t=", line.reset.into());
}

fn number(out: &mut Vec<u8>, before: &[u8], number: u64) {
    out.extend_from_slice(before);
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

fn seconds(nanos: u64) -> u32 {
    u32::try_from(nanos.div_ceil(SECOND)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{KeySource, LimitMode, OnStoreError, Precision, Rate, Store};
    use std::time::Duration;

    fn limit(name: &str, tokens: u32, burst: u32) -> Limit {
        Limit {
            name: name.into(),
            rate: Rate { tokens, period: Duration::from_secs(1) },
            burst,
            key: KeySource::ClientIp,
            store: Store::Local,
            mode: LimitMode::Enforce,
            precision: Precision::Exact,
            on_store_error: OnStoreError::Local,
            exempt: Vec::new(),
        }
    }

    fn written(told: &Told, limits: &[Limit]) -> (String, String) {
        let (mut policy, mut state) = (Vec::new(), Vec::new());
        let limited = Limited { told, limits };
        limited.write_policy(&mut policy);
        limited.write_state(&mut state);
        (String::from_utf8(policy).unwrap(), String::from_utf8(state).unwrap())
    }

    #[test]
    fn a_quota_is_the_burst_in_the_time_in_which_it_fills() {
        let limits = [limit("per-client", 100, 200), limit("all", 7, 10)];
        let mut told = Told::default();
        assert!(told.is_empty());
        told.add(LimitId(0), &Balance { covered: true, remaining: 37, full_after: SECOND, ..Balance::default() });
        let alone = ("\"per-client\";q=200;w=2".to_owned(), "\"per-client\";r=37;t=1".to_owned());
        assert_eq!(written(&told, &limits), alone);
        told.add(LimitId(1), &Balance { covered: true, remaining: 10, ..Balance::default() });
        let both = (
            "\"per-client\";q=200;w=2, \"all\";q=10;w=2".to_owned(),
            "\"per-client\";r=37;t=1, \"all\";r=10;t=0".to_owned(),
        );
        assert_eq!(written(&told, &limits), both);
        assert_eq!(told.refused(), None);
    }

    #[test]
    fn waiting_is_rounded_up_and_the_longest_counts() {
        let refused = |retry_after| Balance { covered: false, retry_after, ..Balance::default() };
        let mut told = Told::default();
        told.add(LimitId(0), &refused(1));
        assert_eq!(told.refused(), Some((LimitId(0), 1)));
        told.add(LimitId(1), &refused(SECOND + 1));
        told.add(LimitId(2), &refused(SECOND));
        assert_eq!(told.refused(), Some((LimitId(1), 2)));
    }
}
