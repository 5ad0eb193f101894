//! A configuration file as a tree of values that know where they stand in the text.
//!
//! TOML and YAML both become this one tree, so everything after it exists once. Entries keep the order of the file.
//! It knows no key of the configuration; `decode.rs` does. Where to read on: `document/toml.rs`, `document/yaml.rs`.

mod toml;
mod yaml;

use std::fmt::Write as _;
use std::ops::Range;
use std::path::Path;

use super::problem::Problems;

/// Bytes of the source text.
pub(crate) type Span = Range<usize>;

/// How the text of a configuration is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// TOML 1.0: `.toml`.
    Toml,
    /// YAML 1.2 (core schema): `.yaml` or `.yml`.
    Yaml,
}

impl Format {
    /// The format that a file name's extension stands for.
    #[must_use]
    pub(crate) fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()? {
            "toml" => Some(Format::Toml),
            "yaml" | "yml" => Some(Format::Yaml),
            _ => None,
        }
    }
}

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    /// The value's text; for a table or an array whatever names it best (a `[header]`, the first key).
    pub(crate) span: Span,
    /// The value.
    pub(crate) value: Value,
}

/// What a node holds.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    /// YAML's null.
    Null,
    /// `true` or `false`.
    Boolean(bool),
    /// A whole number; `None` when it does not fit.
    Integer(Option<i64>),
    /// Any other number.
    Float(f64),
    /// TOML's dates and times.
    Datetime,
    /// Text.
    Text(String),
    /// A list.
    Array(Vec<Node>),
    /// Keys with values, in the order of the file.
    Table(Vec<Entry>),
}

/// One key of a table with its value.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// The key, unescaped.
    pub(crate) key: String,
    /// Where the key stands.
    pub(crate) key_span: Span,
    /// What it is set to.
    pub(crate) node: Node,
}

/// Reads `text` into a tree whose root is a table. Syntax errors go to `problems`; what could be read is returned.
pub(crate) fn read(text: &str, format: Format, problems: &mut Problems) -> Node {
    match format {
        Format::Toml => toml::read(text, problems),
        Format::Yaml => yaml::read(text, problems),
    }
}

impl Value {
    /// What the value is, with an article: `the integer 5`, `a table`.
    #[must_use]
    pub(crate) fn describe(&self) -> String {
        match self {
            Value::Null => "nothing".into(),
            Value::Boolean(value) => format!("the boolean {value}"),
            Value::Integer(Some(value)) => format!("the integer {value}"),
            Value::Integer(None) => "an integer out of range".into(),
            Value::Float(_) => "a fraction".into(),
            Value::Datetime => "a date or time".into(),
            Value::Text(value) => format!("the text {}", quote(value)),
            Value::Array(_) => "a list".into(),
            Value::Table(_) => "a table".into(),
        }
    }
}

/// `text` between backticks, escaped and cut so that it is safe to print.
#[must_use]
pub(crate) fn quote(text: &str) -> String {
    const LONGEST: usize = 60;
    let mut quoted = String::from("`");
    for (count, char) in text.chars().enumerate() {
        if count == LONGEST {
            quoted.push_str("...");
            break;
        }
        if char.is_control()
            || matches!(char, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        {
            let _ = write!(quoted, "{}", char.escape_unicode());
        } else {
            quoted.push(char);
        }
    }
    quoted.push('`');
    quoted
}

/// A default, written as it would stand in a file.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Literal {
    /// Text, which covers durations and sizes as well.
    Text(&'static str),
    /// A whole number.
    Integer(i64),
    /// Any other number.
    Float(f64),
    /// An empty list.
    EmptyList,
    /// An empty table: every key has its own default.
    EmptyTable,
}

impl Literal {
    /// The literal as a node that stands at `span`.
    #[must_use]
    pub(crate) fn at(self, span: Span) -> Node {
        let value = match self {
            Literal::Text(text) => Value::Text(text.to_owned()),
            Literal::Integer(value) => Value::Integer(Some(value)),
            Literal::Float(value) => Value::Float(value),
            Literal::EmptyList => Value::Array(Vec::new()),
            Literal::EmptyTable => Value::Table(Vec::new()),
        };
        Node { span, value }
    }

    /// The literal as JSON, for the schema.
    #[must_use]
    pub(crate) fn json(self) -> serde_json::Value {
        match self {
            Literal::Text(text) => text.into(),
            Literal::Integer(value) => value.into(),
            Literal::Float(value) => value.into(),
            Literal::EmptyList => serde_json::Value::Array(Vec::new()),
            Literal::EmptyTable => serde_json::Value::Object(serde_json::Map::new()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_extension_tells_the_format() {
        assert_eq!(Format::of(Path::new("/etc/supplex/config.toml")), Some(Format::Toml));
        assert_eq!(Format::of(Path::new("a.yml")), Some(Format::Yaml));
        assert_eq!(Format::of(Path::new("a.yaml")), Some(Format::Yaml));
        assert_eq!(Format::of(Path::new("a.json")), None);
        assert_eq!(Format::of(Path::new("toml")), None);
    }

    #[test]
    fn quoting_makes_text_safe_to_print() {
        assert_eq!(quote("plain"), "`plain`");
        assert_eq!(quote("a\u{1b}[31m\n"), "`a\\u{1b}[31m\\u{a}`");
        assert_eq!(quote(&"x".repeat(100)), format!("`{}...`", "x".repeat(60)));
    }
}
