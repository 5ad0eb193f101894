//! What a client may ask for, checked: every wrong field is reported at once, with its name and what would be right.
//!
//! Never touches the database.

use axum::http::HeaderMap;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize, Serializer};
use sha2::{Digest, Sha256};
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

/// A piece of work with the key it came with.
#[derive(Clone, Debug)]
pub(crate) struct Ticket {
    /// The `Idempotency-Key`.
    pub(crate) key: String,
    /// The same for the same work, however its JSON was written.
    pub(crate) fingerprint: Vec<u8>,
    pub(crate) work: Work,
}

impl Ticket {
    /// `work` under the key in `headers`.
    ///
    /// # Errors
    /// When there is no key, or it cannot be one.
    pub(crate) fn new(headers: &HeaderMap, work: Work) -> Result<Self, Problem> {
        let mut keys = headers.get_all("idempotency-key").iter();
        let key = match (keys.next().map(|key| key.to_str()), keys.next()) {
            (Some(Ok(key)), None) if (1..=255).contains(&key.len()) => key.to_owned(),
            _ => return Err(wrong("Idempotency-Key", "must be there once, with 1 to 255 visible ASCII characters")),
        };
        let json = serde_json::to_vec(&work).map_err(|_| Problem::internal())?;
        Ok(Self { key, fingerprint: Sha256::digest(&json).to_vec(), work })
    }
}

/// Money to hold on a card.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Authorisation)]
pub(crate) struct RawWish {
    /// What it pays for.
    #[schema(min_length = 1, max_length = 100)]
    order: Option<String>,
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

/// How much. All that is left when there is no body or no amount.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Part)]
pub(crate) struct RawPart {
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
    use super::*;

    fn ticket(body: &str) -> Ticket {
        let mut headers = HeaderMap::new();
        headers.insert("idempotency-key", "k".parse().expect("a value"));
        Ticket::new(&headers, Work::Authorise(wish(body.as_bytes()).expect("a wish"))).expect("a ticket")
    }

    #[test]
    fn the_same_work_has_the_same_fingerprint_however_it_is_written() {
        let one = ticket(r#"{"amount":{"minor":5,"currency":"EUR"},"card":{"number":"4242424242424242"}}"#);
        let same = ticket(r#"{"card": {"number": "4242 4242 4242 4242"}, "amount": {"currency": "EUR", "minor": 5}}"#);
        let other = ticket(r#"{"amount":{"minor":6,"currency":"EUR"},"card":{"number":"4242424242424242"}}"#);
        assert_eq!(one.fingerprint, same.fingerprint);
        assert_ne!(one.fingerprint, other.fingerprint);
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
