//! The deadline of an exchange, and how it travels: `X-Request-Deadline-Ms` says how many milliseconds are left.

const MILLI: u64 = 1_000_000;

/// The time in nanoseconds at which an exchange that began at `started` must be over: after `timeout` nanoseconds, or
/// sooner if `asked`, the value of a field that is believed, says so. What is not a number says nothing.
#[must_use]
pub fn deadline(started: u64, timeout: u64, asked: Option<&[u8]>) -> u64 {
    let asked = asked.and_then(millis).map_or(timeout, |millis| millis.saturating_mul(MILLI));
    started.saturating_add(timeout.min(asked))
}

/// Whole milliseconds that are left at `now`, at least 1; `None` when the deadline has passed and nothing more should be
/// sent.
#[must_use]
pub fn remaining_ms(deadline: u64, now: u64) -> Option<u64> {
    let left = deadline.checked_sub(now).filter(|left| *left > 0)?;
    Some((left / MILLI).max(1))
}

fn millis(text: &[u8]) -> Option<u64> {
    if text.is_empty() || text.len() > 18 {
        return None;
    }
    text.iter().try_fold(0, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + u64::from(byte - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_can_only_shorten() {
        let timeout = 100 * MILLI;
        assert_eq!(deadline(5, timeout, None), 5 + timeout);
        assert_eq!(deadline(5, timeout, Some(b"40")), 5 + 40 * MILLI);
        assert_eq!(deadline(5, timeout, Some(b"0")), 5);
        for odd in [&b"101"[..], b"999999999999999999", b"", b"-1", b"1.5", b"4 0", b"9999999999999999999999"] {
            assert_eq!(deadline(5, timeout, Some(odd)), 5 + timeout, "{odd:?}");
        }
    }

    #[test]
    fn what_is_left_is_never_overstated_nor_zero() {
        assert_eq!(remaining_ms(10 * MILLI, 0), Some(10));
        assert_eq!(remaining_ms(10 * MILLI, 1), Some(9));
        assert_eq!(remaining_ms(10 * MILLI, 10 * MILLI - 1), Some(1));
        assert_eq!(remaining_ms(10 * MILLI, 10 * MILLI), None);
        assert_eq!(remaining_ms(0, 1), None);
    }
}
