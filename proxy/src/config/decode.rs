//! From the tree to typed values, noting every unknown key, wrong type and missing key on the way.
//!
//! One declaration (`table!`) per table of the configuration gives its struct, its decoder and its JSON schema, so that
//! the three cannot disagree. What values mean together is decided later, in `check.rs`. Where to read on:
//! `decode/table.rs`, `decode/collection.rs`, and `scalar.rs` for the single values.

mod collection;
mod table;
mod veiled;

use schemars::{Schema, SchemaGenerator};

use super::document::{Node, Span, Value};
use super::problem::Problems;

pub(crate) use collection::{List, Map, refuse_repeats};
pub(crate) use table::{Fields, Keys, TableSchema, key, need, table};
pub(crate) use veiled::Veiled;

/// Something that can stand in a configuration.
pub(crate) trait Decode: Sized {
    /// The name under which the schema defines it; unnamed ones are written out where they are used.
    const NAME: Option<&'static str> = None;

    /// The value of `node`. `None` means that the reason is in `problems`.
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self>;

    /// What the schema says about it.
    fn schema(generator: &mut SchemaGenerator) -> Schema;
}

/// Something that is written as text.
pub(crate) trait Text: Sized {
    /// What is expected, with an article.
    const WHAT: &'static str;
    /// Whether its text must not be shown, not even in the message that refuses it.
    const SECRET: bool = false;

    /// The value of `text`.
    ///
    /// # Errors
    /// What is wrong with it, and what to write instead.
    fn parse(text: &str) -> Result<Self, Refusal>;

    /// What the schema says about it.
    fn schema() -> Schema;
}

/// Why a text was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// What is wrong.
    pub(crate) message: String,
    /// What to do about it.
    pub(crate) hint: Option<String>,
}

impl Refusal {
    /// A refusal with advice.
    pub(crate) fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { message: message.into(), hint: Some(hint.into()) }
    }

    /// A refusal that says it all.
    pub(crate) fn plain(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None }
    }
}

impl<T: Text> Decode for T {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        if T::SECRET {
            problems.keeping_secret(|problems| decode_text(node, problems))
        } else {
            decode_text(node, problems)
        }
    }

    fn schema(_: &mut SchemaGenerator) -> Schema {
        T::schema()
    }
}

fn decode_text<T: Text>(node: &Node, problems: &mut Problems) -> Option<T> {
    let Value::Text(text) = &node.value else {
        wrong_type::<T>(node, problems);
        return None;
    };
    match T::parse(text) {
        Ok(value) => Some(value),
        Err(Refusal { message, hint }) => {
            match hint {
                Some(hint) => problems.push_with(node.span.clone(), message, hint),
                None => problems.push(node.span.clone(), message),
            }
            None
        }
    }
}

/// A number where text belongs may only lack its quotes, or its unit.
fn wrong_type<T: Text>(node: &Node, problems: &mut Problems) {
    if T::SECRET {
        return problems.push(node.span.clone(), format!("expected {}", T::WHAT));
    }
    let message = expected(T::WHAT, node);
    let bare = match node.value {
        Value::Integer(Some(value)) => value.to_string(),
        Value::Boolean(value) => value.to_string(),
        _ => return problems.push(node.span.clone(), message),
    };
    let hint = match T::parse(&bare) {
        Ok(_) => Some(format!("put it in quotes: \"{bare}\"")),
        Err(refusal) => refusal.hint,
    };
    match hint {
        Some(hint) => problems.push_with(node.span.clone(), message, hint),
        None => problems.push(node.span.clone(), message),
    }
}

/// The message for a value of the wrong type.
#[must_use]
pub(crate) fn expected(what: &str, node: &Node) -> String {
    format!("expected {what}, found {}", node.value.describe())
}

/// A decoded value and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct At<T> {
    /// The value.
    pub(crate) value: T,
    /// Its text; for a default, that of the table which could have held it.
    pub(crate) span: Span,
    /// Whether it stands in the file; a default does not.
    pub(crate) written: bool,
}

impl<T: Decode> At<T> {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        Some(Self { value: T::decode(node, problems)?, span: node.span.clone(), written: true })
    }
}
