//! What a client may ask for, checked: every wrong field is reported at once, with its name and what would be right.
//!
//! Never touches the database.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize, Serializer};
use supplex_kit::{FieldError, Problem};
use utoipa::ToSchema;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use uuid::Uuid;

use crate::card::Card;
use crate::model::{Change, Money};

/// The highest amount: ten thousand million of a currency with a hundred smaller units.
const MOST: i64 = 1_000_000_000_000;

/// A checked wish for an authorisation.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Wish {
    pub(crate) order: Option<String>,
    pub(crate) amount: Money,
    #[serde(serialize_with = "by_number")]
    pub(crate) card: Card,
}

fn by_number<S: Serializer>(card: &Card, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(card.number())
}

/// What changes something, and therefore happens once for each key.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Work {
    /// A new payment.
    Authorise(Wish),
    /// A change to a payment.
    Change(Uuid, Change),
}

/// Money to hold on a card.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Authorisation)]
pub(crate) struct RawWish {
    /// What it pays for.
    #[schema(min_length = 1, max_length = 100)]
    order: Option<String>,
    #[schema(value_type = DescribedSum)]
    amount: Money,
    card: RawCard,
}

/// A card.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Card)]
pub(crate) struct RawCard {
    #[schema(schema_with = card_number)]
    number: String,
}

fn card_number() -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some("A test card. Spaces do not count."))
        .enum_values(Some(Card::numbers()))
}

/// Money to move, in the currency's smallest unit, for the description of the API. [`check`] checks it.
#[derive(ToSchema)]
#[schema(as = Sum)]
#[expect(dead_code, reason = "only describes")]
struct DescribedSum {
    #[schema(minimum = 1, maximum = 1000000000000.0)]
    minor: i64,
    /// ISO 4217.
    #[schema(pattern = "^[A-Z]{3}$", example = "EUR")]
    currency: String,
}

/// How much. All that is left when there is no body or no amount.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Part)]
pub(crate) struct RawPart {
    #[schema(value_type = Option<DescribedSum>)]
    amount: Option<Money>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawNothing {}

/// Reads the body of an authorisation.
pub(crate) fn wish(body: &[u8]) -> Result<Wish, Problem> {
    let raw: RawWish = json(body)?;
    let mut errors = Vec::new();
    check(&raw.amount, &mut errors);
    if let Some(order) = &raw.order
        && (!(1..=100).contains(&order.chars().count()) || order.chars().any(char::is_control))
    {
        errors.push(FieldError::new("order", "must have 1 to 100 characters, and no control characters"));
    }
    let card = Card::find(&raw.card.number);
    if card.is_none() {
        let detail = "must be one of the test cards, such as 4242424242424242; /openapi.json has all of them";
        errors.push(FieldError::new("card.number", detail));
    }
    match card {
        Some(card) if errors.is_empty() => Ok(Wish { order: raw.order, amount: raw.amount, card }),
        _ => Err(Problem::invalid(errors)),
    }
}

/// Reads how much is to be captured or refunded. An empty body means all that is left.
pub(crate) fn part(body: &[u8]) -> Result<Option<Money>, Problem> {
    let raw: RawPart = if body.is_empty() { RawPart::default() } else { json(body)? };
    let mut errors = Vec::new();
    if let Some(amount) = &raw.amount {
        check(amount, &mut errors);
    }
    if errors.is_empty() { Ok(raw.amount) } else { Err(Problem::invalid(errors)) }
}

/// Makes sure that a body says nothing.
pub(crate) fn nothing(body: &[u8]) -> Result<(), Problem> {
    let RawNothing {} = if body.is_empty() { RawNothing::default() } else { json(body)? };
    Ok(())
}

/// Reads the id of a payment.
pub(crate) fn payment_id(text: &str) -> Result<Uuid, Problem> {
    text.parse().map_err(|_| wrong("id", "must be a UUID: the `id` of a payment"))
}

fn check(amount: &Money, errors: &mut Vec<FieldError>) {
    if !(1..=MOST).contains(&amount.minor) {
        errors.push(FieldError::new("amount.minor", format!("must be 1 to {MOST}, in the currency's smallest unit")));
    }
    if amount.currency.len() != 3 || !amount.currency.bytes().all(|byte| byte.is_ascii_uppercase()) {
        errors.push(FieldError::new("amount.currency", "must be a code of ISO 4217, such as EUR"));
    }
}

fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|error| wrong("body", format!("is not what it must be: {error}")))
}

/// One thing that is wrong.
pub(crate) fn wrong(parameter: &str, detail: impl Into<String>) -> Problem {
    Problem::invalid(vec![FieldError::new(parameter, detail)])
}

#[cfg(test)]
mod tests {
    use supplex_kit::idempotency::fingerprint;

    use super::*;

    #[test]
    fn the_same_work_has_the_same_fingerprint_however_it_is_written() {
        let of = |body: &str| fingerprint(&Work::Authorise(wish(body.as_bytes()).expect("a wish")));
        let one = of(r#"{"amount":{"minor":5,"currency":"EUR"},"card":{"number":"4242424242424242"}}"#);
        let same = of(r#"{"card": {"number": "4242 4242 4242 4242"}, "amount": {"currency": "EUR", "minor": 5}}"#);
        let other = of(r#"{"amount":{"minor":6,"currency":"EUR"},"card":{"number":"4242424242424242"}}"#);
        assert_eq!(one, same);
        assert_ne!(one, other);
        let (id, part) = (Uuid::nil(), Change::Capture(None));
        assert_ne!(fingerprint(&Work::Change(id, part)), fingerprint(&Work::Change(id, Change::Refund(None))));
    }

    #[test]
    fn everything_that_is_wrong_is_said_at_once() {
        let body = r#"{"order":"","amount":{"minor":0,"currency":"euro"},"card":{"number":"4111111111111111"}}"#;
        let problem = serde_json::to_value(wish(body.as_bytes()).expect_err("is refused")).expect("JSON");
        let named: Vec<_> =
            problem["errors"].as_array().expect("errors").iter().map(|error| &error["parameter"]).collect();
        assert_eq!(named, ["amount.minor", "amount.currency", "order", "card.number"]);
    }

    #[test]
    fn an_empty_body_means_all_that_is_left_and_a_misspelt_one_means_nothing() {
        assert_eq!(part(b"").expect("all"), None);
        assert_eq!(part(b"{}").expect("all"), None);
        assert!(part(br#"{"amonut":{"minor":1,"currency":"EUR"}}"#).is_err());
        assert!(nothing(br#"{"amount":1}"#).is_err());
    }
}
