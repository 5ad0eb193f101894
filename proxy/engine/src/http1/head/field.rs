//! Field lines and the few field names that mean something to the gateway.

use crate::http1::Span;

/// One field line of a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// The name as written.
    pub name: Span,
    /// The value without the white space around it.
    pub value: Span,
    /// Which of the names that the gateway knows it is.
    pub id: FieldId,
    /// Whether `Connection` names the field: it is meant for this hop only and never forwarded.
    pub hop_only: bool,
}

macro_rules! names {
    ($($variant:ident $name:literal)*) => {
        /// A field name that the gateway knows, as a small number.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum FieldId {
            /// Any other name.
            Other,
            /// A known name written with underscores. CGI and what came after it make the same variable of both, so an
            /// upstream could take it for the field that the gateway vouches for.
            Lookalike,
            $(#[doc = $name] $variant,)*
        }

        impl FieldId {
            /// Every known name.
            pub const KNOWN: &[FieldId] = &[$(FieldId::$variant),*];

            /// The name in lower case; empty for [`FieldId::Other`] and [`FieldId::Lookalike`].
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    FieldId::Other | FieldId::Lookalike => "",
                    $(FieldId::$variant => $name,)*
                }
            }
        }
    };
}

names! {
    Host "host" ContentLength "content-length" TransferEncoding "transfer-encoding" Connection "connection"
    KeepAlive "keep-alive" ProxyConnection "proxy-connection" Te "te" Trailer "trailer" Upgrade "upgrade"
    Http2Settings "http2-settings" Expect "expect" Via "via" Date "date" Forwarded "forwarded" XRealIp "x-real-ip"
    XForwardedFor "x-forwarded-for" XForwardedProto "x-forwarded-proto" XForwardedHost "x-forwarded-host"
    XForwardedPort "x-forwarded-port" XRequestId "x-request-id" Proxy "proxy"
    XRequestDeadlineMs "x-request-deadline-ms" XSupplexExplain "x-supplex-explain" TraceParent "traceparent" TraceState "tracestate"
}

impl FieldId {
    /// The id of a field name in any case. Length and first letter leave at most one candidate to compare with.
    #[must_use]
    #[inline]
    pub fn of(name: &[u8]) -> Self {
        let Some(first) = name.first() else { return FieldId::Other };
        let candidate = match (name.len(), first | 0x20) {
            (2, b't') => FieldId::Te,
            (3, b'v') => FieldId::Via,
            (4, b'h') => FieldId::Host,
            (4, b'd') => FieldId::Date,
            (5, b'p') => FieldId::Proxy,
            (6, b'e') => FieldId::Expect,
            (7, b't') => FieldId::Trailer,
            (7, b'u') => FieldId::Upgrade,
            (9, b'f') => FieldId::Forwarded,
            (9, b'x') => FieldId::XRealIp,
            (10, b'c') => FieldId::Connection,
            (10, b'k') => FieldId::KeepAlive,
            (10, b't') => FieldId::TraceState,
            (11, b't') => FieldId::TraceParent,
            (12, b'x') => FieldId::XRequestId,
            (14, b'c') => FieldId::ContentLength,
            (14, b'h') => FieldId::Http2Settings,
            (15, b'x') => FieldId::XForwardedFor,
            (16, b'p') => FieldId::ProxyConnection,
            (16, b'x') if matches!(name.last(), Some(b't' | b'T')) => match name.get(12) {
                Some(b'h' | b'H') => FieldId::XForwardedHost,
                _ => FieldId::XForwardedPort,
            },
            (17, b't') => FieldId::TransferEncoding,
            (17, b'x') if matches!(name.get(2), Some(b's' | b'S')) => FieldId::XSupplexExplain,
            (17, b'x') => FieldId::XForwardedProto,
            (21, b'x') => FieldId::XRequestDeadlineMs,
            _ => return FieldId::Other,
        };
        if name.eq_ignore_ascii_case(candidate.name().as_bytes()) {
            candidate
        } else {
            Self::lookalike(name, candidate)
        }
    }

    fn lookalike(name: &[u8], candidate: Self) -> Self {
        let dashes = name.iter().map(|byte| if *byte == b'_' { b'-' } else { byte.to_ascii_lowercase() });
        if dashes.eq(candidate.name().bytes()) { FieldId::Lookalike } else { FieldId::Other }
    }

    /// Whether the id says all about the name.
    #[must_use]
    #[inline]
    pub(super) fn names_one(self) -> bool {
        !matches!(self, FieldId::Other | FieldId::Lookalike)
    }

    /// The id as one bit of a set.
    #[must_use]
    #[inline]
    pub const fn bit(self) -> u32 {
        1 << self as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_name_is_found_in_any_case() {
        for id in FieldId::KNOWN {
            assert_eq!(FieldId::of(id.name().as_bytes()), *id);
            assert_eq!(FieldId::of(id.name().to_ascii_uppercase().as_bytes()), *id);
        }
    }

    #[test]
    fn underscores_are_seen_through() {
        for name in ["Content_Length", "transfer_encoding", "x_forwarded-for", "X-Request_Id"] {
            assert_eq!(FieldId::of(name.as_bytes()), FieldId::Lookalike, "{name}");
        }
    }

    #[test]
    fn neighbours_are_not_mistaken() {
        for name in
            ["", "hosT2", "hest", "content-lengtx", "x-forwarded-hort", "transfer.encoding", "tf", "x-forwarded-pos"]
        {
            assert_eq!(FieldId::of(name.as_bytes()), FieldId::Other, "{name}");
        }
    }
}
