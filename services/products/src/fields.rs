//! The fields of a JSON body, read one by one, with everything that is wrong with them collected.
//!
//! A deserialiser would stop at the first mistake. Fields that do not exist are refused as well: a misspelt `prise` would
//! otherwise change nothing and say so to nobody.

use serde_json::{Map, Value};
use supplex_kit::{FieldError, Problem};

use crate::money::Money;

/// The highest price of one piece: ten million of a currency with a hundred smaller units.
const MAX_PRICE: i64 = 1_000_000_000;

/// The fields that were not read yet, and what was wrong so far.
pub(crate) struct Fields {
    /// What stands before the names in errors, such as `price.`.
    prefix: String,
    given: Map<String, Value>,
    errors: Vec<FieldError>,
}

impl Fields {
    /// Those of a body.
    ///
    /// # Errors
    /// When it is not a JSON object.
    pub(crate) fn of_body(body: &[u8]) -> Result<Self, Problem> {
        let wrong = |detail: String| Problem::invalid(vec![FieldError::new("body", detail)]);
        match serde_json::from_slice(body) {
            Ok(Value::Object(given)) => Ok(Self { prefix: String::new(), given, errors: Vec::new() }),
            Ok(_) => Err(wrong("must be a JSON object".to_owned())),
            Err(error) => Err(wrong(format!("is not JSON: {error}"))),
        }
    }

    /// Whether there is nothing to read.
    pub(crate) fn is_empty(&self) -> bool {
        self.given.is_empty()
    }

    /// Reads a field. `None` when it is not there or `null`, or wrong, which is noted.
    pub(crate) fn optional<T>(&mut self, name: &str, read: impl FnOnce(&Value) -> Result<T, String>) -> Option<T> {
        match self.given.remove(name)? {
            Value::Null => None,
            value => read(&value).map_err(|detail| self.wrong(name, detail)).ok(),
        }
    }

    /// Reads a field that must be there. `None` when something is wrong, which is noted.
    pub(crate) fn required<T>(&mut self, name: &str, read: impl FnOnce(&Value) -> Result<T, String>) -> Option<T> {
        if self.given.get(name).is_none_or(Value::is_null) {
            self.wrong(name, "must be there");
        }
        self.optional(name, read)
    }

    /// Reads an amount of money that must be there. `None` when something is wrong, which is noted.
    pub(crate) fn required_money(&mut self, name: &str) -> Option<Money> {
        if self.given.get(name).is_none_or(Value::is_null) {
            self.wrong(name, "must be there");
        }
        self.money(name)
    }

    /// Reads an amount of money. `None` when it is not there, or wrong, which is noted.
    pub(crate) fn money(&mut self, name: &str) -> Option<Money> {
        let value = self.given.remove(name).filter(|value| !value.is_null())?;
        self.object(name, value, |fields| {
            let minor = fields.required("minor", whole(0, MAX_PRICE));
            let currency = fields.required("currency", currency);
            Some(Money { minor: minor?, currency: currency? })
        })
    }

    /// Reads a list of 1 to `most` objects. `None` when something is wrong, which is noted.
    pub(crate) fn list<T>(
        &mut self,
        name: &str,
        most: usize,
        mut read: impl FnMut(&mut Fields) -> Option<T>,
    ) -> Option<Vec<T>> {
        match self.given.remove(name) {
            Some(Value::Array(values)) if (1..=most).contains(&values.len()) => {
                let element = |(index, value)| self.object(&format!("{name}[{index}]"), value, &mut read);
                // All are read, so that the mistakes of all are noted.
                values.into_iter().enumerate().map(element).collect::<Vec<_>>().into_iter().collect()
            }
            _ => {
                self.wrong(name, format!("must be a list of 1 to {most}"));
                None
            }
        }
    }

    fn object<T>(&mut self, name: &str, value: Value, read: impl FnOnce(&mut Fields) -> Option<T>) -> Option<T> {
        let Value::Object(given) = value else {
            self.wrong(name, "must be an object");
            return None;
        };
        let mut inner = Self { prefix: format!("{}{name}.", self.prefix), given, errors: Vec::new() };
        let read = read(&mut inner);
        self.errors.extend(inner.all_errors());
        read
    }

