//! The compiled routing table.

use crate::config::RouteId;

/// What the table asks about a request. Implemented by whoever holds the parsed head.
pub trait RequestView {
    /// The method token.
    fn method(&self) -> &[u8];
    /// The host in any case, without a port; empty when there is none.
    fn host(&self) -> &[u8];
    /// The normalised path, without the query.
    fn path(&self) -> &[u8];
    /// Whether a field of this (lower-case) name has exactly this value.
    fn has_header(&self, name: &str, value: &str) -> bool;
}

/// The routes of one snapshot, compiled for lookup.
#[derive(Debug, Default)]
pub struct RouteTable {}

impl RouteTable {
    /// The route that the request takes.
    pub fn find(&self, _request: &impl RequestView) -> Option<RouteId> {
        None
    }
}
