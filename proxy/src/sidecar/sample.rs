//! Small snapshots for the tests of the sidecar.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use supplex_engine::config::{
    Address, Balance, Destination, Endpoint, Gateway, HashKey, HeaderEdits, Listener, Priority, Queue, RetryBudget,
    Rewrite, Route, Snapshot, Telemetry, Traces, Upstream, UpstreamId, Workers,
};
use supplex_engine::route::{Matcher, PathMatch, RouteTable};

use super::resolve::Resolver;
use super::{Origin, Running, Sidecar};
use crate::boot::listeners::Book;
use crate::config::Resolved;
use crate::link::{Assignment, Mailbox, Message, Messages};

/// One listener `public`, routes by name (each with the prefix `/NAME` to the first upstream), and upstreams with the
/// addresses of their endpoints.
pub(super) fn snapshot(generation: u64, routes: &[&str], upstreams: &[(&str, &[&str])]) -> Snapshot {
    let routes: Vec<Route> = routes.iter().map(|name| route(name)).collect();
    Snapshot {
        generation,
        resolution: 0,
        gateway: gateway(),
        listeners: vec![listener("public")],
        table: RouteTable::new(&routes),
        routes,
        upstreams: upstreams.iter().map(|(name, endpoints)| upstream(name, endpoints)).collect(),
        limits: Vec::new(),
        auth: Vec::new(),
        redis: None,
        telemetry: Telemetry {
            access_log: None,
            explain_key: None,
            latency_dump: "latency.hlog".into(),
            traces: Traces::default(),
        },
    }
}

fn gateway() -> Gateway {
    Gateway {
        workers: Workers::Auto,
        admin: SocketAddr::from(([127, 0, 0, 1], 0)),
        admin_token: None,
        drain_timeout: Duration::from_secs(15),
        trusted_proxies: Vec::new(),
        shed: None,
    }
}

fn listener(name: &str) -> Listener {
    Listener {
        name: name.into(),
        address: SocketAddr::from(([127, 0, 0, 1], 0)),
        header_timeout: Duration::from_secs(5),
        idle_timeout: Duration::from_secs(60),
        max_header_bytes: 16 << 10,
        max_header_fields: 100,
        max_body_bytes: 10 << 20,
        max_connections: 100,
    }
}

fn route(name: &str) -> Route {
    let path = PathMatch::Prefix(format!("/{name}").into());
    Route {
        name: name.into(),
        matcher: Matcher { path, methods: vec!["GET".into()], host: None, headers: Vec::new() },
        destination: Destination::Upstream(UpstreamId(0)),
        rewrite: Rewrite::default(),
        timeout: Duration::from_secs(3),
        retries: None,
        priority: Priority::Normal,
        auth: None,
        limits: Vec::new(),
        request_headers: HeaderEdits::default(),
        response_headers: HeaderEdits::default(),
        hedge: None,
        fallback: None,
    }
}

fn upstream(name: &str, endpoints: &[&str]) -> Upstream {
    let endpoint = |address: &&str| Endpoint {
        written: (*address).into(),
        address: Address::Tcp(address.parse().expect("an address")),
        weight: 1,
    };
    Upstream {
        name: name.into(),
        endpoints: endpoints.iter().map(endpoint).collect(),
        balance: Balance::LeastRequest,
        hash_key: HashKey::default(),
        connect_timeout: Duration::from_millis(250),
        attempt_timeout: Duration::from_secs(2),
        idle_per_worker: 64,
        idle_timeout: Duration::from_secs(30),
        max_in_flight: 1024,
        adaptive: None,
        breaker: None,
        queue: Queue::default(),
        retry_budget: RetryBudget::default(),
        health: None,
        ejection: None,
        panic_threshold: None,
        slow_start: None,
    }
}

/// Workers that nobody runs, with the receiving ends of their mailboxes.
pub(super) fn crew(count: usize) -> (Vec<super::Member>, Vec<Messages>) {
    let member = |cpu| {
        let (_owner, bell) = crate::ring::eventfd().expect("a descriptor");
        let (mailbox, receiver) = Mailbox::new(bell);
        (super::Member { mailbox, block: Arc::default(), cpu }, receiver)
    };
    (0..count).map(member).unzip()
}

