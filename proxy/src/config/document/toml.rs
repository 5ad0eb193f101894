//! TOML to the tree. Goes on after a syntax error, so that one run shows several of them.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::super::problem::Problems;
use super::{Entry, Node, Span, Value};

/// Reads `text`; see [`super::read`].
pub(super) fn read(text: &str, problems: &mut Problems) -> Node {
    let (document, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        problems.syntax(error.span().unwrap_or(0..0), format!("not valid TOML: {}", error.message()));
    }
    table(document.get_ref(), document.span())
}

fn table(table: &DeTable<'_>, span: Span) -> Node {
    let mut entries: Vec<Entry> = table
        .iter()
        .map(|(key, value)| Entry { key: key.get_ref().to_string(), key_span: key.span(), node: node(value) })
        .collect();
    entries.sort_by_key(|entry| entry.key_span.start);
    Node { span, value: Value::Table(entries) }
}

fn node(value: &Spanned<DeValue<'_>>) -> Node {
    let span = value.span();
    let value = match value.get_ref() {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Integer(number) => Value::Integer(i64::from_str_radix(number.as_str(), number.radix()).ok()),
        DeValue::Float(number) => Value::Float(number.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(value) => Value::Boolean(*value),
        DeValue::Datetime(_) => Value::Datetime,
        DeValue::Array(items) => Value::Array(items.iter().map(node).collect()),
        DeValue::Table(entries) => return table(entries, span),
    };
    Node { span, value }
}
