//! YAML to the tree: one document, the core schema of YAML 1.2, text keys, anchors and aliases, no merge keys.
//!
//! Built from parse events, because they carry byte spans for keys and values alike. The parser limits how deep a
//! document nests; this file limits how far aliases may blow it up.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use serde_saphyr::granit_parser::{Event, Parser, ScalarStyle, Span as EventSpan, StrInput, Tag};

use super::super::problem::Problems;
use super::{Entry, Node, Span, Value, quote};

/// The most values a document may have once its aliases are replaced by what they stand for.
const MOST_NODES: usize = 100_000;
/// The deepest nesting; the configuration needs five levels.
const DEEPEST: usize = 32;

/// Reads `text`; see [`super::read`].
pub(super) fn read(text: &str, problems: &mut Problems) -> Node {
    let mut reader = Reader { parser: Parser::new_from_str(text), anchors: HashMap::new(), nodes: 0, problems };
    let root = reader.document().unwrap_or(Node { span: 0..0, value: Value::Null });
    match root.value {
        // An empty file is an empty table, as in TOML.
        Value::Null => Node { value: Value::Table(Vec::new()), ..root },
        Value::Table(_) => root,
        other => {
            problems.push(root.span, format!("the configuration must be a table of keys, not {}", other.describe()));
            Node { span: 0..0, value: Value::Table(Vec::new()) }
        }
    }
}

/// `None` anywhere below means that reading stopped; the problem is already noted.
struct Reader<'text, 'problems> {
    parser: Parser<'text, StrInput<'text>>,
    anchors: HashMap<usize, Node>,
    nodes: usize,
    problems: &'problems mut Problems,
}

impl<'text> Reader<'text, '_> {
    fn next(&mut self) -> Option<(Event<'text>, Span)> {
        match self.parser.next_event()? {
            Ok((event, span)) => Some((event, bytes(&span))),
            Err(error) => {
                let start = error.marker().byte_offset().unwrap_or(0);
                self.problems.syntax(start..start, format!("not valid YAML: {}", error.kind()));
                None
            }
        }
    }

    fn document(&mut self) -> Option<Node> {
        let mut root = None;
        loop {
            match self.next()? {
                (Event::StreamStart | Event::DocumentEnd, _) => {}
                (Event::StreamEnd, _) => return root,
                (Event::DocumentStart(..), span) if root.is_some() => {
                    self.problems.push(span, "a configuration is a single YAML document".into());
                    return root;
                }
                (Event::DocumentStart(..), _) => {
                    let (event, span) = self.next()?;
                    root = Some(self.node(event, span, 0)?);
                }
                _ => return root,
            }
        }
    }

    fn node(&mut self, event: Event<'text>, span: Span, depth: usize) -> Option<Node> {
        if depth > DEEPEST {
            self.problems.push(span, "the document nests too deep".into());
            return None;
        }
        let (node, anchor) = match event {
            Event::Scalar(text, style, anchor, tag) => (self.scalar(&text, style, tag.as_deref(), span), anchor),
            Event::SequenceStart(_, anchor, tag) => {
                self.refuse_tag(tag, &span);
                (self.sequence(span, depth)?, anchor)
            }
            Event::MappingStart(_, anchor, tag) => {
                self.refuse_tag(tag, &span);
                (self.mapping(span, depth)?, anchor)
            }
            Event::Alias(anchor) => {
                let Some(target) = self.anchors.get(&anchor) else {
                    self.problems.push(span, "an alias cannot stand inside what it stands for".into());
                    return None;
                };
                self.nodes += size(target);
                if self.nodes > MOST_NODES {
                    self.problems.push(span, "the document has too many values".into());
                    return None;
                }
                (target.clone(), 0)
            }
            _ => return None,
        };
        self.nodes += 1;
        if self.nodes > MOST_NODES {
            self.problems.push(node.span, "the document has too many values".into());
            return None;
        }
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Some(node)
    }

    fn sequence(&mut self, span: Span, depth: usize) -> Option<Node> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => break,
                (event, at) => items.push(self.node(event, at, depth + 1)?),
            }
        }
        let span = items.first().map_or(span, |first: &Node| first.span.clone());
        Some(Node { span, value: Value::Array(items) })
    }

    fn mapping(&mut self, span: Span, depth: usize) -> Option<Node> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut seen = HashSet::new();
        loop {
            let key = match self.next()? {
                (Event::MappingEnd, _) => break,
                (event, at) => self.key(event, at, depth)?,
            };
            let (event, at) = self.next()?;
            let node = self.node(event, at, depth + 1)?;
            let Some((key, key_span)) = key else { continue };
            if !seen.insert(key.clone()) {
                self.problems.push(key_span, format!("the key {} stands here twice", quote(&key)));
                continue;
            }
            // A value that is not there is best shown by its key.
            let empty = node.span.is_empty() && matches!(node.value, Value::Null);
            let node = if empty { Node { span: key_span.clone(), ..node } } else { node };
            entries.push(Entry { key, key_span, node });
        }
        let span = entries.first().map_or(span, |first| first.key_span.clone());
        Some(Node { span, value: Value::Table(entries) })
    }

    /// The key's text; `Some(None)` when it is not text, which is noted and skipped.
    fn key(&mut self, event: Event<'text>, span: Span, depth: usize) -> Option<Option<(String, Span)>> {
        if let Event::Scalar(text, ..) = &event {
            return Some(Some((text.to_string(), span)));
        }
        let node = self.node(event, span, depth + 1)?;
        self.problems.push(node.span, format!("a key must be text, not {}", node.value.describe()));
        Some(None)
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, tag: Option<&Tag>, span: Span) -> Node {
        let as_text = tag.is_some_and(|tag| tag.is_yaml_core_schema_tag("str"));
        if !as_text {
            self.refuse_tag(tag.map(Cow::Borrowed), &span);
        }
        let value = if as_text || style != ScalarStyle::Plain { Value::Text(text.to_owned()) } else { resolve(text) };
        Node { span, value }
    }

    fn refuse_tag(&mut self, tag: Option<Cow<'_, Tag>>, span: &Span) {
        if let Some(tag) = tag {
            self.problems.push(span.clone(), format!("the tag {} is not supported", quote(&tag.original())));
        }
    }
}

