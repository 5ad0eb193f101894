//! What a client may ask of the list, checked.
//!
//! Every wrong parameter is reported at once, each with its name and what would be right. Parameters that do not exist
//! are refused as well: a misspelt `max_prise` would otherwise show everything. Never touches the database.

use serde::Serialize;
use sha2::{Digest, Sha256};
use supplex_kit::FieldError;
use utoipa::IntoParams;

use super::cursor::{self, Scope};
use super::parameters::Parameters;
use super::sort::{Place, Sort};

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

/// All parameters.
const KNOWN: [&str; 10] =
    ["q", "category", "brand", "flavour", "min_price", "max_price", "in_stock", "sort", "limit", "cursor"];

/// The products that a list is made of.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Which {
    /// As a search engine would understand it: words, "phrases", or, -not.
    pub(super) q: Option<String>,
    pub(super) category: Option<String>,
    pub(super) brand: Option<String>,
    pub(super) flavour: Option<String>,
    /// In minor units, inclusive.
    pub(super) min_price: Option<i64>,
    /// In minor units, inclusive.
    pub(super) max_price: Option<i64>,
    pub(super) in_stock: Option<bool>,
}

/// A checked request for a page.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Filter {
    pub(super) which: Which,
    pub(super) sort: Sort,
    /// 1 to [`MAX_LIMIT`].
    pub(crate) limit: u32,
    pub(super) after: Option<Place>,
}

/// The parameters of the list, for the description of the API. [`Filter::parse`] reads them.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only describes")]
pub(crate) struct Described {
    /// Words to search for in names, brands, categories, flavours and descriptions, at most 8. All must occur, in any
    /// form of the English word; `"in quotes"` they must follow each other, `or` means either, `-word` must not occur.
    #[param(max_length = 100, example = "whey -vegan")]
    q: Option<String>,
    /// Exactly this category.
    #[param(max_length = 100, example = "protein")]
    category: Option<String>,
    /// Exactly this brand.
    #[param(max_length = 100)]
    brand: Option<String>,
    /// There is this flavour, among others.
    #[param(max_length = 100, example = "Vanilla")]
    flavour: Option<String>,
    /// At least this price, in minor units.
    #[param(minimum = 0, maximum = 1_000_000_000)]
    min_price: Option<i64>,
    /// At most this price, in minor units.
    #[param(minimum = 0, maximum = 1_000_000_000)]
    max_price: Option<i64>,
    /// `true`: only what can be ordered now; `false`: only what is sold out.
    in_stock: Option<bool>,
    /// `name`, `price`, `-price` (the dearest first), `newest`, or `relevance`, which needs `q`. With `q` the default is
    /// `relevance`, otherwise `name`.
    #[param(example = "price", pattern = "^(name|-?price|newest|relevance)$")]
    sort: Option<String>,
    /// Products on a page.
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: Option<u32>,
    /// The `next` of the page before, with all other parameters except `limit` as they were.
    cursor: Option<String>,
}

impl Filter {
    /// Reads the pairs of a query string.
    pub(crate) fn parse(pairs: Vec<(String, String)>) -> Result<Self, Vec<FieldError>> {
        let mut parameters = Parameters::new(pairs);
        let which = Which {
            q: parameters.take("q", words),
            category: parameters.take("category", text),
            brand: parameters.take("brand", text),
            flavour: parameters.take("flavour", text),
            min_price: parameters.take("min_price", price),
            max_price: parameters.take("max_price", price),
            in_stock: parameters.take("in_stock", yes_or_no),
        };
        if let (Some(min), Some(max)) = (which.min_price, which.max_price)
            && min > max
        {
            parameters.wrong("min_price", format!("{min} is above max_price, {max}"));
        }
        let default = if which.q.is_some() { Sort::Relevance } else { Sort::Name };
        let sort = parameters.take("sort", sort).unwrap_or(default);
        if sort == Sort::Relevance && which.q.is_none() {
            parameters.wrong("sort", "relevance needs q, the words to be relevant to");
        }
        let limit = parameters.take("limit", limit).unwrap_or(DEFAULT_LIMIT);
        let scope = which.scope(sort);
        let after =
            parameters.take("cursor", |word| cursor::decode(word, scope).map_err(|refusal| refusal.detail(sort)));
        let filter = Self { which, sort, limit, after };
        parameters.finish(&KNOWN).map(|()| filter)
    }

    /// The `cursor` of the page that begins after `place`.
    pub(super) fn cursor(&self, place: &Place) -> String {
        cursor::encode(place, self.which.scope(self.sort))
    }
}

