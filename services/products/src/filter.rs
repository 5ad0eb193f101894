//! What a client may ask of the list, checked.
//!
//! Every wrong parameter is reported at once, each with its name and what would be right. Parameters that do not exist
//! are refused as well: a misspelt `max_prise` would otherwise show everything. Never touches the database.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use supplex_kit::FieldError;

use crate::cursor::Cursor;

/// Products on a page when the client does not say.
const DEFAULT_LIMIT: u32 = 20;
/// The most products on a page.
const MAX_LIMIT: u32 = 100;
/// The highest price that can be asked for: ten million euros.
const MAX_PRICE: i64 = 1_000_000_000;
/// The longest text parameter, in characters.
const MAX_TEXT: usize = 100;
/// The most words in `q`.
const MAX_WORDS: usize = 8;

/// A checked request for a page.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Filter {
    pub(crate) category: Option<String>,
    pub(crate) brand: Option<String>,
    /// Words that must all occur, in lower case.
    pub(crate) words: Vec<String>,
    /// In minor units, inclusive.
    pub(crate) min_price: Option<i64>,
    /// In minor units, inclusive.
    pub(crate) max_price: Option<i64>,
    /// 1 to [`MAX_LIMIT`].
    pub(crate) limit: u32,
    pub(crate) after: Option<Cursor>,
}

impl Filter {
    /// Reads the pairs of a query string.
    pub(crate) fn parse(pairs: Vec<(String, String)>) -> Result<Self, Vec<FieldError>> {
        let mut parameters = Parameters::new(pairs);
        let category = parameters.take("category", text);
        let brand = parameters.take("brand", text);
        let words = parameters.take("q", words).unwrap_or_default();
        let min_price = parameters.take("min_price", price);
        let max_price = parameters.take("max_price", price);
        let limit = parameters.take("limit", limit).unwrap_or(DEFAULT_LIMIT);
        let after = parameters.take("cursor", |word| {
            Cursor::decode(word).ok_or_else(|| "must be the `next` of a page, unchanged".to_owned())
        });
        if let (Some(min), Some(max)) = (min_price, max_price)
            && min > max
        {
            parameters.errors.push(FieldError::new("min_price", format!("{min} is above max_price, {max}")));
        }
        let filter = Self { category, brand, words, min_price, max_price, limit, after };
        parameters.finish().map(|()| filter)
    }
}

/// The parameters that were not read yet, and what was wrong so far.
struct Parameters {
    given: HashMap<String, String>,
    errors: Vec<FieldError>,
}

impl Parameters {
    fn new(pairs: Vec<(String, String)>) -> Self {
        let mut given = HashMap::new();
        let mut errors = Vec::new();
        for (name, value) in pairs {
            match given.entry(name) {
                Entry::Vacant(place) => {
                    place.insert(value);
                }
                Entry::Occupied(place) => errors.push(FieldError::new(place.key(), "is given more than once")),
            }
        }
        Self { given, errors }
    }

    fn take<T>(&mut self, name: &str, read: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        let value = self.given.remove(name)?;
        read(&value).map_err(|detail| self.errors.push(FieldError::new(name, detail))).ok()
    }

    fn finish(mut self) -> Result<(), Vec<FieldError>> {
        for name in self.given.into_keys() {
            let known = "known are category, brand, q, min_price, max_price, limit and cursor";
            self.errors.push(FieldError::new(name, format!("is not a parameter of this list; {known}")));
        }
        self.errors.sort_by(|one, other| one.parameter.cmp(&other.parameter));
        if self.errors.is_empty() { Ok(()) } else { Err(self.errors) }
    }
}

fn text(value: &str) -> Result<String, String> {
    let value = value.trim();
    if value.is_empty() {
        Err("is empty".into())
    } else if value.chars().count() > MAX_TEXT {
        Err(format!("must be at most {MAX_TEXT} characters long"))
    } else if value.chars().any(char::is_control) {
        Err("contains control characters".into())
    } else {
        Ok(value.to_owned())
    }
}

fn words(value: &str) -> Result<Vec<String>, String> {
    let words: Vec<String> = text(value)?.split_whitespace().map(str::to_lowercase).collect();
    if words.len() > MAX_WORDS { Err(format!("must be at most {MAX_WORDS} words")) } else { Ok(words) }
}

fn price(value: &str) -> Result<i64, String> {
    let number = value.parse().ok().filter(|number| (0..=MAX_PRICE).contains(number));
    number.ok_or_else(|| format!("must be a whole number of cents from 0 to {MAX_PRICE}"))
}

fn limit(value: &str) -> Result<u32, String> {
    let number = value.parse().ok().filter(|number| (1..=MAX_LIMIT).contains(number));
    number.ok_or_else(|| format!("must be a whole number from 1 to {MAX_LIMIT}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(pairs: &[(&str, &str)]) -> Result<Filter, Vec<String>> {
        let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Filter::parse(pairs).map_err(|errors| errors.into_iter().map(|error| error.parameter).collect())
    }

    #[test]
    fn nothing_asked_is_the_first_page_of_everything() {
        let filter = parse(&[]).expect("valid");
        assert_eq!((filter.limit, filter.after, filter.category, filter.words), (20, None, None, vec![]));
    }

    #[test]
    fn everything_that_is_right_is_kept() {
        let filter = parse(&[("q", " Whey  VANILLA "), ("min_price", "0"), ("max_price", "4990"), ("limit", "100")]);
        let filter = filter.expect("valid");
        assert_eq!(filter.words, ["whey", "vanilla"]);
        assert_eq!((filter.min_price, filter.max_price, filter.limit), (Some(0), Some(4990), 100));
    }

    #[test]
    fn each_wrong_value_is_named() {
        let long = "x".repeat(101);
        for (name, value) in [
            ("limit", "0"),
            ("limit", "101"),
            ("limit", "ten"),
            ("limit", "-1"),
            ("min_price", "-1"),
            ("max_price", "9.99"),
            ("max_price", "1000000001"),
            ("category", ""),
            ("brand", long.as_str()),
            ("q", "a\0b"),
            ("q", "a b c d e f g h i"),
            ("cursor", "garbage"),
            ("prise", "1"),
        ] {
            assert_eq!(parse(&[(name, value)]), Err(vec![name.to_owned()]), "{name}={value}");
        }
    }

    #[test]
    fn all_errors_come_at_once() {
        let wrong = parse(&[("limit", "0"), ("cursor", ""), ("colour", "red"), ("limit", "5")]);
        assert_eq!(wrong, Err(["colour", "cursor", "limit", "limit"].map(str::to_owned).to_vec()));
        assert_eq!(parse(&[("min_price", "2"), ("max_price", "1")]), Err(vec!["min_price".to_owned()]));
    }
}
