//! `tracestate`: what tracing systems say to each other about a trace (W3C Trace Context, Level 2, section 3.3).
//!
//! The gateway has nothing to add to it. It passes on what keeps to the grammar as it came, and drops the rest as a whole:
//! a list that is broken in one place cannot be told to be right in another.

use crate::http1::{FieldId, RequestHead};

/// The most members of the list.
const MEMBERS_MOST: usize = 32;

/// Whether what a request says keeps to the grammar; it does when it says nothing.
#[must_use]
pub fn holds(head: &RequestHead, bytes: &[u8]) -> bool {
    !head.has(FieldId::TraceState) || is_valid(head.all(FieldId::TraceState).map(|value| value.of(bytes)))
}

/// Whether the values of all fields, put together, are a list of at most 32 members with keys of which each is there once.
#[must_use]
pub fn is_valid<'a>(values: impl Iterator<Item = &'a [u8]>) -> bool {
    let mut keys = [&[][..]; MEMBERS_MOST];
    let mut count = 0;
    for member in values.flat_map(|value| value.split(|byte| *byte == b',')) {
        let member = trim(member);
        // Empty members are allowed, because lists that were joined have them.
        if member.is_empty() {
            continue;
        }
        let Some(key) = key_of(member) else { return false };
        let (known, free) = keys.split_at_mut(count);
        let Some(place) = free.first_mut().filter(|_| !known.contains(&key)) else { return false };
        *place = key;
        count += 1;
    }
    true
}

fn trim(member: &[u8]) -> &[u8] {
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t');
    let start = member.iter().position(|byte| !is_space(byte)).unwrap_or(member.len());
    let end = member.iter().rposition(|byte| !is_space(byte)).map_or(start, |last| last + 1);
    member.get(start..end).unwrap_or_default()
}

/// The key of a member; `None` when it is not of the form `key=value`.
fn key_of(member: &[u8]) -> Option<&[u8]> {
    let at = memchr::memchr(b'=', member)?;
    let (key, value) = (member.get(..at)?, member.get(at + 1..)?);
    let starts = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let goes_on = |byte: &u8| starts(byte) || b"_-*/@".contains(byte);
    let key_holds = key.len() <= 256 && key.first().is_some_and(starts) && key.iter().all(goes_on);
    let visible = |byte: &u8| matches!(byte, 0x20..=0x7e) && !b",=".contains(byte);
    // White space at the end is not part of the member, so the last byte is none.
    let value_holds = matches!(value.len(), 1..=256) && value.iter().all(visible);
    (key_holds && value_holds).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn valid(values: &[&str]) -> bool {
        is_valid(values.iter().map(|value| value.as_bytes()))
    }

    #[test]
    fn lists_of_keys_with_values_hold() {
        for good in ["", "rojo=00f067aa0ba902b7", "congo=t61rcWkgMzE,rojo=00f067", "a=1 , b=2,,\tc=3,", "t/a*_-@z=v w"]
        {
            assert!(valid(&[good]), "{good:?}");
        }
        assert!(valid(&["a=1", "b=2", ""]), "several fields are one list");
        assert!(valid(&["0digits=first"]), "Level 2 lets a key begin with a digit");
        assert!(valid(&[&format!("{}=x", "k".repeat(256))]) && valid(&[&format!("k={}", "x".repeat(256))]));
    }

    #[test]
    fn anything_else_does_not() {
        for odd in ["a", "=1", "a=", "A=1", "a b=1", "a=1=2", "a=\u{e4}", "a=1,b", "a=1,a=2", "-a=1", "a=\x07", "a =1"]
        {
            assert!(!valid(&[odd]), "{odd:?}");
        }
        assert!(!valid(&["a=1", "a=1"]), "also over two fields");
        let many = |count: usize| (0..count).map(|key| format!("k{key}=v")).collect::<Vec<_>>().join(",");
        assert!(valid(&[&many(32)]) && !valid(&[&many(33)]));
        assert!(!valid(&[&format!("{}=x", "k".repeat(257))]) && !valid(&[&format!("k={}", "x".repeat(257))]));
    }
}
