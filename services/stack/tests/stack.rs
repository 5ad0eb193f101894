//! The runner from end to end: `up`, `status`, `seed`, `down` on a real Postgres, a real Redis and the real services.
//!
//! The gateway is the real one, but where it has to fail to start: there `examples/stand_in_gateway.rs` does.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use rustix::process::Signal;
use supplex_stack::component::Component;
use supplex_stack::process::{Identity, Stop};
use supplex_stack::{http, port};
use tempfile::TempDir;

/// A stack of its own, which is taken down whatever happens.
struct Stack {
    folder: TempDir,
}

struct Outcome {
    success: bool,
    text: String,
}

impl From<Output> for Outcome {
    fn from(output: Output) -> Self {
        let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        Self { success: output.status.success(), text }
    }
}

impl Stack {
    fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("supplex-").tempdir().expect("a folder");
        // Root's databases run under other accounts, which must be able to pass through.
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o711);
        std::fs::set_permissions(folder.path(), open).expect("opens");
        Self { folder }
    }

    fn run(&self) -> PathBuf {
        self.folder.path().join("run")
    }

    fn call(&self, words: &[&str]) -> Outcome {
        self.call_with(words, "")
    }

    fn call_with(&self, words: &[&str], stand_in: &str) -> Outcome {
        self.call_on(words, stand_in, port::free().expect("a port"))
    }

    fn call_on(&self, words: &[&str], stand_in: &str, port: u16) -> Outcome {
        let free = || port::free().expect("a port");
        let ports = [port, free(), free()].map(|port| port.to_string());
        let mut command = Command::new(env!("CARGO_BIN_EXE_supplex-stack"));
        command.args(words).env("SUPPLEX_RUN", self.run()).env("STAND_IN", stand_in);
        let gateway = if stand_in.is_empty() { "supplex" } else { "examples/stand_in_gateway" };
        command.env("SUPPLEX_GATEWAY", built(gateway));
        command.env("SUPPLEX_PRODUCTS", built("svc-products")).env("SUPPLEX_PAYMENTS", built("svc-payments"));
        command.env("SUPPLEX_USERS", built("svc-users")).env("SUPPLEX_ORDERS", built("svc-orders"));
        command.env("SUPPLEX_PORT", &ports[0]).env("SUPPLEX_ADMIN_PORT", &ports[1]);
        command.env("SUPPLEX_PROMETHEUS_PORT", &ports[2]);
        command.output().expect("runs").into()
    }

    fn state(&self) -> serde_json::Value {
        let text = std::fs::read(self.run().join("stack.json")).expect("a state");
        serde_json::from_slice(&text).expect("JSON")
    }

    fn process(&self, component: Component) -> Identity {
        serde_json::from_value(self.state()["running"][component.name()].clone()).expect("it was started")
    }

    fn address(&self, component: Component) -> SocketAddr {
        let state = self.state();
        state["running"][component.name()]["address"].as_str().expect("an address").parse().expect("an address")
    }

    async fn status_of(&self, component: Component, path: &str) -> (u16, String) {
        let answer = http::get(self.address(component), path, Duration::from_secs(60)).await.expect("an answer");
        let problem: serde_json::Value = serde_json::from_str(&answer.body).unwrap_or_default();
        (answer.status, problem["reason"].as_str().unwrap_or_default().to_owned())
    }

    /// The field that makes a request one of a service.
    fn service(&self) -> String {
        let token = std::fs::read_to_string(self.run().join("service-token")).expect("a token");
        format!("Bearer {token}")
    }

    async fn get(&self, component: Component, path: &str) -> String {
        let answer = http::get(self.address(component), path, Duration::from_secs(60)).await.expect("an answer");
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.body
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        let outcome = self.call(&["down", "--volumes"]);
        if !outcome.success && !std::thread::panicking() {
            panic!("the stack does not go down: {}", outcome.text);
        }
    }
}

/// A program that `cargo test --workspace` builds.
fn built(name: &str) -> PathBuf {
    let us = std::env::current_exe().expect("this program");
    let profile = us.parent().and_then(Path::parent).expect("target/PROFILE/deps/THIS");
    let program = profile.join(name);
    assert!(program.is_file(), "{} is not built; `cargo build --workspace` does it", program.display());
    program
}