fn bytes(span: &EventSpan) -> Span {
    span.byte_range().unwrap_or(0..0)
}

/// How many values a node holds, itself included.
fn size(node: &Node) -> usize {
    match &node.value {
        Value::Array(items) => 1 + items.iter().map(size).sum::<usize>(),
        Value::Table(entries) => 1 + entries.iter().map(|entry| size(&entry.node)).sum::<usize>(),
        _ => 1,
    }
}

/// The type of a plain scalar by the core schema (YAML 1.2.2 section 10.3.2).
fn resolve(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Boolean(true),
        "false" | "False" | "FALSE" => return Value::Boolean(false),
        _ => {}
    }
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Value::Integer(text.parse().ok());
    }
    let radix = |prefix, radix| text.strip_prefix(prefix).map(|digits| (digits, radix));
    if let Some((digits, radix)) = radix("0x", 16).or_else(|| radix("0o", 8))
        && !digits.is_empty()
        && digits.chars().all(|digit| digit.is_digit(radix))
    {
        return Value::Integer(i64::from_str_radix(digits, radix).ok());
    }
    let begins_as_number = digits.starts_with(|char: char| char.is_ascii_digit() || char == '.');
    let special = matches!(digits, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN");
    // Infinity and what is no number are good for nothing here, so they are not told apart.
    if special {
        return Value::Float(f64::NAN);
    }
    if begins_as_number && let Ok(number) = text.parse::<f64>() {
        return Value::Float(number);
    }
    Value::Text(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(text: &str) -> (Node, Vec<String>) {
        let mut problems = Problems::default();
        let node = read(text, &mut problems);
        (node, problems.into_list().into_iter().map(|problem| problem.message).collect())
    }

    #[test]
    fn plain_scalars_follow_the_core_schema() {
        for (text, wanted) in [
            ("yes", "the text `yes`"),
            ("true", "the boolean true"),
            ("-12", "the integer -12"),
            ("0x1F", "the integer 31"),
            ("1e3", "a fraction"),
            (".inf", "a fraction"),
            ("127.0.0.1", "the text `127.0.0.1`"),
            ("5s", "the text `5s`"),
            ("~", "nothing"),
            ("99999999999999999999", "an integer out of range"),
        ] {
            assert_eq!(resolve(text).describe(), wanted, "{text}");
        }
    }

    #[test]
    fn keys_and_values_know_their_bytes() {
        let text = "listeners:\n  - name: 'public'\n";
        let (root, problems) = tree(text);
        assert!(problems.is_empty(), "{problems:?}");
        let Value::Table(entries) = root.value else { panic!("a table") };
        assert_eq!(&text[entries[0].key_span.clone()], "listeners");
        let Value::Array(items) = &entries[0].node.value else { panic!("a list") };
        let Value::Table(fields) = &items[0].value else { panic!("a table") };
        assert_eq!(&text[fields[0].node.span.clone()], "'public'");
    }

    #[test]
    fn what_yaml_allows_but_a_configuration_does_not() {
        assert_eq!(tree("a: 1\na: 2\n").1, ["the key `a` stands here twice"]);
        assert_eq!(tree("a: 1\n---\nb: 2\n").1, ["a configuration is a single YAML document"]);
        assert_eq!(tree("- a\n").1, ["the configuration must be a table of keys, not a list"]);
        assert_eq!(tree("a: !secret x\n").1, ["the tag `!secret` is not supported"]);
        assert_eq!(tree("[a]: 1\n").1, ["a key must be text, not a list"]);
        assert_eq!(tree("").1, [""; 0]);
    }

    #[test]
    fn aliases_stand_for_their_anchors_but_cannot_explode() {
        let (root, problems) = tree("a: &x [1, 2]\nb: *x\n");
        assert!(problems.is_empty(), "{problems:?}");
        let Value::Table(entries) = root.value else { panic!("a table") };
        assert!(matches!(&entries[1].node.value, Value::Array(items) if items.len() == 2));

        let mut bomb = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
        for level in 1..12 {
            let below = format!("*a{},", level - 1).repeat(10);
            bomb.push_str(&format!("a{level}: &a{level} [{}]\n", below.trim_end_matches(',')));
        }
        assert_eq!(tree(&bomb).1, ["the document has too many values"]);
    }
}
