//! What there is to say about an exchange in the access log, whatever the format.

use std::net::IpAddr;

use super::Outcome;
use crate::worker::record::Record;
use crate::worker::request::Request;

/// One exchange that has ended.
pub(super) struct Line<'a> {
    /// When its first byte arrived, in milliseconds since 1970.
    pub(super) time: u64,
    pub(super) peer: IpAddr,
    pub(super) record: &'a Record,
    pub(super) request: &'a Request,
    pub(super) outcome: &'a Outcome<'a>,
    /// Nanoseconds from its first byte to the last of the response.
    pub(super) duration: u64,
}

impl Line<'_> {
    /// The route that matched.
    pub(super) fn route(&self) -> Option<&str> {
        self.request.route.and_then(|id| self.request.live.route(id)).map(|route| &*route.name)
    }

    /// The upstream that it was routed to.
    pub(super) fn upstream(&self) -> Option<&str> {
        let upstream = self.request.upstream.and_then(|id| self.request.live.upstream(id));
        upstream.map(|upstream| &*upstream.settings.name)
    }
}