#[tokio::test]
async fn up_seed_status_and_down() {
    let stack = Stack::new();
    assert!(!stack.call(&["status"]).success, "nothing runs yet");

    let up = stack.call(&["up"]);
    assert!(up.success, "{}", up.text);
    assert!(up.text.contains("make seed"), "an empty catalogue is pointed out: {}", up.text);
    let seed = stack.call(&["seed"]);
    assert!(seed.success && seed.text.contains("200 new"), "{}", seed.text);
    assert!(seed.text.contains("1000 customers, 1000 of them new"), "{}", seed.text);
    let check =
        Command::new(built("supplex")).arg("check").arg("--config").arg(stack.run().join("gateway.toml")).output();
    let check: Outcome = check.expect("runs").into();
    assert!(check.success && !check.text.contains("warning"), "{}", check.text);
    let nobody = stack.status_of(Component::Gateway, "/api/orders").await;
    assert_eq!(nobody, (401, "auth.required".into()), "the gateway asks who it is");
    for path in
        ["/api/payments/01890000-0000-7000-8000-000000000000", "/api/reservations/01890000-0000-7000-8000-000000000000"]
    {
        let stranger = stack.status_of(Component::Gateway, path).await;
        assert_eq!(stranger, (401, "access.token_missing".into()), "only services know {path}");
    }
    let gateway = stack.address(Component::Gateway);
    let body = r#"{"email":"customer-0001@example.com","password":"seed data only"}"#;
    let login = http::send(gateway, "POST", "/api/users/login", &[], body, Duration::from_secs(60)).await;
    assert!(login.is_ok_and(|login| login.status == 200 && login.body.contains("access_token")));
    let keys = stack.get(Component::Gateway, "/.well-known/jwks.json").await;
    assert!(keys.contains("\"EdDSA\""), "{keys}");
    let page = stack.get(Component::Gateway, "/api/products?limit=3").await;
    assert!(page.contains("\"servings\""), "{page}");
    let status = stack.call(&["status"]);
    assert!(status.success, "{}", status.text);
    assert_eq!(status.text.matches(" healthy").count(), 11, "{}", status.text);
    let prometheus = stack.get(Component::Prometheus, "/api/v1/rules").await;
    assert!(prometheus.contains("SupplexDown") && prometheus.contains("OrdersStuck"), "{prometheus}");

    let processes = Component::IN_ORDER.map(|component| stack.process(component));
    let again = stack.call(&["up"]);
    assert!(again.success, "{}", again.text);
    assert_eq!(processes, Component::IN_ORDER.map(|component| stack.process(component)), "{}", again.text);

    let addresses = stack.address(Component::Postgres);
    let down = stack.call(&["down"]);
    assert!(down.success, "{}", down.text);
    assert!(processes.iter().all(|process| !process.is_alive()), "{}", down.text);
    assert!(!down.text.contains("killed"), "everything stops when asked: {}", down.text);
    assert!(stack.call(&["down"]).text.contains("nothing was running"));

    let up = stack.call(&["up"]);
    assert!(up.success, "{}", up.text);
    assert_eq!(stack.get(Component::Gateway, "/api/products?limit=3").await, page, "data survives");
    assert_eq!(stack.address(Component::Postgres), addresses, "so do addresses");
}