/// Runs a test's future the way the sidecar's run.
pub(super) fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let result = tokio::task::LocalSet::new().block_on(&runtime, future);
    runtime.shutdown_background();
    result
}

/// A configuration file's text: routes by name, to an upstream with these endpoints.
pub(super) fn text(routes: &[&str], endpoints: &[&str]) -> String {
    let route =
        |name: &&str| format!("[[routes]]\nname = \"{name}\"\nmatch = {{ prefix = \"/{name}\" }}\nupstream = \"up\"\n");
    let routes: String = routes.iter().map(route).collect();
    format!(
        "[gateway]\nadmin = \"127.0.0.1:0\"\n[[listeners]]\nname = \"public\"\naddress = \"127.0.0.1:0\"\n{routes}\
         [upstreams.up]\nendpoints = {endpoints:?}\n"
    )
}

/// A sidecar in a folder of its own, over workers that nobody runs but that have acknowledged its first configuration.
pub(super) struct Sample {
    pub(super) sidecar: Rc<Sidecar>,
    pub(super) mailboxes: Vec<Messages>,
    pub(super) path: PathBuf,
    _folder: tempfile::TempDir,
}

impl Sample {
    pub(super) fn new(text: &str) -> Sample {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("config.toml");
        std::fs::write(&path, text).expect("written");
        let (crew, mailboxes) = crew(2);
        let loaded = super::reload::read(&path).expect("valid");
        let snapshot = Arc::new(loaded.blueprint.snapshot(1, 0, &Resolved::new()));
        let running = Running {
            snapshot: Arc::clone(&snapshot),
            blueprint: loaded.blueprint,
            content: loaded.content,
            loaded_at: SystemTime::now(),
        };
        let mut book = Book::default();
        let fresh = book.bind(&snapshot.listeners, crew.len()).expect("bound");
        let sockets = book.commit(fresh, &snapshot.listeners);
        let origin = Origin {
            config: path.clone(),
            ready_file: Some(folder.path().join("ready.json")),
            admin: SocketAddr::from(([127, 0, 0, 1], 0)),
        };
        let (_, log) = crate::access_log::start().expect("a writer");
        let (_, otlp) = super::otlp::start().expect("an exporter");
        let resolver = Resolver::new(Resolver::system(), Duration::from_secs(3600));
        let sidecar = Rc::new(Sidecar::new(origin, crew, log, otlp, book, running, resolver));
        let messages = super::publish::assignments(&mut sidecar.registry.borrow_mut(), &snapshot, sockets);
        for (member, message) in sidecar.crew.iter().zip(messages) {
            member.mailbox.post(message).expect("room");
        }
        let sample = Sample { sidecar, mailboxes, path, _folder: folder };
        sample.acknowledge();
        sample
    }

    /// Has every worker take over what lies in its mailbox, and returns the last assignments.
    pub(super) fn acknowledge(&self) -> Vec<Option<Box<Assignment>>> {
        let take = |(member, mailbox): (&super::Member, &Messages)| {
            let assignment = mailbox.take().filter_map(|message| match message {
                Message::Configure(assignment) => Some(assignment),
                _ => None,
            });
            assignment.last().inspect(|assignment| {
                member.block.generation.set(assignment.snapshot.generation);
                member.block.resolution.set(assignment.snapshot.resolution);
            })
        };
        self.sidecar.crew.iter().zip(&self.mailboxes).map(take).collect()
    }

    /// Runs `future` while the workers acknowledge whatever they get.
    pub(super) async fn with_workers<T>(&self, future: impl Future<Output = T>) -> T {
        let work = async {
            loop {
                self.acknowledge();
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::select! {
            result = future => result,
            () = work => unreachable!("workers do not end"),
        }
    }

    /// Replaces the file.
    pub(super) fn rewrite(&self, text: &str) {
        std::fs::write(&self.path, text).expect("written");
    }
}
