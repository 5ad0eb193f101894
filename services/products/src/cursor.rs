//! The cursor of a list: the place after the last product that was shown.
//!
//! Clients get it as an opaque word. It holds a sort key and not an offset, so a page neither repeats nor skips products
//! when others are added or removed in between. It is not secret and not signed: a forged one only names another place.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

/// Told apart from later forms by its first byte.
const VERSION: u8 = 1;

/// The longest cursor worth decoding: a name has at most 200 characters, so 800 bytes.
const LONGEST: usize = 2048;

/// The place after the product with this name and id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cursor {
    pub(crate) name: String,
    pub(crate) id: Uuid,
}

impl Cursor {
    /// The word for clients.
    pub(crate) fn encode(&self) -> String {
        let mut bytes = Vec::with_capacity(17 + self.name.len());
        bytes.push(VERSION);
        bytes.extend_from_slice(self.id.as_bytes());
        bytes.extend_from_slice(self.name.as_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads a word from a client; `None` when no list ever gave it out.
    pub(crate) fn decode(word: &str) -> Option<Self> {
        if word.len() > LONGEST {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(word).ok()?;
        let (version, rest) = bytes.split_first()?;
        let (id, name) = rest.split_at_checked(16)?;
        let name = str::from_utf8(name).ok()?;
        // Postgres has no NUL in text, so no product has such a name.
        let possible = *version == VERSION && !name.is_empty() && !name.contains('\0');
        possible.then_some(Self { name: name.to_owned(), id: Uuid::from_slice(id).ok()? })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_cursor_survives_its_way_through_a_client(name in "[^\0]{1,80}", id: u128) {
            let cursor = Cursor { name, id: Uuid::from_u128(id) };
            let word = cursor.encode();
            prop_assert!(word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'));
            prop_assert_eq!(Cursor::decode(&word), Some(cursor));
        }

        #[test]
        fn nonsense_is_refused_without_panicking(word in ".{0,60}") {
            if let Some(cursor) = Cursor::decode(&word) {
                prop_assert_eq!(cursor.encode(), word);
            }
        }
    }

    #[test]
    fn foreign_words_are_refused() {
        let other_version = URL_SAFE_NO_PAD.encode([&[2_u8][..], &[0; 16], b"name"].concat());
        let no_name = URL_SAFE_NO_PAD.encode([1_u8; 17]);
        let nul = URL_SAFE_NO_PAD.encode([&[1_u8][..], &[0; 16], b"a\0"].concat());
        for word in ["", "AQ", "====", &other_version, &no_name, &nul, &"A".repeat(3000)] {
            assert_eq!(Cursor::decode(word), None, "{word:?}");
        }
    }
}
