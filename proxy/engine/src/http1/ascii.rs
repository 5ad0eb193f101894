//! The character sets of RFC 9110 and RFC 3986 as one table: a byte belongs to a set when its bit is there.
//!
//! Never decides anything about a message; the parsers do.

/// `tchar` of RFC 9110 section 5.6.2: methods, field names, chunk extension names.
pub(crate) const TOKEN: u8 = 1;
/// What may stand in a request target: visible ASCII without `"`, `#`, `<`, `>` and `\`. A fragment is never sent, and the
/// others are read differently by different servers.
pub(crate) const TARGET: u8 = 2;
/// What may stand in a registered host name: `unreserved` and `sub-delims` of RFC 3986 without the comma, which would
/// read as a list, and without percent-encoding, which no name on a network needs.
pub(crate) const HOST: u8 = 4;
/// `unreserved` of RFC 3986 section 2.3: percent-encoding these changes nothing, so the normal form has them plain.
pub(crate) const UNRESERVED: u8 = 8;
/// Field values, RFC 9110 section 5.5: HTAB, SP, visible ASCII and obs-text.
pub(crate) const VALUE: u8 = 16;
/// `qdtext` of RFC 9110 section 5.6.4: what stands unescaped in a quoted string.
pub(crate) const QUOTED: u8 = 32;

static SETS: [u8; 256] = sets();

/// Whether `byte` is in one of the `sets`.
#[inline]
pub(crate) fn is(byte: u8, sets: u8) -> bool {
    SETS[usize::from(byte)] & sets != 0
}

/// Whether all of `bytes` are in one of the `sets`.
#[inline]
pub(crate) fn all(bytes: &[u8], sets: u8) -> bool {
    bytes.iter().all(|byte| is(*byte, sets))
}

/// The value of a hexadecimal digit.
#[inline]
pub(crate) fn hex(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

/// Removes optional white space (RFC 9110 section 5.6.3) on both sides.
#[inline]
pub(crate) fn trim(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] = bytes {
        bytes = rest;
    }
    while let [rest @ .., b' ' | b'\t'] = bytes {
        bytes = rest;
    }
    bytes
}

const fn sets() -> [u8; 256] {
    let mut table = [0; 256];
    let mut at = 0;
    while at < 256 {
        let byte = at as u8;
        let alnum = byte.is_ascii_alphanumeric();
        let visible = byte > 0x20 && byte < 0x7f;
        let mut sets = 0;
        if alnum || among(byte, b"!#$%&'*+-.^_`|~") {
            sets |= TOKEN;
        }
        if visible && !among(byte, b"\"#<>\\") {
            sets |= TARGET;
        }
        if alnum || among(byte, b"-._~!$&'()*+;=") {
            sets |= HOST;
        }
        if alnum || among(byte, b"-._~") {
            sets |= UNRESERVED;
        }
        if visible || byte == b' ' || byte == b'\t' || byte >= 0x80 {
            sets |= VALUE;
            if byte != b'"' && byte != b'\\' {
                sets |= QUOTED;
            }
        }
        table[at] = sets;
        at += 1;
    }
    table
}

const fn among(byte: u8, list: &[u8]) -> bool {
    let mut at = 0;
    while at < list.len() {
        if list[at] == byte {
            return true;
        }
        at += 1;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sets_have_the_sizes_the_standards_give_them() {
        let size = |set| (0..=255).filter(|byte| is(*byte, set)).count();
        assert_eq!(size(TOKEN), 77, "62 letters and digits, 15 signs");
        assert_eq!(size(UNRESERVED), 66);
        assert_eq!(size(TARGET), 94 - 5);
        assert_eq!(size(VALUE), 94 + 2 + 128);
        assert_eq!(size(QUOTED), 94 + 2 + 128 - 2);
        assert_eq!(size(HOST), 62 + 14);
    }

    #[test]
    fn trimming_takes_spaces_and_tabs_only() {
        assert_eq!(trim(b" \t a b\t "), b"a b");
        assert_eq!(trim(b" \t "), b"");
        assert_eq!(trim(b"\r a"), b"\r a");
    }
}
