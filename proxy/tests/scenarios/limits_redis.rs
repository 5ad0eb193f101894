//! Limits that are kept in a real Redis, also while it is not well.

mod cluster_failover;
mod cluster_slot_moves;
mod counted_exactly;
mod hangs;
mod restarted;
mod script_flushed;
mod sentinel_failover;
mod shared_by_gateways;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};

use crate::harness::{Client, Config, Gateway, Redis, Upstream, wait_for};

/// A timeout that a busy machine does not reach.
const AMPLE: &str = "10s";
const UP: &str = "supplex_limit_store_up{store=\"redis\"}";
static CALLERS: AtomicU64 = AtomicU64::new(0);

/// A configuration with one limit, `few`, per value of the field `x-caller`: so many requests, and then none for hours.
/// Without Redis everything is let through. `timeout` is what a hanging server makes a request wait for.
fn config(upstream: &Upstream, redis: &Redis, burst: u32, timeout: &str) -> Config {
    config_with(upstream, burst, &redis.table(timeout))
}

/// The same with another `[redis]` table.
fn config_with(upstream: &Upstream, burst: u32, redis: &str) -> Config {
    let limit = format!(
        "[limits.few]\nrate = \"1/h\"\nburst = {burst}\nkey = \"header:x-caller\"\nprecision = \"exact\"\n\
         on_store_error = \"open\"\n"
    );
    let config = Config::to(upstream).gateway("workers = 2").route("limits = [\"few\"]");
    config.upstream(&limit).upstream(redis)
}

/// A gateway that has found its Redis.
fn start(config: &Config) -> Gateway {
    let gateway = Gateway::start(config);
    gateway.wait_for_metric(UP, 1.0);
    gateway
}

/// The server that the gateway asks now, where it had to find it.
fn server(gateway: &Gateway) -> Option<String> {
    gateway.document("/api/limits")["store"]["redis"]["server"].as_str().map(str::to_owned)
}

/// The status of a request of this caller.
fn ask(client: &mut Client, caller: &str) -> u16 {
    client.request(format!("GET / HTTP/1.1\r\nHost: h\r\nx-caller: {caller}\r\n\r\n")).status()
}

/// Has many clients ask as one caller at once; how many of them were let through.
fn admitted(gateways: &[&Gateway], caller: &str, each: usize) -> usize {
    let clients: Vec<_> = (0..8).map(|number| Client::connect(gateways[number % gateways.len()])).collect();
    thread::scope(|scope| {
        let run = |mut client: Client| (0..each).filter(|_| is_admitted(ask(&mut client, caller))).count();
        let threads: Vec<_> = clients.into_iter().map(|client| scope.spawn(move || run(client))).collect();
        threads.into_iter().map(|thread| thread.join().expect("a client does not panic")).sum()
    })
}

fn is_admitted(status: u16) -> bool {
    assert!(matches!(status, 200 | 429), "{status}");
    status == 200
}

/// Whether a caller that was never seen is let through as often as `burst = 1` says: once.
fn is_enforced(client: &mut Client) -> bool {
    let caller = format!("c{}", CALLERS.fetch_add(1, Ordering::SeqCst));
    assert_eq!(ask(client, &caller), 200, "the first request of a caller is let through, Redis or not");
    !is_admitted(ask(client, &caller))
}

/// Waits until limits with `burst = 1` are enforced, or are not.
fn wait_until_enforced(gateway: &Gateway, enforced: bool) {
    let mut client = Client::connect(gateway);
    wait_for("limits", || (is_enforced(&mut client) == enforced).then_some(()));
}

/// Waits until every worker asks Redis again, which each does a moment after its last questions failed: a caller that was
/// never seen gets through exactly once.
fn wait_until_counted(gateway: &Gateway) {
    wait_for("a right count", || {
        let caller = format!("n{}", CALLERS.fetch_add(1, Ordering::SeqCst));
        (admitted(&[gateway], &caller, 20) == 1).then_some(())
    });
}

/// New callers without a pause, until stopped. Panics at any status but 200 and 429.
struct Crowd {
    stop: Arc<AtomicBool>,
    clients: Vec<JoinHandle<u64>>,
}

impl Crowd {
    fn start(gateway: &Gateway) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let run = |mut client: Client| {
            let stop = Arc::clone(&stop);
            thread::spawn(move || {
                let mut asked = 0;
                while !stop.load(Ordering::SeqCst) {
                    is_enforced(&mut client);
                    asked += 2;
                }
                asked
            })
        };
        let clients = (0..4).map(|_| run(Client::connect(gateway))).collect();
        Self { stop, clients }
    }

    /// How many requests there were; every one had a right answer.
    fn stop(self) -> u64 {
        self.stop.store(true, Ordering::SeqCst);
        self.clients.into_iter().map(|client| client.join().expect("no request failed")).sum()
    }
}
