//! Shoppers on a stack of their own: real Postgres, real Redis, the real services, the real gateway.
//!
//! No verdict depends on how fast the machine is: only on what was answered, and on whether the books agree.

#[path = "journey/collector.rs"]
mod collector;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use serde_json::Value;
use supplex_stack::component::Component;
use supplex_stack::layout::{Layout, Options};
use supplex_stack::state::State;
use supplex_stack::{down, http, port, seed, up};
use tempfile::TempDir;

use self::collector::{Collector, Span};

/// A program that `cargo test --workspace` builds.
fn built(name: &str) -> Option<PathBuf> {
    let us = std::env::current_exe().expect("this program");
    let profile = us.parent().and_then(Path::parent).expect("target/PROFILE/deps/THIS");
    let program = profile.join(name);
    assert!(program.is_file(), "{} is not built; `cargo build --workspace` does it", program.display());
    Some(program)
}

/// A stack that is up and has something to sell. It is taken down whatever happens.
struct Stack {
    layout: Layout,
    folder: TempDir,
}

impl Stack {
    async fn start() -> Self {
        Self::start_with(None).await
    }

    /// As [`Stack::start`], with spans sent somewhere.
    async fn start_with(otlp_endpoint: Option<String>) -> Self {
        let folder = tempfile::Builder::new().prefix("supplex-").tempdir().expect("a folder");
        // Root's databases run under other accounts, which must be able to pass through.
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o711);
        std::fs::set_permissions(folder.path(), open).expect("opens");
        let options = Options {
            gateway: built("supplex"),
            products: built("svc-products"),
            payments: built("svc-payments"),
            users: built("svc-users"),
            orders: built("svc-orders"),
            port: port::free().expect("a port"),
            admin_port: port::free().expect("a port"),
            no_prometheus: true,
            otlp_endpoint,
            ..Options::in_folder(&folder.path().join("run"))
        };
        let layout = Layout::new(&options).expect("a layout");
        let stack = Self { layout, folder };
        up::up(&stack.layout).await.expect("starts");
        seed::seed(&stack.layout, &[]).expect("is filled");
        stack
    }

    fn journey(&self, words: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_supplex-journey"));
        command.args(words).env("SUPPLEX_RUN", self.folder.path().join("run")).output().expect("runs")
    }

    async fn set_faults(&self, component: Component, faults: &str) {
        let state = State::load(&self.layout).expect("a state");
        let address = state.get(component).expect("was started").address;
        let answer =
            http::send(address, "PUT", "/faults", &[], faults, Duration::from_secs(60)).await.expect("an answer");
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        if let Err(error) = down::down(&self.layout, true)
            && !std::thread::panicking()
        {
            panic!("the stack does not go down: {error}");
        }
    }
}

fn text_of(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr[..]].concat()).into_owned()
}

fn count(report: &Value, pointer: &str) -> u64 {
    report.pointer(pointer).and_then(Value::as_u64).unwrap_or_else(|| panic!("{pointer} of {report:#}"))
}

#[tokio::test]
async fn a_shopper_walks_through_everything_as_often_as_one_likes() {
    let stack = Stack::start().await;
    let check = stack.journey(&["check"]);
    assert!(check.status.success(), "the books of the seed agree: {}", text_of(&check));
    for _ in 0..2 {
        let demo = stack.journey(&["demo"]);
        let text = text_of(&demo);
        assert!(demo.status.success() && text.contains("answered as they should be"), "{text}");
        for seen in [
            "/api/users/register",
            "/api/users/login",
            "/api/products?q=",
            "not changed, so nothing is sent again",
            "/api/cart",
            "nothing is paid twice",
            "ratelimit: ",
            "x-request-id: ",
            "auth.required",
            "refunded",
            "payment.declined",
        ] {
            assert!(text.contains(seen), "{seen} is not to be seen in {text}");
        }
        assert!(!text.contains('\x1b'), "no colours where there is no terminal");
    }
    let check = stack.journey(&["check"]);
    assert!(check.status.success() && text_of(&check).contains("They agree"), "{}", text_of(&check));
}

