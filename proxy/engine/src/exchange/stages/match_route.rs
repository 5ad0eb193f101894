//! Which route a parsed request takes.

use crate::config::{RouteId, Snapshot};
use crate::http1::RequestHead;
use crate::route::RequestView;

/// A parsed head together with its bytes, as the routing table wants to see it.
#[derive(Clone, Copy, Debug)]
pub struct Parsed<'a> {
    /// The parsed head.
    pub head: &'a RequestHead,
    /// The bytes it was parsed from.
    pub bytes: &'a [u8],
}

impl RequestView for Parsed<'_> {
    fn method(&self) -> &[u8] {
        self.head.method_token(self.bytes)
    }

    fn host(&self) -> &[u8] {
        self.head.host(self.bytes)
    }

    fn path(&self) -> &[u8] {
        self.head.path(self.bytes)
    }

    fn has_header(&self, name: &str, value: &str) -> bool {
        let (name, value) = (name.as_bytes(), value.as_bytes());
        let mut fields = self.head.fields().iter();
        fields.any(|field| field.name.of(self.bytes).eq_ignore_ascii_case(name) && field.value.of(self.bytes) == value)
    }
}

/// The route of the request, if any matches.
#[must_use]
pub fn match_route(snapshot: &Snapshot, head: &RequestHead, bytes: &[u8]) -> Option<RouteId> {
    snapshot.table.find(&Parsed { head, bytes })
}
