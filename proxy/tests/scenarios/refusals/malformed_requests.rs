//! Requests that break the grammar, or whose length could be read in two ways.

use super::assert_refused;
use crate::harness::Config;

const MALFORMED: &[&str] = &[
    // The request line.
    "GET\r\n\r\n",
    "GET /\r\n\r\n",
    "GET  / HTTP/1.1\r\nHost: h\r\n\r\n",
    "GET / HTTP/1.1 \r\nHost: h\r\n\r\n",
    " GET / HTTP/1.1\r\nHost: h\r\n\r\n",
    "G(T / HTTP/1.1\r\nHost: h\r\n\r\n",
    "GET / HTTP/1.1\nHost: h\n\n",
    "GET / HTTP/1.1\r\nHost: h\n\r\n",
    "GET / HTTP/1.1\rHost: h\r\n\r\n",
    "GET / http/1.1\r\nHost: h\r\n\r\n",
    "GET / HTTP/1.2x\r\nHost: h\r\n\r\n",
    "\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n",
    // The target.
    "GET index.html HTTP/1.1\r\nHost: h\r\n\r\n",
    "GET * HTTP/1.1\r\nHost: h\r\n\r\n",
    "GET /a\\b HTTP/1.1\r\nHost: h\r\n\r\n",
    "GET /a#b HTTP/1.1\r\nHost: h\r\n\r\n",
    "GET /a%zz HTTP/1.1\r\nHost: h\r\n\r\n",
    "GET /a%00 HTTP/1.1\r\nHost: h\r\n\r\n",
    "GET /../etc/passwd HTTP/1.1\r\nHost: h\r\n\r\n",
    "GET /a/%2e%2e/%2E./b HTTP/1.1\r\nHost: h\r\n\r\n",
    "GET http://user:word@h/ HTTP/1.1\r\nHost: h\r\n\r\n",
    "GET ftp://h/ HTTP/1.1\r\nHost: h\r\n\r\n",
    // The fields.
    "GET / HTTP/1.1\r\nHost: h\r\nA : b\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: h\r\n: b\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: h\r\nno colon\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: h\r\nA: b\r\n folded\r\n\r\n",
    "GET / HTTP/1.1\r\n A: b\r\nHost: h\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: h\r\nA: b\0c\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: h\r\nA: b\rc\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: h\r\nA\x01: b\r\n\r\n",
    // The host.
    "GET / HTTP/1.1\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: h\r\nhost: h\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: h:port\r\n\r\n",
    "GET http://good/ HTTP/1.1\r\nHost: a b\r\n\r\n",
    // The connection.
    "GET / HTTP/1.1\r\nHost: h\r\nConnection: a b\r\n\r\n",
    // Chunks that come with the head.
    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n 1\r\na\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\na\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n00000000000000001\r\na\r\n",
    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1;a=\"b\nc\"\r\na\r\n0\r\n\r\n",
];

const AMBIGUOUS: &[&str] = &[
    "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
    "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5, 5\r\n\r\nhello",
    "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: +5\r\n\r\nhello",
    "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -5\r\n\r\nhello",
    "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0x5\r\n\r\nhello",
    "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5a\r\n\r\nhello",
    "POST / HTTP/1.1\r\nHost: h\r\nContent-Length:\r\n\r\nhello",
    "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 18446744073709551616\r\n\r\nhello",
    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding:\r\n\r\n0\r\n\r\n",
    "POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: h\r\nConnection: content-length\r\nContent-Length: 5\r\n\r\nhello",
    "GET / HTTP/1.1\r\nHost: h\r\nConnection: host\r\n\r\n",
];

#[test]
fn malformed() {
    let requests: Vec<_> = MALFORMED.iter().map(|request| (request, 400, "request.malformed")).collect();
    assert_refused(Config::to, &requests);
}

#[test]
fn ambiguous() {
    let requests: Vec<_> = AMBIGUOUS.iter().map(|request| (request, 400, "request.ambiguous")).collect();
    assert_refused(Config::to, &requests);
}

#[test]
fn not_supported() {
    let requests = [
        (
            "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
            501,
            "request.coding_unknown",
        ),
        ("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: identity\r\n\r\n", 501, "request.coding_unknown"),
        ("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\n\r\n", 501, "request.coding_unknown"),
        ("GET / HTTP/1.1\r\nHost: h\r\nExpect: 200-ok\r\n\r\n", 417, "request.expectation_failed"),
        ("GET / HTTP/2.0\r\nHost: h\r\n\r\n", 505, "request.version_unsupported"),
        ("GET / HTTP/9.9\r\nHost: h\r\n\r\n", 505, "request.version_unsupported"),
    ];
    assert_refused(Config::to, &requests);
}
