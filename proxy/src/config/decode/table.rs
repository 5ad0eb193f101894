//! Tables whose keys are known: one declaration (`table!`) gives struct, decoder and schema.

use schemars::{Schema, SchemaGenerator, json_schema};

use super::{At, Decode, expected};
use crate::config::document::{Entry, Literal, Node, Span, Value, quote};
use crate::config::problem::Problems;
use crate::config::schema::{Of, describe};
use crate::config::suggest;

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

    /// Left out, it counts as this fraction.
    #[must_use]
    pub(crate) const fn fraction(default: f64) -> Need {
        Need::Default(Literal::Float(default))
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
    alternatives: &'static [&'static str],
}

impl TableSchema {
    /// A table without fields.
    #[must_use]
    pub(crate) fn new() -> Self {
        Self { properties: serde_json::Map::new(), required: Vec::new(), alternatives: &[] }
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

    /// Says that exactly one of `keys` must be there.
    pub(crate) fn one_of(&mut self, keys: &'static [&'static str]) {
        self.alternatives = keys;
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
        if !self.alternatives.is_empty() {
            let only = |key: &&str| serde_json::json!({ "required": [key] });
            schema.insert("oneOf".into(), self.alternatives.iter().map(only).collect());
        }
        schema
    }
}

/// Declares a table of the configuration: struct, decoder and schema in one.
///
/// A field is `key: Type = NEED`, with what [`need`] has. Its documentation is the description in the schema and must
/// name unit and range. `Name keeps keys` adds a field that tells which keys stand in the file;
/// `with one of KEYS` has the schema say that exactly one of them must be there, which `check.rs` enforces.
macro_rules! table {
    (
        $(#[doc = $doc:literal])*
        $name:ident $(keeps $keys:ident)? $(with one of $alternatives:ident)? {
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
                $(schema.one_of($alternatives);)?
                schema.finish(&[$($doc),*])
            }
        }
    };
}

pub(crate) use table;
