//! Clients that speak something else: an HTTP/2 preface, a TLS handshake, noise.

use super::assert_refused;
use crate::harness::Config;

/// The beginning of a TLS 1.3 client hello.
const HELLO: &[u8] = b"\x16\x03\x01\x00\xf8\x01\x00\x00\xf4\x03\x03\x0a\x0d\x0a\x0a\x55\x10\xff\x00\x80";

#[test]
fn other_protocols() {
    let noise: Vec<u8> = (0..4096_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let requests: [(&[u8], u16, &str); 6] = [
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00", 505, "request.version_unsupported"),
        (HELLO, 400, "request.malformed"),
        (b"SSH-2.0-OpenSSH_9.2p1\r\n", 400, "request.malformed"),
        (b"*1\r\n$4\r\nPING\r\n", 400, "request.malformed"),
        (b"\x00\x00\x00\x00", 400, "request.malformed"),
        (&noise, 400, "request.malformed"),
    ];
    assert_refused(Config::to, &requests);
}
