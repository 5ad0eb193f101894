//! Header edits of a route: which fields to set and which to remove on the way through.
//!
//! Names and values are checked when the configuration is: nothing here can carry a CR, an LF or a hop-by-hop field.

/// Names of fields whose values are not shown to anybody who does not have the file.
pub const SECRETS: [&str; 4] = ["authorization", "cookie", "proxy-authorization", "x-api-key"];

/// The `request_headers` or `response_headers` of a route.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeaderEdits {
    /// Lower-case field names to drop. Every name in [`HeaderEdits::set`] is dropped as well.
    pub remove: Vec<Box<str>>,
    /// Fields to add, after all fields of the same name were dropped. Names are lower-case.
    pub set: Vec<(Box<str>, Box<str>)>,
}

impl HeaderEdits {
    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.remove.is_empty() && self.set.is_empty()
    }

    /// Whether a field of this name is dropped (removed, or replaced by a set one).
    #[must_use]
    pub fn drops(&self, name: &[u8]) -> bool {
        let same = |other: &str| name.eq_ignore_ascii_case(other.as_bytes());
        self.remove.iter().any(|other| same(other)) || self.set.iter().any(|(other, _)| same(other))
    }
}
