//! Where the keys of a configuration stand, kept for as long as it is in force: so that every decision can be told with the
//! line that made it.
//!
//! A key is named by its path from the root, as in `routes.0.match.prefix` or `upstreams.products.endpoints.2`: positions
//! for what stands in lists, names for the rest. It holds no values, so it can give away no secret.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::document::{Entry, Node, Value};

/// The places of one file. Copies share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places(Arc<Known>);

#[derive(Debug, Default)]
struct Known {
    file: Box<str>,
    /// By path; names of header fields have no case, so paths with capitals stand here in lower case as well.
    keys: BTreeMap<Box<str>, Place>,
}

/// A line and a column, both from 1; columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    line: usize,
    column: usize,
}

impl Places {
    pub(super) fn new(file: &str, text: &str, root: &Node) -> Self {
        let mut found = Vec::new();
        gather(root, &mut String::new(), &mut found);
        found.sort_by_key(|(_, offset)| *offset);
        let mut keys = BTreeMap::new();
        let (mut place, mut seen) = (Place { line: 1, column: 1 }, 0);
        for (path, offset) in found {
            for char in text.get(seen..offset).unwrap_or_default().chars() {
                place = match char {
                    '\n' => Place { line: place.line + 1, column: 1 },
                    _ => Place { column: place.column + 1, ..place },
                };
            }
            seen = seen.max(offset);
            if path.bytes().any(|byte| byte.is_ascii_uppercase()) {
                keys.entry(path.to_ascii_lowercase().into()).or_insert(place);
            }
            keys.insert(path.into(), place);
        }
        Self(Arc::new(Known { file: file.into(), keys }))
    }

    /// `config.toml:12:3` for a key that stands in the file. For one that does not, and so has its default, where the table
    /// stands that could have it: `config.toml:10:1 (default)`.
    #[must_use]
    pub(crate) fn of(&self, path: &str) -> String {
        let Known { file, keys } = &*self.0;
        if let Some(Place { line, column }) = keys.get(path) {
            return format!("{file}:{line}:{column}");
        }
        let mut above = path;
        while let Some((shorter, _)) = above.rsplit_once('.') {
            if let Some(Place { line, column }) = keys.get(shorter) {
                return format!("{file}:{line}:{column} (default)");
            }
            above = shorter;
        }
        format!("{file} (default)")
    }
}

/// The paths below a node, each with the offset of its key, or of the item of a list.
fn gather(node: &Node, path: &mut String, found: &mut Vec<(String, usize)>) {
    let mut step = |key: &str, offset: usize, node: &Node| {
        let length = path.len();
        if length > 0 {
            path.push('.');
        }
        path.push_str(key);
        found.push((path.clone(), offset));
        gather(node, path, found);
        path.truncate(length);
    };
    match &node.value {
        Value::Table(entries) => {
            entries.iter().for_each(|Entry { key, key_span, node }| step(key, key_span.start, node));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| step(&index.to_string(), item.span.start, item));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use crate::config::{Format, parse};

    const TEXT: &str = r#"[[listeners]]
name = "public" # ä
address = "127.0.0.1:0"
[[routes]]
name = "one"
match = { prefix = "/" }
upstream = "up.stream"
request_headers = { set = { X-Gateway = "supplex" } }
[[routes]]
name = "two"
match = { exact = "/two" }
split = [{ upstream = "up.stream", weight = 1 }]
[upstreams."up.stream"]
endpoints = ["127.0.0.1:1", "127.0.0.1:2"]
"#;

    #[test]
    fn every_key_has_its_place_and_a_default_that_of_its_table() {
        let places = parse(TEXT, Format::Toml, "a.toml").expect("valid").places;
        for (path, place) in [
            ("listeners.0.address", "a.toml:3:1"),
            ("routes.1.match.exact", "a.toml:11:11"),
            ("routes.1.split.0.weight", "a.toml:12:36"),
            ("routes.0.request_headers.set.x-gateway", "a.toml:8:29"),
            ("upstreams.up.stream.endpoints.1", "a.toml:14:29"),
            ("upstreams.up.stream", "a.toml:13:12"),
            ("upstreams.up.stream.balance", "a.toml:13:12 (default)"),
            ("routes.1.timeout", "a.toml:9:1 (default)"),
            ("gateway.workers", "a.toml (default)"),
        ] {
            assert_eq!(places.of(path), place, "{path}");
        }
    }

    #[test]
    fn yaml_has_places_as_well() {
        let text = "listeners:\n  - name: public\n    address: 127.0.0.1:0\nroutes:\n  - {name: a, match: {prefix: /}, upstream: u}\n\
                    upstreams:\n  u: {endpoints: [\"127.0.0.1:1\"]}\n";
        let places = parse(text, Format::Yaml, "a.yaml").expect("valid").places;
        assert_eq!(places.of("routes.0.match.prefix"), "a.yaml:5:23");
        assert_eq!(places.of("upstreams.u.endpoints.0"), "a.yaml:7:19");
    }
}
