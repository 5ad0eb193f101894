//! A real stack, and what has to happen to it so that everything counts: shoppers, nodes that are sick until breakers open,
//! clients that go too fast, strangers, and reloads, good and bad.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use supplex_stack::component::Component;
use supplex_stack::layout::{Layout, Options};
use supplex_stack::state::State;
use supplex_stack::{down, http, port, seed, up};
use tempfile::TempDir;

use super::prometheus::{Prometheus, now};

const LIMIT: Duration = Duration::from_secs(60);
/// Between two requests of those who are always there.
const PAUSE: Duration = Duration::from_millis(20);
/// After so many requests what should have happened will not.
const PATIENCE: usize = 2000;

/// A stack that is up and has something to sell. It is taken down whatever happens.
pub(crate) struct Smoke {
    pub(crate) layout: Layout,
    pub(crate) prometheus: Prometheus,
    gateway: SocketAddr,
    admin: SocketAddr,
    _folder: TempDir,
}

/// A program that `cargo test --workspace` builds.
fn built(name: &str) -> Option<PathBuf> {
    let us = std::env::current_exe().expect("this program");
    let profile = us.parent().and_then(Path::parent).expect("target/PROFILE/deps/THIS");
    let program = profile.join(name);
    assert!(program.is_file(), "{} is not built; `cargo build --workspace` does it", program.display());
    Some(program)
}

impl Smoke {
    /// Brings the stack up. Prometheus looks once a second.
    pub(crate) async fn start() -> Self {
        let folder = tempfile::Builder::new().prefix("supplex-").tempdir().expect("a folder");
        // Root's databases run under other accounts, which must be able to pass through.
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o711);
        std::fs::set_permissions(folder.path(), open).expect("opens");
        let free = || port::free().expect("a port");
        let options = Options {
            gateway: built("supplex"),
            products: built("svc-products"),
            payments: built("svc-payments"),
            users: built("svc-users"),
            orders: built("svc-orders"),
            port: free(),
            admin_port: free(),
            prometheus_port: free(),
            scrape_seconds: 1,
            ..Options::in_folder(&folder.path().join("run"))
        };
        let layout = Layout::new(&options).expect("a layout");
        assert!(layout.prometheus.is_some(), "Prometheus is missing; it comes with the package `prometheus`");
        let begun = now();
        if let Err(error) = up::up(&layout).await {
            let _stopped = down::down(&layout, true);
            panic!("{error}");
        }
        let state = State::load(&layout).expect("a state");
        let running = |component| state.get(component).expect("was started").clone();
        let gateway = running(Component::Gateway);
        let address = running(Component::Prometheus).address;
        let prometheus = Prometheus { address, begun };
        let admin = gateway.admin.expect("an admin endpoint");
        Self { layout, prometheus, gateway: gateway.address, admin, _folder: folder }
    }

    /// Everything.
    pub(crate) async fn happens(&self) {
        seed::seed(&self.layout, &[]).expect("is filled");
        let gateway = self.gateway;
        // Until this test ends: what is counted per second has to go on.
        let _always_there = tokio::spawn(async move {
            loop {
                let _answer = http::get(gateway, "/api/products?limit=1", LIMIT).await;
                tokio::time::sleep(PAUSE).await;
            }
        });
        // Twice, with a look of Prometheus in between: what has counted once only has no rate.
        for round in 1..=2 {
            self.shopper_walks().await;
            // Each of them is looked at at a time of its own.
            for count in ["svc_orders_call_duration_seconds_count", "supplex_auth_decisions_total"] {
                self.prometheus.wait_for(&format!("sum({count})"), f64::from(round)).await;
            }
        }
        self.strangers().await;
        self.payments_get_sick().await;
        self.client_goes_too_fast().await;
        self.prometheus.wait_for("max(supplex_breaker_state)", 2.0).await;
        self.prometheus.wait_for("sum(supplex_reloads_total{result=\"refused\"})", 1.0).await;
    }

    async fn shopper_walks(&self) {
        let mut command = Command::new(built("supplex-journey").expect("a program"));
        command.arg("demo").env("SUPPLEX_RUN", &self.layout.run);
        let walk = tokio::task::spawn_blocking(move || command.output()).await;
        let output = walk.expect("runs").expect("runs");
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(output.status.success(), "{said}");
    }

    /// Who has no token, and who asks for what is not there.
    async fn strangers(&self) {
        for (path, status) in [("/api/orders", 401), ("/nowhere", 404)] {
            let answer = http::get(self.gateway, path, LIMIT).await.expect("an answer");
            assert_eq!(answer.status, status, "{path}: {}", answer.body);
        }
    }

    /// Every node answers with 503 until the gateway leaves all of them alone.
    async fn payments_get_sick(&self) {
        let state = State::load(&self.layout).expect("a state");
        for node in Component::PAYMENTS {
            let address = state.get(node).expect("was started").address;
            let fault = r#"{"error":{"status":503}}"#;
            let answer = http::send(address, "PUT", "/faults", &[], fault, LIMIT).await.expect("an answer");
            assert_eq!(answer.status, 200, "{}", answer.body);
        }
        let service = format!("Bearer {}", self.layout.service_token().expect("a token"));
        let nobody = "/api/payments/01890000-0000-7000-8000-000000000000";
        for _ in 0..PATIENCE {
            let fields = [("authorization", service.as_str())];
            let answer = http::request(self.gateway, "GET", nobody, &fields, LIMIT).await.expect("an answer");
            assert_eq!(answer.status, 503, "{}", answer.body);
            if answer.body.contains("breaker.open") {
                return;
            }
        }
        panic!("no breaker opens");
    }

    /// Limits get low by a reload, and somebody reaches them. Then comes a configuration that does not hold.
    async fn client_goes_too_fast(&self) {
        let file = self.layout.gateway_config();
        let usual = std::fs::read_to_string(&file).expect("a configuration");
        let (high, low) = ("rate = \"500/s\"\nburst = 1000", "rate = \"2/s\"\nburst = 10");
        assert!(usual.contains(high), "{usual}");
        assert_eq!(self.reload(&usual.replace(high, low)).await, 200);
        let client = [("x-forwarded-for", "203.0.113.9")];
        let mut asked = 0;
        while http::request(self.gateway, "GET", "/api/products/x", &client, LIMIT).await.expect("an answer").status
            != 429
        {
            asked += 1;
            assert!(asked < PATIENCE, "nobody is limited");
        }
        assert_eq!(self.reload("[gateway]\nwrokers = 1\n").await, 422);
        assert_eq!(self.reload(&usual).await, 200);
    }

    /// Has the gateway read this, and says what it answered.
    async fn reload(&self, text: &str) -> u16 {
        let file = self.layout.gateway_config();
        let beside = file.with_extension("next");
        std::fs::write(&beside, text).expect("writes");
        std::fs::rename(beside, file).expect("renames");
        http::request(self.admin, "POST", "/api/reload", &[], LIMIT).await.expect("an answer").status
    }
}

impl Drop for Smoke {
    fn drop(&mut self) {
        if let Err(error) = down::down(&self.layout, true)
            && !std::thread::panicking()
        {
            panic!("the stack does not go down: {error}");
        }
    }
}