impl Which {
    fn scope(&self, sort: Sort) -> Scope {
        // Cannot fail: there are only texts, numbers and truth values in it.
        let json = serde_json::to_vec(self).unwrap_or_default();
        let digest: [u8; 32] = Sha256::digest(&json).into();
        let [a, b, c, d, e, f, g, h, ..] = digest;
        Scope { sort, fingerprint: [a, b, c, d, e, f, g, h] }
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

fn words(value: &str) -> Result<String, String> {
    let words: Vec<String> =
        text(value)?.split_whitespace().map(|word| without_hyphens(&word.to_lowercase())).collect();
    if words.len() > MAX_WORDS { Err(format!("must be at most {MAX_WORDS} words")) } else { Ok(words.join(" ")) }
}

/// A word without the hyphens in it, as the words of products are indexed. One in front of it means that it must not
/// occur, and stays.
fn without_hyphens(word: &str) -> String {
    let mut inside = false;
    let part = |character: char| {
        let part = if inside && character == '-' { ' ' } else { character };
        inside = character.is_alphanumeric();
        part
    };
    word.chars().map(part).collect()
}

fn price(value: &str) -> Result<i64, String> {
    let number = value.parse().ok().filter(|number| (0..=MAX_PRICE).contains(number));
    number.ok_or_else(|| format!("must be a whole number of cents from 0 to {MAX_PRICE}"))
}

fn yes_or_no(value: &str) -> Result<bool, String> {
    value.parse().map_err(|_| "must be true or false".to_owned())
}

fn sort(value: &str) -> Result<Sort, String> {
    Sort::from_word(value).ok_or_else(|| format!("must be one of {}", Sort::ALL.map(Sort::word).join(", ")))
}

fn limit(value: &str) -> Result<u32, String> {
    let number = value.parse().ok().filter(|number| (1..=MAX_LIMIT).contains(number));
    number.ok_or_else(|| format!("must be a whole number from 1 to {MAX_LIMIT}"))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::super::sort::Key;
    use super::*;

    fn parse(pairs: &[(&str, &str)]) -> Result<Filter, Vec<String>> {
        let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Filter::parse(pairs).map_err(|errors| errors.into_iter().map(|error| error.parameter).collect())
    }

    #[test]
    fn nothing_asked_is_the_first_page_of_everything_by_name() {
        let filter = parse(&[]).expect("valid");
        assert_eq!((filter.limit, filter.after, filter.which, filter.sort), (20, None, Which::default(), Sort::Name));
    }

    #[test]
    fn everything_that_is_right_is_kept() {
        let filter = parse(&[
            ("q", " Whey  VANILLA "),
            ("min_price", "0"),
            ("max_price", "4990"),
            ("in_stock", "true"),
            ("flavour", "Vanilla"),
            ("limit", "100"),
        ]);
        let filter = filter.expect("valid");
        assert_eq!((filter.which.q.as_deref(), filter.sort), (Some("whey vanilla"), Sort::Relevance));
        assert_eq!((filter.which.min_price, filter.which.max_price, filter.limit), (Some(0), Some(4990), 100));
        assert_eq!((filter.which.in_stock, filter.which.flavour.as_deref()), (Some(true), Some("Vanilla")));
        for sort in Sort::ALL {
            assert_eq!(parse(&[("sort", sort.word()), ("q", "whey")]).expect("valid").sort, sort);
        }
    }

    #[test]
    fn hyphens_inside_words_are_not_those_in_front_of_them() {
        let q = |q| parse(&[("q", q)]).expect("valid").which.q.unwrap_or_default();
        assert_eq!(q("Omega-3 -Pre-Workout"), "omega 3 -pre workout");
        assert_eq!(q("\"amino-acids\" -\"x-y\" -"), "\"amino acids\" -\"x y\" -");
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
            ("flavour", " "),
            ("in_stock", "1"),
            ("sort", "cheapest"),
            ("sort", "relevance"),
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

    #[test]
    fn a_cursor_goes_with_the_list_that_gave_it_whatever_the_limit() {
        let list = [("sort", "price"), ("brand", "Tideline")];
        let place = Place { key: Key::Price(990), id: Uuid::nil() };
        let word = parse(&list).expect("valid").cursor(&place);
        let with = |more: &[(&str, &str)]| parse(&[more, &[("cursor", word.as_str())]].concat());
        assert_eq!(with(&[&list[..], &[("limit", "7")]].concat()).expect("valid").after, Some(place));
        for other in [&list[..1], &list[1..], &[list[0], ("brand", "Clearwater")], &[list[0], list[1], ("q", "bar")]] {
            assert_eq!(with(other), Err(vec!["cursor".to_owned()]), "{other:?}");
        }
    }
}
