//! What one route asks of a request.
//!
//! It judges one route by itself; which of several matching routes is taken is decided in `precedence.rs`.

use regex_automata::meta::{BuildError, Regex};
use regex_automata::util::syntax;

use super::RequestView;

/// The `match` table of a route.
#[derive(Clone, Debug)]
pub struct Matcher {
    /// The path rule; every route has exactly one.
    pub path: PathMatch,
    /// Methods (upper-case tokens as written); empty means any.
    pub methods: Vec<Box<str>>,
    /// The host rule, if any.
    pub host: Option<HostPattern>,
    /// Lower-case field names with the exact value one field of that name must have.
    pub headers: Vec<(Box<str>, Box<str>)>,
}

/// The path rule of a route.
#[derive(Clone, Debug)]
pub enum PathMatch {
    /// The whole path.
    Exact(Box<str>),
    /// Leading whole segments: `/api` matches `/api` and `/api/x`, not `/apix`. Stored without a trailing slash; the
    /// empty string matches every path.
    Prefix(Box<str>),
    /// An anchored regular expression over the whole path, and how it was written. See [`PathMatch::regex`].
    Regex(Box<str>, Regex),
}

/// The host rule of a route. Stored in lower case, without a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostPattern {
    /// This host.
    Exact(Box<str>),
    /// `*.shop.test`: any host below it, not itself. Holds `.shop.test`.
    Below(Box<str>),
}

/// A rule of a route that did not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule<'r> {
    /// The path rule.
    Path,
    /// The list of methods.
    Method,
    /// The host rule.
    Host,
    /// The rule on the field of this name.
    Header(&'r str),
}

impl Matcher {
    /// The first rule that the request breaks, in the order path, method, host, headers; `None` when it matches.
    pub fn broken_rule(&self, request: &impl RequestView) -> Option<Rule<'_>> {
        if self.path.matches(request.path()) { self.broken_rule_beside_path(request) } else { Some(Rule::Path) }
    }

    /// As [`Matcher::broken_rule`], for a request whose path is known to match.
    pub(super) fn broken_rule_beside_path(&self, request: &impl RequestView) -> Option<Rule<'_>> {
        // Tokens are case-sensitive (RFC 9110 section 9.1).
        if !self.methods.is_empty() && !self.methods.iter().any(|method| method.as_bytes() == request.method()) {
            return Some(Rule::Method);
        }
        if self.host.as_ref().is_some_and(|host| !host.matches(request.host())) {
            return Some(Rule::Host);
        }
        let missing = self.headers.iter().find(|(name, value)| !request.has_header(name, value));
        missing.map(|(name, _)| Rule::Header(name))
    }

    /// How many kinds of rules it has beside the path, each header counted by itself: more go first.
    #[must_use]
    pub fn specificity(&self) -> usize {
        usize::from(!self.methods.is_empty()) + usize::from(self.host.is_some()) + self.headers.len()
    }
}

impl PathMatch {
    /// The rule that the regular expression `pattern` matches a path as a whole. Paths are bytes: `.` is any byte, and
    /// classes and `(?i)` know ASCII only.
    ///
    /// # Errors
    ///
    /// When the pattern cannot be parsed, is too large, or ends in a comment (which would hide the end of the anchor).
    pub fn regex(pattern: &str) -> Result<Self, Box<BuildError>> {
        let build = |pattern: &str| {
            let bytes = syntax::Config::new().unicode(false).utf8(false);
            Regex::builder().syntax(bytes).build(pattern).map_err(Box::new)
        };
        // By itself first: an error then points into what was written, and a stray `)` cannot close the anchored group.
        build(pattern)?;
        Ok(PathMatch::Regex(pattern.into(), build(&format!(r"\A(?:{pattern})\z"))?))
    }

    /// Whether the rule holds for a path.
    #[must_use]
    pub fn matches(&self, path: &[u8]) -> bool {
        match self {
            PathMatch::Exact(whole) => whole.as_bytes() == path,
            PathMatch::Prefix(prefix) => {
                path.strip_prefix(prefix.as_bytes()).is_some_and(|rest| matches!(rest.first(), None | Some(b'/')))
                    || prefix.is_empty()
            }
            PathMatch::Regex(_, regex) => regex.is_match(path),
        }
    }
}

