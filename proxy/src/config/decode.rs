//! From the tree to typed values, noting every unknown key, wrong type and missing key on the way.
//!
//! One declaration (`table!`) per table of the configuration gives its struct, its decoder and its JSON schema, so that
//! the three cannot disagree. What values mean together is decided later, in `check.rs`.

use std::collections::HashSet;

use schemars::{Schema, SchemaGenerator, json_schema};

use super::document::{Entry, Literal, Node, Span, Value, quote};
use super::problem::Problems;
use super::schema::{Of, describe};
use super::suggest;

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

    fn schema(_: &mut SchemaGenerator) -> Schema {
        T::schema()
    }
}

/// A number where text belongs may only lack its quotes, or its unit.
fn wrong_type<T: Text>(node: &Node, problems: &mut Problems) {
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

/// Whether a key must be there.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Need {
    /// It must.
    Required,
    /// It may be left out.
    Optional,
    /// It may be left out, and then counts as this.
    Default(Literal),
}

/// How a table's declaration says what a key needs.
pub(crate) mod need {
    use super::Need;
    use crate::config::document::Literal;

    /// The key must be there.
    pub(crate) const REQUIRED: Need = Need::Required;
    /// The key may be left out, and then says nothing.
    pub(crate) const OPTIONAL: Need = Need::Optional;
    /// Left out, it is an empty list.
    pub(crate) const EMPTY_LIST: Need = Need::Default(Literal::EmptyList);
    /// Left out, it is an empty table.
    pub(crate) const EMPTY_TABLE: Need = Need::Default(Literal::EmptyTable);

    /// Left out, it counts as this text.
    #[must_use]
    pub(crate) const fn text(default: &'static str) -> Need {
        Need::Default(Literal::Text(default))
    }

    /// Left out, it counts as this number.
    #[must_use]
    pub(crate) const fn number(default: i64) -> Need {
        Need::Default(Literal::Integer(default))
    }
}

/// The keys of one table that stand in the file, whatever their values.
#[derive(Clone, Debug)]
pub(crate) struct Keys(Vec<(&'static str, Span)>);

impl Keys {
    /// Where the keys among `wanted` stand, in the order of the declaration.
    pub(crate) fn among<'a>(&'a self, wanted: &'a [&str]) -> impl Iterator<Item = (&'static str, &'a Span)> {
        self.0.iter().filter(|(key, _)| wanted.contains(key)).map(|(key, span)| (*key, span))
    }
}

/// The entries of a table whose keys are known.
#[derive(Debug)]
pub(crate) struct Fields<'node> {
    span: &'node Span,
    entries: &'node [Entry],
}

impl<'node> Fields<'node> {
    /// The fields of `node`, once every key that is not in `known` is noted.
    pub(crate) fn open(node: &'node Node, known: &[&str], problems: &mut Problems) -> Option<Self> {
        let Value::Table(entries) = &node.value else {
            problems.push_with(node.span.clone(), expected("a table", node), format!("its keys: {}", known.join(", ")));
            return None;
        };
        for entry in entries.iter().filter(|entry| !known.contains(&entry.key.as_str())) {
            let hint = suggest::hint(&entry.key, known, "known keys");
            problems.push_with(entry.key_span.clone(), format!("unknown key {}", quote(&entry.key)), hint);
        }
        Some(Self { span: &node.span, entries })
    }

    /// Which of the `known` keys stand here, and where.
    #[must_use]
    pub(crate) fn keys(&self, known: &[&'static str]) -> Keys {
        let place = |key: &str| self.entries.iter().find(|entry| entry.key == key).map(|entry| entry.key_span.clone());
        Keys(known.iter().filter_map(|key| place(key).map(|span| (*key, span))).collect())
    }

    /// The value of one key.
    pub(crate) fn field<T: Decode>(&self, key: &str, need: Need, problems: &mut Problems) -> Option<At<T>> {
        if let Some(entry) = self.entries.iter().find(|entry| entry.key == key) {
            return problems.within(key, |problems| At::decode(&entry.node, problems));
        }
        match need {
            Need::Optional => None,
            Need::Required => {
                problems.push(self.span.clone(), format!("the key `{key}` is missing"));
                None
            }
            Need::Default(literal) => {
                At::decode(&literal.at(self.span.clone()), problems).map(|at| At { written: false, ..at })
            }
        }
    }
}

/// A list with at least `LEAST` items.
#[derive(Debug)]
pub(crate) struct List<T, const LEAST: usize = 0>(pub(crate) Vec<At<T>>);

impl<T: Decode, const LEAST: usize> Decode for List<T, LEAST> {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let Value::Array(items) = &node.value else {
            problems.push(node.span.clone(), expected("a list", node));
            return None;
        };
        if items.len() < LEAST {
            problems.push(node.span.clone(), "the list is empty".into());
        }
        let decoded = items.iter().enumerate();
        let decoded = decoded.filter_map(|(index, item)| problems.within_item(index, |found| At::decode(item, found)));
        Some(Self(decoded.collect()))
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = json_schema!({ "type": "array", "items": generator.subschema_for::<Of<T>>() });
        if LEAST > 0 {
            schema.insert("minItems".into(), LEAST.into());
        }
        schema
    }
}

