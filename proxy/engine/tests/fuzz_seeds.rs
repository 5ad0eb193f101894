//! Every seed of the fuzz targets passes the target's check, without a fuzzer.
//!
//! Where to read on: `proxy/fuzz/checks` for the laws, `proxy/fuzz/seeds` for the bytes.

#[path = "../../fuzz/checks/chunked.rs"]
mod chunked;
#[path = "../../fuzz/checks/request_head.rs"]
mod request_head;
#[path = "../../fuzz/checks/response_head.rs"]
mod response_head;
#[path = "../../fuzz/checks/target.rs"]
mod target;

use std::path::Path;

/// Runs `check` over the seeds of a target; there must be acceptable and refused ones among them.
fn run(target: &str, check: fn(&[u8]) -> bool) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds").join(target);
    let (mut accepted, mut refused) = (0, 0);
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        // A failed test shows its output, and with it the seed.
        println!("{}", path.display());
        *(if check(&bytes) { &mut accepted } else { &mut refused }) += 1;
    }
    assert!(accepted >= 5 && refused >= 5, "{target}: {accepted} accepted, {refused} refused");
}

#[test]
fn request_heads() {
    run("request_head", request_head::check);
}

#[test]
fn response_heads() {
    run("response_head", response_head::check);
}

#[test]
fn chunked_bodies() {
    run("chunked", chunked::check);
}

#[test]
fn targets() {
    run("target", target::check);
}
