//! Lists, and tables whose keys are the user's own.

use std::collections::HashSet;

use schemars::{Schema, SchemaGenerator, json_schema};

use super::{At, Decode, Text, expected};
use crate::config::document::{Entry, Node, Span, Value};
use crate::config::problem::Problems;
use crate::config::schema::Of;

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