#[tokio::test]
async fn fifty_shoppers_at_once_and_a_sick_node_lose_and_double_nothing() {
    let stack = Stack::start().await;
    // Half of what it does is done and not answered, some of the other half takes long.
    let faults = r#"{"error":{"ratio":0.4,"status":503,"after":"work"},"reset":{"ratio":0.1},
        "latency":{"ratio":0.2,"kind":"fixed","ms":400}}"#;
    stack.set_faults(Component::Payments2, faults).await;
    let load = stack.journey(&["load", "--shoppers", "50", "--journeys", "150", "--think", "20", "--json"]);
    let text = text_of(&load);
    let report: Value = serde_json::from_slice(&load.stdout).unwrap_or_else(|error| panic!("{error}: {text}"));
    let [paid, declined, cancelled, sold_out, broken] = ["paid", "declined", "cancelled", "sold_out", "broken"]
        .map(|ending| count(&report, &format!("/endings/{ending}")));
    assert_eq!(paid + declined + cancelled + sold_out + broken, 150, "{text}");
    assert!(paid > 75, "most get what they want although a node is sick: {text}");
    // On a busy machine some do not get past their password. Everybody else has checked out, some several times.
    let complete = count(&report, "/journey/count");
    assert!(complete == 150 - broken && count(&report, "/steps/checkout/count") >= complete, "{text}");
    let books = &report["books"];
    assert_eq!((count(books, "/difference_count"), count(books, "/unsettled")), (0, 0), "{text}");
    assert!(count(books, "/units/sold") >= paid, "{text}");

    stack.set_faults(Component::Payments2, "{}").await;
    let check = stack.journey(&["check"]);
    assert!(check.status.success(), "{}", text_of(&check));
}

/// Whether a trace is that of a checkout which everybody has told their part of.
fn is_whole_checkout(spans: &[Span]) -> bool {
    let services: BTreeSet<_> = spans.iter().map(|span| span.service.as_str()).collect();
    let ids: BTreeSet<_> = spans.iter().map(|span| &span.id).collect();
    let roots: Vec<_> = spans.iter().filter(|span| span.parent.is_empty()).collect();
    // What payments do last ends the saga, and so comes last.
    let captured = spans.iter().any(|span| span.service == "svc-payments" && span.path.ends_with("/capture"));
    services.is_superset(&BTreeSet::from(["supplex-gateway", "svc-orders", "svc-payments", "svc-products"]))
        && matches!(roots[..], [root] if root.service == "supplex-gateway" && root.path == "/api/orders")
        && captured
        && spans.iter().all(|span| span.parent.is_empty() || ids.contains(&span.parent))
}

#[tokio::test]
async fn a_checkout_is_one_trace_over_gateway_orders_payments_and_products() {
    let collector = Collector::start();
    let stack = Stack::start_with(Some(collector.url())).await;
    let demo = stack.journey(&["demo"]);
    assert!(demo.status.success(), "{}", text_of(&demo));
    let found = async {
        loop {
            let whole = collector.traces().into_values().find(|spans| is_whole_checkout(spans));
            if let Some(spans) = whole {
                return spans;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let Ok(spans) = tokio::time::timeout(Duration::from_secs(60), found).await else {
        let traces = collector.traces();
        panic!("no whole checkout among {} traces: {traces:#?}", traces.len());
    };
    // The customer's request, and at least what reserves, authorises, sells and captures, each through the gateway.
    let servers =
        |service: &str| spans.iter().filter(|span| span.service == service && span.name.contains('/')).count();
    assert_eq!(servers("svc-orders"), 1, "{spans:#?}");
    assert!(servers("supplex-gateway") >= 5, "{spans:#?}");
    assert!(servers("svc-products") >= 2 && servers("svc-payments") >= 2, "{spans:#?}");
}

#[test]
fn without_a_gateway_it_says_what_failed() {
    let demo = |words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_supplex-journey"));
        let output = command.arg("demo").args(words).env("SUPPLEX_RUN", "/nowhere").output().expect("runs");
        (output.status.code(), text_of(&output))
    };
    let (status, text) = demo(&[]);
    assert!(status == Some(1) && text.contains("make up"), "{text}");
    let nobody = format!("http://127.0.0.1:{}", port::free().expect("a port"));
    let (status, text) = demo(&["--gateway", &nobody]);
    assert!(status == Some(1) && text.contains("FAILED at register") && text.contains("cannot connect"), "{text}");
}
