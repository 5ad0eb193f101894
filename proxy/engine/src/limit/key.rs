//! The key of a bucket: short text in place, so that making one allocates nothing.

use std::fmt;

/// Bytes a key holds.
const ROOM: usize = 63;

/// What a bucket is kept for, as text: an address, a header's value, a route's name. Text that is longer than a key holds
/// or is not printable ASCII is replaced by its hash, by whoever makes the key.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    length: u8,
    bytes: [u8; ROOM],
}

impl Default for Key {
    /// The key without text.
    fn default() -> Self {
        Self { length: 0, bytes: [0; ROOM] }
    }
}

impl Key {
    /// The key with this text, unless it is too long.
    #[must_use]
    pub fn new(text: &[u8]) -> Option<Self> {
        let length = u8::try_from(text.len()).ok()?;
        let mut bytes = [0; ROOM];
        bytes.get_mut(..text.len())?.copy_from_slice(text);
        Some(Self { length, bytes })
    }

    /// The text.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.length)).unwrap_or_default()
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.as_bytes().escape_ascii())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_its_text_or_nothing() {
        assert_eq!(Key::new(b"10.0.0.1").map(|key| key.as_bytes().to_vec()), Some(b"10.0.0.1".to_vec()));
        assert!(Key::new(&[b'a'; ROOM]).is_some());
        assert!(Key::new(&[b'a'; ROOM + 1]).is_none());
    }
}
