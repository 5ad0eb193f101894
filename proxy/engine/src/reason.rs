//! Why the gateway answered a request itself: one stable word per cause.
//!
//! The same word stands in the problem+json body, the `Proxy-Status` header (RFC 9209), the access log and the metric.
//! Adding a reason means adding a row to [`ALL`]; a word, once released, never changes.

/// Why the gateway made a response of its own instead of forwarding one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Reason {
    /// The request head broke the grammar of RFC 9112.
    RequestMalformed,
    /// The message framing could be read in two ways (RFC 9112 section 6.3): a smuggling attempt or a broken client.
    RequestAmbiguous,
    /// The request line or the target was longer than the listener allows.
    TargetTooLong,
    /// The header section was larger, or had more fields, than the listener allows.
    HeaderTooLarge,
    /// The request body was larger than the listener allows.
    BodyTooLarge,
    /// The client did not send its whole request head in time.
    HeaderTimeout,
    /// The client stopped sending its request body.
    BodyTimeout,
    /// A method that a reverse proxy must not forward (CONNECT, TRACE).
    MethodRefused,
    /// A transfer coding other than `chunked`.
    CodingUnknown,
    /// An `Expect` other than `100-continue`.
    ExpectationFailed,
    /// An HTTP major version other than 1.
    VersionUnsupported,
    /// No route matched.
    RouteNone,
    /// Every attempt to connect failed.
    UpstreamConnect,
    /// The upstream did not answer within the attempt or exchange timeout.
    UpstreamTimeout,
    /// The upstream closed or reset the connection before a complete response head.
    UpstreamReset,
    /// The upstream's response broke the grammar of RFC 9112.
    UpstreamMalformed,
    /// The upstream has no endpoint that could be tried (none resolved, or none left).
    UpstreamNone,
    /// `max_in_flight` of the upstream is reached, or its adaptive limit.
    UpstreamBusy,
    /// The breaker of every endpoint of the upstream is open.
    BreakerOpen,
    /// The exchange waited longer for its turn at the upstream than `queue.timeout`.
    UpstreamQueueTimeout,
    /// The route asks for a token, and the request has none.
    AuthRequired,
    /// The request's token does not hold.
    AuthInvalid,
    /// The request's token has expired.
    AuthExpired,
    /// No keys to check tokens with were ever loaded.
    AuthUnavailable,
    /// A rate limit of the route is used up.
    LimitExceeded,
    /// The store of a rate limit does not answer, and the limit says to refuse then.
    LimitStore,
    /// The listener's `max_connections` is reached.
    ConnectionLimit,
    /// The gateway is draining.
    Draining,
    /// The worker is overloaded, and the route's priority is not high enough.
    Overloaded,
    /// A defect of the gateway; the exchange was given up, the worker lives on.
    Internal,
}

/// One row of the table of reasons.
#[derive(Debug)]
pub struct Row {
    /// The reason the row is about.
    pub reason: Reason,
    /// The stable word.
    pub word: &'static str,
    /// The status code of the response.
    pub status: u16,
    /// The error type of RFC 9209 section 2.3 for `Proxy-Status`.
    pub proxy_error: &'static str,
    /// The `title` of the problem document: what went wrong, for a person.
    pub title: &'static str,
}

macro_rules! rows {
    ($($reason:ident $word:literal $status:literal $error:literal $title:literal;)*) => {
        /// Every reason, in the order of the enum, so that a reason's number is its row.
        pub const ALL: &[Row] = &[$(Row {
            reason: Reason::$reason, word: $word, status: $status, proxy_error: $error, title: $title,
        }),*];
    };
}

rows! {
    RequestMalformed "request.malformed" 400 "http_request_error" "The request could not be parsed";
    RequestAmbiguous "request.ambiguous" 400 "http_request_error" "The length of the request body is ambiguous";
    TargetTooLong "request.target_too_long" 414 "http_request_denied" "The request target is too long";
    HeaderTooLarge "request.header_too_large" 431 "http_request_denied" "The request header section is too large";
    BodyTooLarge "request.body_too_large" 413 "http_request_denied" "The request body is too large";
    HeaderTimeout "request.header_timeout" 408 "http_request_error" "The request head did not arrive in time";
    BodyTimeout "request.body_timeout" 408 "http_request_error" "The request body did not arrive in time";
    MethodRefused "request.method_refused" 405 "http_request_denied" "The gateway does not forward this method";
    CodingUnknown "request.coding_unknown" 501 "http_request_error" "The transfer coding is not supported";
    ExpectationFailed "request.expectation_failed" 417 "http_request_error" "The expectation cannot be met";
    VersionUnsupported "request.version_unsupported" 505 "http_request_error" "The HTTP version is not supported";
    RouteNone "route.none" 404 "destination_not_found" "No route matches the request";
    UpstreamConnect "upstream.connect" 502 "connection_refused" "The upstream could not be reached";
    UpstreamTimeout "upstream.timeout" 504 "http_response_timeout" "The upstream did not answer in time";
    UpstreamReset "upstream.reset" 502 "connection_terminated" "The upstream closed the connection without an answer";
    UpstreamMalformed "upstream.malformed" 502 "http_protocol_error" "The upstream's answer could not be parsed";
    UpstreamNone "upstream.none" 503 "destination_unavailable" "The upstream has no endpoint to try";
    UpstreamBusy "upstream.busy" 503 "connection_limit_reached" "The upstream has too many requests in flight";
    BreakerOpen "breaker.open" 503 "destination_unavailable" "The upstream is left alone because it fails";
    UpstreamQueueTimeout "upstream.queue_timeout" 503 "connection_limit_reached" "The request waited too long for its turn at the upstream";
    AuthRequired "auth.required" 401 "http_request_denied" "The request has no bearer token";
    AuthInvalid "auth.invalid" 401 "http_request_denied" "The bearer token is not valid";
    AuthExpired "auth.expired" 401 "http_request_denied" "The bearer token has expired";
    AuthUnavailable "auth.unavailable" 503 "http_request_denied" "Bearer tokens cannot be checked at the moment";
    LimitExceeded "limit.exceeded" 429 "http_request_denied" "The client has sent too many requests";
    LimitStore "limit.store" 503 "http_request_denied" "The rate limit cannot be checked at the moment";
    ConnectionLimit "connection.limit" 503 "connection_limit_reached" "The listener has too many connections";
    Draining "gateway.draining" 503 "destination_unavailable" "The gateway is shutting down";
    Overloaded "gateway.overloaded" 503 "destination_unavailable" "The gateway has more to do than it can";
    Internal "gateway.internal" 500 "proxy_internal_error" "The gateway failed to handle the request";
}

impl Reason {
    /// The row of this reason.
    #[must_use]
    pub fn row(self) -> &'static Row {
        &ALL[self as usize]
    }

    /// The stable word, such as `upstream.timeout`.
    #[must_use]
    pub fn word(self) -> &'static str {
        self.row().word
    }

    /// The status code of the local reply.
    #[must_use]
    pub fn status(self) -> u16 {
        self.row().status
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_finds_its_own_row() {
        for (number, row) in ALL.iter().enumerate() {
            assert_eq!(row.reason as usize, number, "{} is out of order", row.word);
            assert!((400..600).contains(&row.status));
        }
        assert_eq!(Reason::Internal as usize + 1, ALL.len(), "the last reason closes the table");
    }

    #[test]
    fn words_are_unique() {
        let mut words: Vec<_> = ALL.iter().map(|row| row.word).collect();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), ALL.len());
    }
}
