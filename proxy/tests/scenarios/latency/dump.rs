//! SIGUSR1 writes the last minute to the file that the configuration names, and `supplex hdr` reads it.

use std::fs;
use std::process::{Command, Output};

use super::after;
use crate::harness::{Client, Config, Gateway, Upstream, wait_for};

/// What `supplex hdr` prints.
fn hdr(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_supplex")).arg("hdr").args(arguments).output();
    let Output { status, stdout, stderr } = output.expect("the binary starts");
    assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).expect("text")
}

fn log_of(gateway: &Gateway) -> String {
    fs::read_to_string(gateway.folder().join("stderr")).expect("the gateway writes a log")
}

#[test]
fn a_file_is_written_and_replaced() {
    let upstream = Upstream::saying("ok");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("latency.hlog");
    let dump = format!("[telemetry]\nlatency_dump = \"{}\"\n", path.display());
    let gateway = Gateway::start(&Config::to(&upstream).and(&dump));
    let mut client = Client::connect(&gateway);
    let mut total = 0;
    for round in 1..3 {
        for _ in 0..50 {
            client.get("/");
        }
        total += 50;
        after(&gateway, total);
        gateway.signal("USR1");
        wait_for("a line in the log", || {
            let line = format!("latencies of the last minute are in {}", path.display());
            (log_of(&gateway).matches(&line).count() == round).then_some(())
        });
        let table = hdr(&[path.to_str().expect("text"), "--tag", "route=all", "--tag", "phase=total"]);
        let line =
            table.lines().find(|line| line.starts_with("route=all;phase=total ")).unwrap_or_else(|| panic!("{table}"));
        assert_eq!(line.split_whitespace().nth(1), Some(total.to_string().as_str()), "{table}");
        assert_eq!(table.lines().filter(|line| line.contains("phase=")).count(), 1, "{table}");
    }
    assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 1, "nothing half written is left");

    // The same as the admin endpoint shows, and what both hold can be compared.
    let shown = gateway.admin("GET", "/latency.hlog");
    let beside = folder.path().join("shown.hlog");
    fs::write(&beside, shown.body).expect("written");
    let compared =
        hdr(&[path.to_str().expect("text"), beside.to_str().expect("text"), "--tag", "route=all;phase=total"]);
    let change = compared.lines().find(|line| line.starts_with("  change")).unwrap_or_else(|| panic!("{compared}"));
    assert!(change.split_whitespace().skip(1).all(|figure| figure == "="), "{compared}");
}

#[test]
fn a_path_that_cannot_be_written_hurts_nobody() {
    let upstream = Upstream::saying("ok");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("missing/latency.hlog");
    let dump = format!("[telemetry]\nlatency_dump = \"{}\"\n", path.display());
    let gateway = Gateway::start(&Config::to(&upstream).and(&dump));
    gateway.signal("USR1");
    wait_for("a line in the log", || {
        log_of(&gateway).contains(&format!("cannot be written to {}", path.display())).then_some(())
    });
    assert_eq!(Client::connect(&gateway).get("/").text(), "ok");
}
