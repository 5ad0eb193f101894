//! Explanations: of a request that somebody asks about, and of a real one.

mod live;
mod signed;
mod signed_refusals;

use std::process::Command;

use crate::harness::Gateway;

/// A field signed by the command line, with the key of the gateway's configuration.
fn sign(gateway: &Gateway) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_supplex"))
        .args(["explain", "--sign", "--for", "1h", "--config"])
        .arg(gateway.folder().join("config.toml"))
        .output()
        .expect("the binary starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text").trim_end().to_owned()
}

/// A request with more header lines.
fn request(target: &str, lines: &[&str]) -> String {
    let lines: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
    format!("GET {target} HTTP/1.1\r\nHost: shop.test\r\n{lines}\r\n")
}
