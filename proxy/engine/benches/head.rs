//! What a message head costs: nanoseconds for parsing a typical head and writing the forwarded one.
//!
//! `cargo bench -p supplex-engine`. The budget is about 500 ns for a request.

use std::hint::black_box;
use std::net::IpAddr;
use std::time::Instant;

use supplex_engine::config::{HeaderEdits, Rewrite};
use supplex_engine::http1::{
    BodyDecoder, Coding, Framing, Limits, Method, RequestContext, RequestHead, ResponseContext, ResponseHead, Step,
    Version, write_request, write_response,
};

const REQUEST: &[u8] = b"GET /api/products?page=2&per_page=50 HTTP/1.1\r\n\
    Host: shop.example.test\r\n\
    User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n\
    Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n\
    Accept-Language: en-GB,en;q=0.7,de;q=0.3\r\n\
    Accept-Encoding: gzip, deflate, br, zstd\r\n\
    Cookie: session=0123456789abcdef0123456789abcdef; theme=dark\r\n\
    Connection: keep-alive\r\n\
    Cache-Control: no-cache\r\n\r\n";

const RESPONSE: &[u8] = b"HTTP/1.1 200 OK\r\n\
    content-type: application/json\r\n\
    content-length: 142\r\n\
    cache-control: max-age=60\r\n\
    etag: \"33a64df551425fcc55e4d42a148795d9f25f89d4\"\r\n\
    date: Tue, 15 Nov 1994 08:12:31 GMT\r\n\r\n";

const SMALL: &[u8] = b"GET / HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n";

const LIMITS: Limits = Limits { bytes: 16 * 1024, fields: 100 };

fn main() {
    let rewrite = Rewrite { strip_prefix: Some("/api".into()), add_prefix: None };
    let edits = HeaderEdits { remove: vec!["x-internal".into()], set: vec![("x-gateway".into(), "supplex".into())] };
    let none = HeaderEdits::default();
    for (name, bytes, rewrite, edits) in [
        ("request, 8 fields", REQUEST, &Rewrite::default(), &none),
        ("request, 8 fields, rewrite and edits", REQUEST, &rewrite, &edits),
        ("request, 1 field", SMALL, &Rewrite::default(), &none),
    ] {
        request(name, bytes, rewrite, edits);
    }
    response(&none);
    chunked();
}

fn request(name: &str, bytes: &[u8], rewrite: &Rewrite, edits: &HeaderEdits) {
    let client: IpAddr = [192, 0, 2, 77].into();
    let mut head = RequestHead::new();
    measure(&format!("{name}: parse"), || {
        assert!(matches!(head.parse(black_box(bytes), LIMITS), Ok(Some(_))));
    });
    let mut out = Vec::with_capacity(4096);
    measure(&format!("{name}: parse and write"), || {
        assert!(matches!(head.parse(black_box(bytes), LIMITS), Ok(Some(_))));
        out.clear();
        let request_id = b"0123456789abcdef01234567";
        let cx = RequestContext {
            head: &head,
            bytes,
            rewrite,
            edits,
            vouched: supplex_engine::auth::Vouched::default(),
            client,
            trusted: false,
            secure: false,
            request_id,
            deadline_ms: Some(3_000),
            trace: None,
        };
        let _ = write_request(&mut out, &cx);
        black_box(&out);
    });
}

fn response(edits: &HeaderEdits) {
    let mut head = ResponseHead::new();
    let mut out = Vec::with_capacity(4096);
    measure("response, 5 fields: parse and write", || {
        assert!(matches!(head.parse(black_box(RESPONSE), LIMITS, Method::Get), Ok(Some(_))));
        out.clear();
        let cx = ResponseContext {
            head: &head,
            bytes: RESPONSE,
            edits,
            request_id: b"0123456789abcdef01234567",
            date: b"Tue, 15 Nov 1994 08:12:31 GMT",
            close: false,
            client: Version::Http11,
            coding: Coding::Keep,
            limited: None,
            instead_of: None,
        };
        write_response(&mut out, &cx);
        black_box(&out);
    });
}

fn chunked() {
    let mut body = b"1000\r\n".to_vec();
    body.extend_from_slice(&[b'x'; 4096]);
    body.extend_from_slice(b"\r\n0\r\n\r\n");
    measure("chunked, 4 KiB in one chunk", || {
        let mut decoder = BodyDecoder::new(Framing::Chunked, Coding::Keep);
        assert_eq!(decoder.step(black_box(&body)), Ok(Step::Forward(body.len())));
    });
}

/// Prints the time of one call: the best of many short rounds, which other programs on the machine hardly touch, and the
/// median.
fn measure(name: &str, mut call: impl FnMut()) {
    const CALLS: u32 = 200;
    let mut rounds: Vec<f64> = (0..2000)
        .map(|_| {
            let start = Instant::now();
            (0..CALLS).for_each(|_| call());
            start.elapsed().as_nanos() as f64 / f64::from(CALLS)
        })
        .collect();
    rounds.sort_by(f64::total_cmp);
    println!("{name}: {:.0} ns (median {:.0} ns)", rounds[0], rounds[rounds.len() / 2]);
}