    /// Notes what is wrong with a field.
    pub(crate) fn wrong(&mut self, name: &str, detail: impl Into<String>) {
        self.errors.push(FieldError::new(format!("{}{name}", self.prefix), detail));
    }

    /// Refuses whatever was not read, and says all that was wrong.
    ///
    /// # Errors
    /// When anything was.
    pub(crate) fn finish(self) -> Result<(), Problem> {
        let errors = self.all_errors();
        if errors.is_empty() { Ok(()) } else { Err(Problem::invalid(errors)) }
    }

    fn all_errors(mut self) -> Vec<FieldError> {
        for name in std::mem::take(&mut self.given).into_iter().map(|(name, _)| name) {
            self.wrong(&name, "is not a field that is known here");
        }
        self.errors
    }
}

/// Reads a line of `least` to `most` characters.
pub(crate) fn text(least: usize, most: usize) -> impl Fn(&Value) -> Result<String, String> {
    move |value| without_control_characters(value, least, most, |_| false)
}

/// Reads a text of at most `most` characters, which may have several lines.
pub(crate) fn prose(most: usize) -> impl Fn(&Value) -> Result<String, String> {
    move |value| without_control_characters(value, 0, most, |character| character == '\n')
}

fn without_control_characters(
    value: &Value,
    least: usize,
    most: usize,
    except: impl Fn(char) -> bool,
) -> Result<String, String> {
    let text = value.as_str().map(str::trim).filter(|text| (least..=most).contains(&text.chars().count()));
    let text = text.ok_or_else(|| format!("must be a text of {least} to {most} characters"))?;
    let unwanted = |character: char| character.is_control() && !except(character);
    if text.chars().any(unwanted) { Err("contains control characters".into()) } else { Ok(text.to_owned()) }
}

/// Reads a whole number from `least` to `most`.
pub(crate) fn whole<T>(least: T, most: T) -> impl Fn(&Value) -> Result<T, String>
where
    T: TryFrom<i64> + PartialOrd + std::fmt::Display,
{
    move |value| {
        let number = value.as_i64().and_then(|number| T::try_from(number).ok());
        let within = number.filter(|number| (&least..=&most).contains(&number));
        within.ok_or_else(|| format!("must be a whole number from {least} to {most}"))
    }
}

/// Reads a UUID.
pub(crate) fn uuid(value: &Value) -> Result<uuid::Uuid, String> {
    value.as_str().and_then(|text| text.parse().ok()).ok_or_else(|| "must be a UUID".to_owned())
}

/// Reads a truth value.
pub(crate) fn yes_or_no(value: &Value) -> Result<bool, String> {
    value.as_bool().ok_or_else(|| "must be true or false".to_owned())
}

fn currency(value: &Value) -> Result<String, String> {
    let three = |text: &&str| text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase());
    let currency = value.as_str().filter(three).map(str::to_owned);
    currency.ok_or_else(|| "must be a code of ISO 4217, such as EUR".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_is_wrong_is_said_at_once() {
        let body =
            r#"{"name":7,"price":{"minor":-1,"currency":"euro","cents":1},"items":[{"n":1},{"n":0},3],"colour":1}"#;
        let mut fields = Fields::of_body(body.as_bytes()).expect("an object");
        assert_eq!(fields.required("name", text(1, 5)), None);
        assert_eq!(fields.money("price"), None);
        assert_eq!(fields.list("items", 3, |fields| fields.required("n", whole(1, 5))), None);
        assert_eq!(fields.required("id", uuid), None);
        let problem = serde_json::to_value(fields.finish().expect_err("wrong")).expect("JSON");
        let named: Vec<_> = problem["errors"].as_array().expect("errors").iter().map(|it| &it["parameter"]).collect();
        let expected =
            ["name", "price.minor", "price.currency", "price.cents", "items[1].n", "items[2]", "id", "colour"];
        assert_eq!(named, expected);
    }

    #[test]
    fn only_objects_are_bodies() {
        for body in ["", "[]", "null", "7", "{\"a\":"] {
            assert!(Fields::of_body(body.as_bytes()).is_err(), "{body:?}");
        }
    }
}
