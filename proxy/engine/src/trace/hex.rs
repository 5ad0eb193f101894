//! Numbers as lower-case hexadecimal digits, the only form that Trace Context knows.

/// The eight digits of a number, the highest first, all at once: this is on every request.
pub(super) fn digits(number: u32) -> [u8; 8] {
    let spread = u64::from(number);
    let spread = (spread | (spread << 16)) & 0x0000_ffff_0000_ffff;
    let spread = (spread | (spread << 8)) & 0x00ff_00ff_00ff_00ff;
    let spread = (spread | (spread << 4)) & 0x0f0f_0f0f_0f0f_0f0f;
    // Whoever overflows half a byte when six is added is a letter; letters stand 39 behind where digits would go on.
    let letters = ((spread + 0x0606_0606_0606_0606) >> 4) & 0x0101_0101_0101_0101;
    (spread + 0x3030_3030_3030_3030 + letters * 39).to_be_bytes()
}

/// The sixteen digits of a number.
pub(super) fn digits_of_64(number: u64) -> [u8; 16] {
    let mut text = [0; 16];
    let (high, low) = text.split_at_mut(8);
    high.copy_from_slice(&digits((number >> 32) as u32));
    low.copy_from_slice(&digits(number as u32));
    text
}

/// The thirty-two digits of a number.
pub(super) fn digits_of_128(number: u128) -> [u8; 32] {
    let mut text = [0; 32];
    let (high, low) = text.split_at_mut(16);
    high.copy_from_slice(&digits_of_64((number >> 64) as u64));
    low.copy_from_slice(&digits_of_64(number as u64));
    text
}

/// The number that up to 32 digits are; `None` when one of them is no digit in lower case.
pub(super) fn number(digits: &[u8]) -> Option<u128> {
    digits.iter().try_fold(0_u128, |number, byte| {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'f' => byte - b'a' + 10,
            _ => return None,
        };
        Some((number << 4) | u128::from(digit))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_those_of_the_formatter() {
        for value in [0_u128, 9, 10, 0x0123_4567_89ab_cdef, u128::MAX, 1 << 127, 0xa0b0_c0d0_e0f0_9090 << 40] {
            assert_eq!(digits_of_128(value), format!("{value:032x}").as_bytes());
            assert_eq!(digits_of_64(value as u64), format!("{:016x}", value as u64).as_bytes());
            assert_eq!(number(&digits_of_128(value)), Some(value));
        }
    }

    #[test]
    fn only_lower_case_digits_are_a_number() {
        assert_eq!(number(b"0a"), Some(10));
        for odd in [&b"0A"[..], b"0g", b" 0", b"0x", b"-1", b"\xff0"] {
            assert_eq!(number(odd), None);
        }
    }
}
