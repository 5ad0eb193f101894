//! What a client may ask for, checked: every wrong field is reported at once, with its name and what would be right.
//!
//! Never touches the database, and never repeats a value: one of them may be the number of a card in the wrong place.

use axum::body::Bytes;
use axum::extract::Path;
use axum::extract::rejection::{BytesRejection, PathRejection, QueryRejection};
use axum::http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use supplex_kit::{FieldError, Problem};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::card::Card;

/// The most bytes of a body.
pub(crate) const LONGEST_BODY: usize = 8 << 10;

/// The most pieces of one product.
const MOST_PIECES: i32 = 100;

/// The most orders on a page, and how many there are when nobody says.
const LONGEST_PAGE: i64 = 100;
const USUAL_PAGE: i64 = 20;

/// A body as axum gives it.
pub(crate) type Body = Result<Bytes, BytesRejection>;

/// An id in a path as axum gives it.
pub(crate) type Id = Result<Path<String>, PathRejection>;

/// How many pieces.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Quantity)]
pub(crate) struct RawQuantity {
    #[schema(minimum = 1, maximum = 100)]
    quantity: i32,
}

/// How the cart is paid.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Checkout)]
pub(crate) struct RawCheckout {
    card: RawCard,
}

/// A card.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Card)]
pub(crate) struct RawCard {
    /// Spaces do not count. It is kept until the authorisation is decided.
    #[schema(min_length = 12, max_length = 40, write_only, example = "4242424242424242")]
    number: String,
}

/// Which page of orders.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawPage {
    limit: Option<String>,
    after: Option<String>,
}

/// A checked page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PageWanted {
    pub(crate) limit: i64,
    /// The last order of the page before.
    pub(crate) after: Option<Uuid>,
}

/// Reads how many pieces are wanted.
pub(crate) fn quantity(body: Body) -> Result<i32, Problem> {
    let raw: RawQuantity = json(body)?;
    let good = (1..=MOST_PIECES).contains(&raw.quantity);
    good.then_some(raw.quantity).ok_or_else(|| wrong("quantity", format!("must be 1 to {MOST_PIECES}")))
}

/// Reads how a cart is paid.
pub(crate) fn checkout(body: Body) -> Result<Card, Problem> {
    let raw: RawCheckout = json(body)?;
    let detail = "must be the number of a card, such as 4242424242424242";
    Card::parse(&raw.card.number).ok_or_else(|| wrong("card.number", detail))
}

/// Makes sure that a body says nothing.
pub(crate) fn nothing(body: Body) -> Result<(), Problem> {
    match bytes(body)?.as_ref() {
        b"" | b"{}" => Ok(()),
        _ => Err(wrong("body", "must be empty")),
    }
}

/// Reads which page is wanted.
pub(crate) fn page(query: Result<axum::extract::Query<RawPage>, QueryRejection>) -> Result<PageWanted, Problem> {
    let raw = query.map_err(|_| wrong("query", "has only limit and after, each at most once"))?.0;
    let mut errors = Vec::new();
    let limit = raw.limit.map_or(Some(USUAL_PAGE), |text| text.parse().ok());
    let limit = limit.filter(|limit| (1..=LONGEST_PAGE).contains(limit)).unwrap_or_else(|| {
        errors.push(FieldError::new("limit", format!("must be 1 to {LONGEST_PAGE}")));
        USUAL_PAGE
    });
    let after = raw.after.map(|text| text.parse::<Uuid>());
    if matches!(after, Some(Err(_))) {
        errors.push(FieldError::new("after", "must be the `next` of a page, unchanged"));
    }
    match errors.is_empty() {
        true => Ok(PageWanted { limit, after: after.and_then(Result::ok) }),
        false => Err(Problem::invalid(errors)),
    }
}

/// Reads an id. `of` is what it is of.
pub(crate) fn id(path: Id, of: &str) -> Result<Uuid, Problem> {
    let Path(text) = path.map_err(|_| wrong("id", format!("must be the id of {of}")))?;
    text.parse().map_err(|_| wrong("id", format!("must be a UUID: the id of {of}")))
}

/// The version of a cart in `If-Match`, if the client names one. A cart is always there, so `*` says nothing.
pub(crate) fn if_match(headers: &HeaderMap) -> Result<Option<i64>, Problem> {
    let mut fields = headers.get_all(header::IF_MATCH).iter();
    let field = match (fields.next().map(|field| field.to_str()), fields.next()) {
        (None, _) => return Ok(None),
        (Some(Ok("*")), None) => return Ok(None),
        (Some(Ok(field)), None) => field,
        _ => return Err(wrong("If-Match", "must be the ETag of the cart, once")),
    };
    let version = field.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).and_then(|text| text.parse().ok());
    version.map(Some).ok_or_else(|| wrong("If-Match", "must be the ETag of the cart, as it was given"))
}

fn bytes(body: Body) -> Result<Bytes, Problem> {
    body.map_err(|error| match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            let detail = format!("The body has more than {LONGEST_BODY} bytes.");
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "request.too_large", detail)
        }
        _ => wrong("body", "cannot be read"),
    })
}

fn json<T: DeserializeOwned>(body: Body) -> Result<T, Problem> {
    let body = bytes(body)?;
    serde_json::from_slice(&body).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        wrong("body", format!("is not what it must be, at line {line} column {column}"))
    })
}

/// One thing that is wrong.
pub(crate) fn wrong(parameter: &str, detail: impl Into<String>) -> Problem {
    Problem::invalid(vec![FieldError::new(parameter, detail)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_cards_are_never_repeated() {
        for text in [
            r#"{"card":{"number":"4242424242424241"}}"#,
            r#"{"card":"4242424242424242"}"#,
            r#"{"card":{"number":4242424242424242}}"#,
            r#"{"4242424242424242":1}"#,
        ] {
            let problem = checkout(Ok(Bytes::from(text))).expect_err("is refused");
            let said = serde_json::to_string(&problem).expect("JSON").replace("such as 4242424242424242", "");
            assert!(!said.contains("42424242"), "{said}");
        }
        assert!(checkout(Ok(Bytes::from_static(br#"{"card":{"number":"4242 4242 4242 4242"}}"#))).is_ok());
    }

    #[test]
    fn quantities_have_bounds() {
        let quantity = |text: &str| quantity(Ok(Bytes::copy_from_slice(text.as_bytes()))).ok();
        assert_eq!(quantity(r#"{"quantity":100}"#), Some(100));
        for wrong in
            ["", "{}", r#"{"quantity":0}"#, r#"{"quantity":101}"#, r#"{"quantity":1.5}"#, r#"{"quantity":1,"x":1}"#]
        {
            assert_eq!(quantity(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn only_a_version_that_was_given_out_is_a_version() {
        let of = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::IF_MATCH, axum::http::HeaderValue::from_static(value));
            if_match(&headers)
        };
        assert_eq!(if_match(&HeaderMap::new()).ok(), Some(None));
        assert_eq!((of("\"7\"").ok(), of("*").ok()), (Some(Some(7)), Some(None)));
        for wrong in ["7", "\"x\"", "W/\"7\"", ""] {
            assert!(of(wrong).is_err(), "{wrong}");
        }
    }
}