impl HostPattern {
    /// Whether the rule holds for a host, in any case and without a port (RFC 9110 section 4.2.3).
    #[must_use]
    pub fn matches(&self, host: &[u8]) -> bool {
        match self {
            HostPattern::Exact(whole) => host.eq_ignore_ascii_case(whole.as_bytes()),
            HostPattern::Below(suffix) => host
                .len()
                .checked_sub(suffix.len())
                .is_some_and(|start| start > 0 && host[start..].eq_ignore_ascii_case(suffix.as_bytes())),
        }
    }

    /// Whether every host that `other` matches is matched by this as well.
    pub(super) fn covers(&self, other: &HostPattern) -> bool {
        match (self, other) {
            (HostPattern::Exact(one), HostPattern::Exact(other)) => one == other,
            (HostPattern::Exact(_), HostPattern::Below(_)) => false,
            (HostPattern::Below(_), HostPattern::Exact(host)) => self.matches(host.as_bytes()),
            (HostPattern::Below(one), HostPattern::Below(other)) => other.ends_with(&**one),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_matches_whole_segments() {
        let rule = PathMatch::Prefix("/api".into());
        assert!(rule.matches(b"/api") && rule.matches(b"/api/") && rule.matches(b"/api/x"));
        assert!(!rule.matches(b"/apix") && !rule.matches(b"/ap") && !rule.matches(b"/x/api"));
        let all = PathMatch::Prefix("".into());
        assert!(all.matches(b"/") && all.matches(b"/x") && all.matches(b"*") && all.matches(b""));
    }

    #[test]
    fn a_regex_matches_the_whole_path() {
        let matches = |pattern: &str, path: &str| match PathMatch::regex(pattern) {
            Ok(rule) => rule.matches(path.as_bytes()),
            Err(error) => panic!("{pattern}: {error}"),
        };
        assert!(matches(r"/v[0-9]+", "/v12"));
        assert!(!matches(r"/v[0-9]+", "/v12/x") && !matches(r"/v[0-9]+", "/a/v12"));
        assert!(matches("/a|/ab", "/ab"), "the longer alternative is tried as well");
        assert!(!matches("/a|/b", "/a/b"), "both ends are anchored for every alternative");
        assert!(matches("(?i)/Shop", "/sHOP"));
        assert!(!matches("(?m)/a$", "/a\n"), "the end of a line is not the end of the path");
    }

    #[test]
    fn a_pattern_cannot_break_out_of_its_anchors() {
        for pattern in ["/a)|(?:/b", "/(", "(?x)/a # hides what follows"] {
            assert!(PathMatch::regex(pattern).is_err(), "{pattern}");
        }
    }

    #[test]
    fn a_wildcard_matches_any_host_below_it() {
        let rule = HostPattern::Below(".shop.test".into());
        assert!(rule.matches(b"a.shop.test") && rule.matches(b"A.B.SHOP.test"));
        assert!(!rule.matches(b"shop.test") && !rule.matches(b".shop.test") && !rule.matches(b"ashop.test"));
        assert!(!rule.matches(b"a.shop.test.evil") && !rule.matches(b""));
        assert!(HostPattern::Exact("shop.test".into()).matches(b"Shop.Test"));
    }

    #[test]
    fn covering_is_matching_all_the_other_matches() {
        let exact = |host: &str| HostPattern::Exact(host.into());
        let below = |suffix: &str| HostPattern::Below(suffix.into());
        assert!(below(".shop.test").covers(&exact("a.shop.test")));
        assert!(below(".test").covers(&below(".shop.test")));
        assert!(below(".test").covers(&below(".test")));
        assert!(!below(".shop.test").covers(&below(".test")));
        assert!(!below(".shop.test").covers(&exact("shop.test")));
        assert!(!exact("a.test").covers(&below(".a.test")));
    }
}