/// A table whose keys are the user's own. A value that could not be decoded still has its key.
#[derive(Debug)]
pub(crate) struct Map<K, V>(pub(crate) Vec<(At<K>, Option<At<V>>)>);

impl<K: Text + PartialEq, V: Decode> Decode for Map<K, V> {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let Value::Table(entries) = &node.value else {
            problems.push(node.span.clone(), expected("a table", node));
            return None;
        };
        let mut decoded: Vec<(At<K>, Option<At<V>>)> = Vec::with_capacity(entries.len());
        for Entry { key, key_span, node } in entries {
            problems.within(key, |problems| {
                let value = At::decode(node, problems);
                let named = Node { span: key_span.clone(), value: Value::Text(key.clone()) };
                let Some(key) = At::<K>::decode(&named, problems) else { return };
                // Keys that differ as text may be the same: names of header fields know no case.
                if decoded.iter().any(|(other, _)| other.value == key.value) {
                    problems.push(key.span, "this key stands here twice".into());
                } else {
                    decoded.push((key, value));
                }
            });
        }
        Some(Self(decoded))
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "propertyNames": K::schema(),
            "additionalProperties": generator.subschema_for::<Of<V>>(),
        })
    }
}

/// Notes every item of `items` that stands in the list already.
pub(crate) fn refuse_repeats<'a, T: Eq + std::hash::Hash + 'a>(
    items: impl IntoIterator<Item = (T, &'a Span)>,
    what: &str,
    problems: &mut Problems,
) {
    let mut seen = HashSet::new();
    for (item, span) in items {
        if !seen.insert(item) {
            problems.push(span.clone(), what.to_owned());
        }
    }
}

/// The key that a Rust field stands for: `r#match` is `match`.
#[must_use]
pub(crate) const fn key(field: &'static str) -> &'static str {
    match field.as_bytes() {
        [b'r', b'#', ..] => field.split_at(2).1,
        _ => field,
    }
}

/// The schema of a table, one field at a time.
#[derive(Debug)]
pub(crate) struct TableSchema {
    properties: serde_json::Map<String, serde_json::Value>,
    required: Vec<&'static str>,
}

impl TableSchema {
    /// A table without fields.
    #[must_use]
    pub(crate) fn new() -> Self {
        Self { properties: serde_json::Map::new(), required: Vec::new() }
    }

    /// Adds a field.
    pub(crate) fn field<T: Decode>(
        &mut self,
        generator: &mut SchemaGenerator,
        key: &'static str,
        need: Need,
        documentation: &[&str],
    ) {
        let mut schema = generator.subschema_for::<Of<T>>();
        schema.insert("description".into(), describe(documentation).into());
        match need {
            Need::Required => self.required.push(key),
            Need::Optional => {}
            Need::Default(literal) => {
                schema.insert("default".into(), literal.json());
            }
        }
        self.properties.insert(key.to_owned(), schema.to_value());
    }

    /// The finished schema.
    #[must_use]
    pub(crate) fn finish(self, documentation: &[&str]) -> Schema {
        let mut schema = json_schema!({
            "type": "object",
            "description": describe(documentation),
            "properties": self.properties,
            "additionalProperties": false,
        });
        if !self.required.is_empty() {
            schema.insert("required".into(), self.required.into());
        }
        schema
    }
}

/// Declares a table of the configuration: struct, decoder and schema in one.
///
/// A field is `key: Type = NEED`, with what [`need`] has. Its documentation is the description in the schema and must
/// name unit and range. `Name keeps keys` adds a field that tells which keys stand in the file.
macro_rules! table {
    (
        $(#[doc = $doc:literal])*
        $name:ident $(keeps $keys:ident)? {
            $($(#[doc = $field_doc:literal])* $field:ident: $type:ty = $need:expr,)*
        }
    ) => {
        $(#[doc = $doc])*
        #[derive(Debug)]
        pub(crate) struct $name {
            $(
                /// Which keys stand in the file, whatever their values.
                pub(crate) $keys: $crate::config::decode::Keys,
            )?
            $($(#[doc = $field_doc])* pub(crate) $field: Option<$crate::config::decode::At<$type>>,)*
        }

        impl $crate::config::decode::Decode for $name {
            const NAME: Option<&'static str> = Some(stringify!($name));

            fn decode(
                node: &$crate::config::document::Node,
                problems: &mut $crate::config::problem::Problems,
            ) -> Option<Self> {
                use $crate::config::decode::{Fields, key};
                const KEYS: &[&str] = &[$(key(stringify!($field))),*];
                let fields = Fields::open(node, KEYS, problems)?;
                Some(Self {
                    $($keys: fields.keys(KEYS),)?
                    $($field: fields.field(key(stringify!($field)), $need, problems),)*
                })
            }

            fn schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                use $crate::config::decode::{TableSchema, key};
                let mut schema = TableSchema::new();
                $(schema.field::<$type>(
                    generator,
                    key(stringify!($field)),
                    $need,
                    &[$($field_doc),*],
                );)*
                schema.finish(&[$($doc),*])
            }
        }
    };
}

pub(crate) use table;
