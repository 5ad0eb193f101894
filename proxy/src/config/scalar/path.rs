//! URL paths of routes, in the normalised form that requests are matched in.
//!
//! A path that no request can have after its normalisation would never match, so it is refused with the form to write.

use schemars::{Schema, json_schema};
use supplex_engine::http1::Violation;
use supplex_engine::http1::target::normal_path;

use crate::config::decode::{Refusal, Text};
use crate::config::document::quote;

/// A whole path in normalised form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UrlPath(pub(crate) Box<str>);

impl Text for UrlPath {
    const WHAT: &'static str = "a path such as \"/api/products\"";

    fn parse(text: &str) -> Result<Self, Refusal> {
        check(text)?;
        Ok(Self(text.into()))
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "pattern": "^/[^?#\\s]*$" })
    }
}

/// Leading whole segments in normalised form, without a trailing slash; empty for `/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PathPrefix(pub(crate) Box<str>);

impl Text for PathPrefix {
    const WHAT: &'static str = UrlPath::WHAT;

    fn parse(text: &str) -> Result<Self, Refusal> {
        if let Some(segments) = text.strip_suffix('*') {
            return Err(Refusal::new(
                format!("{} is not a prefix", quote(text)),
                format!("prefixes have no wildcard: write `{}`", segments.escape_default()),
            ));
        }
        check(text)?;
        Ok(Self(text.strip_suffix('/').unwrap_or(text).into()))
    }

    fn schema() -> Schema {
        UrlPath::schema()
    }
}

impl PathPrefix {
    /// Whether `path` is this prefix, or lies below it.
    #[must_use]
    pub(crate) fn covers(&self, path: &str) -> bool {
        path.strip_prefix(&*self.0).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

fn check(path: &str) -> Result<(), Refusal> {
    if !path.starts_with('/') {
        let hint = format!("write `/{}`", path.escape_default());
        return Err(Refusal::new(format!("{} does not begin with `/`", quote(path)), hint));
    }
    if path.contains(['?', '#']) {
        return Err(Refusal::new(
            format!("{} is more than a path", quote(path)),
            "queries and fragments are not matched; leave `?` and `#` out, or write %3F and %23",
        ));
    }
    if let Some(odd) = path.chars().find(|char| !char.is_ascii_graphic() || matches!(char, '\\' | '"' | '<' | '>')) {
        return Err(Refusal::new(
            format!("{} is not a path: {} cannot stand in one", quote(path), quote(&odd.to_string())),
            "percent-encode it",
        ));
    }
    match normal_path(path) {
        Ok(normal) if normal == path => Ok(()),
        Ok(normal) => Err(Refusal::new(
            format!("{} is not in normalised form, so no request would match it", quote(path)),
            format!("write `{normal}`"),
        )),
        Err(Violation::TargetAboveRoot) => Err(Refusal::new(
            format!("{} climbs above its root, so no request would match it", quote(path)),
            "leave out `..`",
        )),
        Err(_) => Err(Refusal::plain(format!("{} has a broken percent-encoding", quote(path)))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> (String, String) {
        let refusal = PathPrefix::parse(text).expect_err(text);
        (refusal.message, refusal.hint.unwrap_or_default())
    }

    #[test]
    fn normal_paths_pass_and_prefixes_lose_their_last_slash() {
        for path in ["/", "/a", "/a/", "/a/b.c", "/a%20b", "/..a", "/a//b", "/~x"] {
            assert_eq!(UrlPath::parse(path), Ok(UrlPath(path.into())));
        }
        assert_eq!(PathPrefix::parse("/"), Ok(PathPrefix("".into())));
        assert_eq!(PathPrefix::parse("/api/"), Ok(PathPrefix("/api".into())));
    }

    #[test]
    fn every_other_path_is_led_to_its_normal_form() {
        assert_eq!(refusal("api").1, "write `/api`");
        assert_eq!(refusal("/a/./b/../c").1, "write `/a/c`");
        assert_eq!(refusal("/a/..").1, "write `/`");
        assert_eq!(refusal("/a/%2e").1, "write `/a/`");
        assert_eq!(refusal("/%7euser").1, "write `/~user`");
        assert_eq!(refusal("/a%2fb").1, "write `/a%2Fb`");
        assert_eq!(refusal("/a/../../b").1, "leave out `..`");
        assert_eq!(refusal("/api/*").1, "prefixes have no wildcard: write `/api/`");
    }

    #[test]
    fn what_is_no_path_is_refused() {
        assert!(refusal("/a?x=1").0.ends_with("is more than a path"));
        assert!(refusal("/a b").0.contains("cannot stand in one"));
        assert!(refusal("/ä").0.contains("cannot stand in one"));
        assert!(refusal("/a\\b").0.contains("cannot stand in one"));
        for broken in ["/a%", "/a%2", "/a%zz", "/a%00", "/%ä"] {
            assert!(PathPrefix::parse(broken).is_err(), "{broken}");
        }
    }

    #[test]
    fn a_prefix_covers_whole_segments() {
        let prefix = PathPrefix("/api".into());
        assert!(prefix.covers("/api") && prefix.covers("/api/x"));
        assert!(!prefix.covers("/apix") && !prefix.covers("/"));
    }
}
