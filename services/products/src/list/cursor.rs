//! The cursor of a list: the place after the last product that was shown.
//!
//! Clients get it as an opaque word. It holds a sort key and not an offset, so a page neither repeats nor skips products
//! when others are added or removed in between. It also holds the sort and a fingerprint of the filters it was made for,
//! since a place in one list means nothing in another. It is not secret and not signed: a forged one only names another
//! place.
//!
//! ```text
//! version (1) │ sort (1) │ fingerprint of the filters (8) │ id (16) │ key: 8 bytes, 4 of a rank, or the name
//! ```

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

use super::sort::{Key, Place, Sort};

/// Told apart from other forms by its first byte. Version 1 knew no sorts.
const VERSION: u8 = 2;

/// The longest cursor worth decoding: a name has at most 200 characters, so 800 bytes.
const LONGEST: usize = 2048;

/// The years 1970 to 9999 in microseconds: no product is older, and Postgres knows all of them.
const TIMES: std::ops::Range<i64> = 0..253_402_300_800_000_000;

/// A list that a cursor belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Scope {
    pub(super) sort: Sort,
    /// The same for the same filters.
    pub(super) fingerprint: [u8; 8],
}

/// Why a word is no cursor of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// No list ever gave it out.
    Garbage,
    /// A list in another order did.
    OtherSort(Sort),
    /// A list with other filters did.
    OtherFilters,
}

impl Refusal {
    /// What a client should know.
    pub(super) fn detail(self, wanted: Sort) -> String {
        match self {
            Self::Garbage => "must be the `next` of a page, unchanged".to_owned(),
            Self::OtherSort(sort) => format!(
                "belongs to a list with sort={}, not {}; ask without a cursor to begin with the first page",
                sort.word(),
                wanted.word()
            ),
            Self::OtherFilters => "belongs to a list with other filters; a following page has the same parameters as \
                                   the first, only limit may differ"
                .to_owned(),
        }
    }
}

/// The word for clients.
pub(super) fn encode(place: &Place, scope: Scope) -> String {
    let key = match &place.key {
        Key::Name(name) => name.as_bytes().to_vec(),
        Key::Price(number) | Key::PriceDown(number) | Key::Newest(number) => number.to_be_bytes().to_vec(),
        Key::Relevance(rank) => rank.to_be_bytes().to_vec(),
    };
    let sort = Sort::ALL.iter().position(|sort| *sort == scope.sort).and_then(|index| u8::try_from(index).ok());
    let head = [VERSION, sort.unwrap_or_default()];
    URL_SAFE_NO_PAD.encode([&head[..], &scope.fingerprint, place.id.as_bytes(), &key].concat())
}

/// Reads a word from a client.
///
/// # Errors
/// When it is not a cursor of this list.
pub(super) fn decode(word: &str, scope: Scope) -> Result<Place, Refusal> {
    let (given, place) = read(word).ok_or(Refusal::Garbage)?;
    if given.sort != scope.sort {
        return Err(Refusal::OtherSort(given.sort));
    }
    if given.fingerprint != scope.fingerprint {
        return Err(Refusal::OtherFilters);
    }
    Ok(place)
}

fn read(word: &str) -> Option<(Scope, Place)> {
    if word.len() > LONGEST {
        return None;
    }
    let bytes = URL_SAFE_NO_PAD.decode(word).ok()?;
    let ([VERSION, sort], rest) = bytes.split_first_chunk::<2>()? else { return None };
    let sort = *Sort::ALL.get(usize::from(*sort))?;
    let (fingerprint, rest) = rest.split_first_chunk::<8>()?;
    let (id, key) = rest.split_first_chunk::<16>()?;
    let number = || Some(i64::from_be_bytes(key.try_into().ok()?));
    let key = match sort {
        Sort::Name => {
            let name = str::from_utf8(key).ok()?;
            // Postgres has no NUL in text, so no product has such a name.
            let possible = !name.is_empty() && !name.contains('\0');
            possible.then(|| Key::Name(name.to_owned()))?
        }
        Sort::Price => Key::Price(number()?),
        Sort::PriceDown => Key::PriceDown(number()?),
        Sort::Newest => Key::Newest(number().filter(|micros| TIMES.contains(micros))?),
        Sort::Relevance => {
            let rank = f32::from_be_bytes(key.try_into().ok()?);
            rank.is_finite().then_some(Key::Relevance(rank))?
        }
    };
    Some((Scope { sort, fingerprint: *fingerprint }, Place { key, id: Uuid::from_bytes(*id) }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_key() -> impl Strategy<Value = Key> {
        prop_oneof![
            "[^\0]{1,80}".prop_map(Key::Name),
            any::<i64>().prop_map(Key::Price),
            any::<i64>().prop_map(Key::PriceDown),
            TIMES.prop_map(Key::Newest),
            (0.0..1.0_f32).prop_map(Key::Relevance),
        ]
    }

    proptest! {
        #[test]
        fn a_cursor_survives_its_way_through_a_client(key in any_key(), id: u128, fingerprint: [u8; 8]) {
            let scope = Scope { sort: key.sort(), fingerprint };
            let place = Place { key, id: Uuid::from_u128(id) };
            let word = encode(&place, scope);
            prop_assert!(word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'));
            prop_assert_eq!(decode(&word, scope), Ok(place));
            let other = Scope { fingerprint: fingerprint.map(|byte| !byte), ..scope };
            prop_assert_eq!(decode(&word, other), Err(Refusal::OtherFilters));
            for sort in Sort::ALL.into_iter().filter(|sort| *sort != scope.sort) {
                prop_assert_eq!(decode(&word, Scope { sort, fingerprint }), Err(Refusal::OtherSort(scope.sort)));
            }
        }

        #[test]
        fn nonsense_is_refused_without_panicking(word in ".{0,60}", bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            for word in [word, URL_SAFE_NO_PAD.encode(bytes)] {
                if let Some((scope, place)) = read(&word) {
                    prop_assert_eq!(encode(&place, scope), word);
                }
            }
        }
    }

    #[test]
    fn foreign_words_are_refused() {
        let scope = Scope { sort: Sort::Name, fingerprint: [0; 8] };
        let word = |head: [u8; 2], key: &[u8]| URL_SAFE_NO_PAD.encode([&head[..], &[0; 24], key].concat());
        assert!(decode(&word([2, 0], b"name"), scope).is_ok());
        let older = word([1, 0], b"name");
        let (no_sort, no_name, nul) = (word([2, 5], b"name"), word([2, 0], b""), word([2, 0], b"a\0"));
        let (short, not_a_number) = (word([2, 1], b"1234567"), word([2, 4], &f32::NAN.to_be_bytes()));
        let before_time = word([2, 3], &i64::MIN.to_be_bytes());
        for word in
            ["", "AQ", "====", &older, &no_sort, &no_name, &nul, &short, &not_a_number, &before_time, &"A".repeat(3000)]
        {
            assert_eq!(decode(word, scope), Err(Refusal::Garbage), "{word:?}");
        }
    }
}