#[tokio::test]
async fn every_node_serves_behind_the_gateway_and_one_can_be_made_sick() {
    let stack = Stack::new();
    let up = stack.call(&["up"]);
    assert!(up.success, "{}", up.text);
    let gateway = stack.address(Component::Gateway);
    let limit = Duration::from_secs(30);
    let nobody = "/api/payments/01890000-0000-7000-8000-000000000000";
    let service = stack.service();
    let pays = async || http::request(gateway, "GET", nobody, &[("authorization", &service)], limit).await;
    let served = async |component: Component| {
        let metrics = stack.get(component, "/metrics").await;
        metrics.lines().any(|line| line.starts_with("svc_requests_total") && line.contains("route=\"/p"))
    };
    for component in Component::PRODUCTS.into_iter().chain(Component::PAYMENTS) {
        while !served(component).await {
            let products = http::get(gateway, "/api/products?limit=1", limit).await.expect("an answer");
            let payments = pays().await.expect("an answer");
            assert_eq!((products.status, payments.status), (200, 404), "{} {}", products.body, payments.body);
        }
    }
    let anonymous = http::get(gateway, nobody, limit).await.expect("an answer");
    assert!(anonymous.status == 401 && anonymous.body.contains("access.token_missing"), "{}", anonymous.body);
    let faults = stack.state()["running"]["payments-2"]["faults"].as_str().expect("a URL").to_owned();
    let address = stack.address(Component::Payments2);
    assert_eq!(faults, format!("http://{address}/faults"));
    let sick =
        http::send(address, "PUT", "/faults", &[], r#"{"error":{"status":500}}"#, limit).await.expect("an answer");
    assert_eq!(sick.status, 200, "{}", sick.body);
    let (mut well, mut ill) = (0, 0);
    while well == 0 || ill == 0 {
        match pays().await.expect("an answer").status {
            404 => well += 1,
            500 => ill += 1,
            other => panic!("{other}"),
        }
    }
    assert!(stack.call(&["status"]).success, "the probes of a sick node are well unless asked otherwise");
}

#[tokio::test]
async fn up_starts_only_what_died() {
    let stack = Stack::new();
    let up = stack.call(&["up"]);
    assert!(up.success, "{}", up.text);
    let before = Component::IN_ORDER.map(|component| stack.process(component));
    let products = stack.process(Component::Products2);
    products.stop(Component::Products2.stop()).expect("stops");
    let without_warning = Stop { signal: Signal::KILL, ..Component::Postgres.stop() };
    stack.process(Component::Postgres).stop(without_warning).expect("dies");
    let status = stack.call(&["status"]);
    assert!(!status.success && status.text.contains("ended"), "{}", status.text);

    let up = stack.call(&["up"]);
    assert!(up.success, "{}", up.text);
    let after = Component::IN_ORDER.map(|component| stack.process(component));
    let same: Vec<bool> = before.iter().zip(&after).map(|(before, after)| before == after).collect();
    assert_eq!(same, [false, true, true, true, false, true, true, true, true, true, true], "{}", up.text);
    stack.get(Component::Gateway, "/api/products").await;
}

#[tokio::test]
async fn orders_follow_the_gateway_to_another_port() {
    let stack = Stack::new();
    // The system chooses the port, so nobody can have known it when the orders were started.
    let up = stack.call_on(&["up"], "", 0);
    assert!(up.success, "{}", up.text);
    assert!(up.text.contains("orders     has a new program or new settings: starting it again"), "{}", up.text);
    let knows_it = || {
        let told = format!("PRODUCTS_URL=http://{}/api ", stack.address(Component::Gateway));
        stack.state()["running"]["orders"]["made_from"].as_str().is_some_and(|made_from| made_from.contains(&told))
    };
    assert!(knows_it(), "{}", up.text);
    let [orders, gateway] = [Component::Orders, Component::Gateway].map(|component| stack.process(component));
    gateway.stop(Component::Gateway.stop()).expect("stops");
    let elsewhere = stack.call(&["up"]);
    assert!(elsewhere.success && stack.process(Component::Orders) != orders && knows_it(), "{}", elsewhere.text);
    assert_eq!(elsewhere.text.matches("orders     starts on").count(), 1, "{}", elsewhere.text);
}

#[test]
fn a_start_that_fails_says_why_and_leaves_nothing_running() {
    let stack = Stack::new();
    let up = stack.call_with(&["up"], "broken");
    assert!(!up.success, "{}", up.text);
    assert!(up.text.contains("broken on purpose"), "the log's end is shown: {}", up.text);
    assert_eq!(stack.state()["running"], serde_json::json!({}), "{}", up.text);
    for started in ["postgres", "redis", "users", "products-1", "products-2", "payments-1", "payments-3", "orders"] {
        assert!(up.text.contains(&format!("{started:<10} stopped")), "{}", up.text);
    }
}

#[test]
fn an_interrupted_start_leaves_nothing_running() {
    let stack = Stack::new();
    let mut command = Command::new(env!("CARGO_BIN_EXE_supplex-stack"));
    command.arg("up").env("SUPPLEX_RUN", stack.run()).env("STAND_IN", "silent").stdout(std::process::Stdio::piped());
    command.env("SUPPLEX_GATEWAY", built("examples/stand_in_gateway"));
    command.env("SUPPLEX_PRODUCTS", built("svc-products")).env("SUPPLEX_PAYMENTS", built("svc-payments"));
    command.env("SUPPLEX_USERS", built("svc-users")).env("SUPPLEX_ORDERS", built("svc-orders"));
    let up = command.spawn().expect("runs");
    let runner = Identity::of(up.id()).expect("lives");
    let state = stack.run().join("stack.json");
    while !std::fs::read_to_string(&state).is_ok_and(|state| state.contains("\"gateway\": {")) {
        assert!(runner.is_alive(), "it ended before it started the gateway");
        std::thread::sleep(Duration::from_millis(20));
    }
    let gateway = stack.process(Component::Gateway);
    runner.stop(Component::Gateway.stop()).expect("stops");
    let outcome: Outcome = up.wait_with_output().expect("ends").into();
    assert!(!outcome.success && !gateway.is_alive(), "{}", outcome.text);
    assert_eq!(stack.state()["running"], serde_json::json!({}), "{}", outcome.text);
}
