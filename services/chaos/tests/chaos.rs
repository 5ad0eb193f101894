//! A very short run on a real stack: real Postgres, real Redis, the real gateway and services.
//!
//! Figures of so short a run on a machine that does other things as well say little, so what is looked at is that the run
//! is made, that what must hold at any speed holds, and that nothing is left behind.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// A program that `cargo test --workspace` builds.
fn built(name: &str) -> PathBuf {
    let us = std::env::current_exe().expect("this program");
    let profile = us.parent().and_then(Path::parent).expect("target/PROFILE/deps/THIS");
    let program = profile.join(name);
    assert!(program.is_file(), "{} is not built; `cargo build --workspace` does it", program.display());
    program
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::Builder::new().prefix("supplex-").tempdir().expect("a folder");
    // Root's databases run under other accounts, which must be able to pass through.
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o711);
    std::fs::set_permissions(folder.path(), open).expect("opens");
    folder
}

fn chaos(out: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_supplex-chaos"));
    command.arg("--out").arg(out).args(words);
    command.env("SUPPLEX_GATEWAY", built("supplex"));
    command.env("SUPPLEX_PRODUCTS", built("svc-products")).env("SUPPLEX_PAYMENTS", built("svc-payments"));
    command.env("SUPPLEX_USERS", built("svc-users")).env("SUPPLEX_ORDERS", built("svc-orders"));
    command
}

/// Verdicts that do not depend on how fast the machine is.
fn must_hold(verdict: &Value) -> bool {
    let what = verdict["what"].as_str().expect("text");
    ["failed requests", "attempts the node received", "valid configurations", "invalid configurations", "generation"]
        .iter()
        .any(|beginning| what.starts_with(beginning))
}

fn text_of(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr[..]].concat()).into_owned()
}

/// Processes that were started with this folder in their arguments.
fn left_in(folder: &Path) -> Vec<String> {
    let folder = folder.display().to_string();
    let processes = std::fs::read_dir("/proc").expect("reads").flatten();
    let lines = processes.filter_map(|process| std::fs::read_to_string(process.path().join("cmdline")).ok());
    lines.filter(|line| line.contains(&folder) && !line.contains("supplex-chaos")).collect()
}

#[test]
fn a_short_run_judges_reports_and_leaves_nothing() {
    let folder = folder();
    let out = folder.path().join("chaos");
    let output = chaos(&out, &["--seconds", "5", "--steps", "killed-node,reload"]).output().expect("runs");
    let text = text_of(&output);
    let report = std::fs::read(out.join("chaos.json")).unwrap_or_else(|error| panic!("{error}: {text}"));
    let report: Value = serde_json::from_slice(&report).expect("JSON");
    let steps = report["steps"].as_array().expect("steps");
    let words: Vec<_> = steps.iter().map(|step| step["step"].as_str().expect("a word")).collect();
    assert_eq!(words, ["killed-node", "reload"], "{text}");
    let verdicts: Vec<_> = steps.iter().flat_map(|step| step["verdicts"].as_array().expect("verdicts")).collect();
    let kept: Vec<_> = verdicts.iter().filter(|verdict| must_hold(verdict)).collect();
    assert!(kept.len() >= 8, "{text}");
    for verdict in kept {
        assert_eq!(verdict["holds"], true, "{verdict}\n{text}");
    }
    let all_hold = verdicts.iter().all(|verdict| verdict["holds"] == true);
    assert_eq!(output.status.code(), Some(i32::from(!all_hold)), "{text}");
    let requests = report["timeline"][0]["good"].as_array().expect("cells").iter().filter_map(Value::as_u64);
    assert!(requests.sum::<u64>() > 1000, "{text}");
    assert!(std::fs::read_to_string(out.join("chaos.svg")).is_ok_and(|svg| svg.contains("killed-node")), "{text}");
    assert_eq!(left_in(folder.path()), Vec::<String>::new(), "{text}");
}

#[test]
fn an_interrupted_run_leaves_nothing() {
    let folder = folder();
    let out = folder.path().join("chaos");
    let mut command = chaos(&out, &["--seconds", "60", "--steps", "redis-frozen"]);
    let log = folder.path().join("log");
    let file = std::fs::File::create(&log).expect("a log");
    let run = command.stdout(file.try_clone().expect("a log")).stderr(file).spawn().expect("runs");
    let runner = supplex_stack::process::Identity::of(run.id()).expect("lives");
    let said = || std::fs::read_to_string(&log).unwrap_or_default();
    // Redis stands still by then, and has to be let go before it can be stopped.
    while !said().contains("SIGSTOP of Redis") {
        assert!(runner.is_alive(), "it ended: {}", said());
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    runner.signal(rustix::process::Signal::INT).expect("is interrupted");
    let output = run.wait_with_output().expect("ends");
    assert!(!output.status.success() && said().contains("interrupted"), "{}", said());
    assert!(!said().contains("was killed"), "everything stops when asked: {}", said());
    assert_eq!(left_in(folder.path()), Vec::<String>::new(), "{}", said());
}
