//! With `adaptive`, an upstream that serves only so many at once gets little more than that, so that nobody waits there for
//! long, and the excess is refused with `upstream.busy`; without, all of it waits at the upstream. Who fits is not refused.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use crate::harness::{Client, Config, Gateway, Upstream, assert_problem, wait_for};

/// What the upstream serves at once.
const PLACES: usize = 4;
/// Clients that ask all the time.
const CLIENTS: usize = 32;
/// The tolerance and the headroom over [`PLACES`], and what a latency that is measured on a busy machine may be wrong by.
const NEAR: u64 = 20;

/// What is at the upstream now, and was at once at most.
#[derive(Default)]
struct Crowd {
    now: AtomicU64,
    peak: AtomicU64,
    free: Mutex<usize>,
    changed: Condvar,
}

impl Crowd {
    /// One request from its arrival to its end.
    fn serve(&self) {
        self.peak.fetch_max(self.now.fetch_add(1, SeqCst) + 1, SeqCst);
        let free = self.free.lock().expect("nobody panics with the lock held");
        let mut free = self.changed.wait_while(free, |free| *free == 0).expect("nobody panics with the lock held");
        *free -= 1;
        drop(free);
        thread::sleep(Duration::from_millis(10));
        *self.free.lock().expect("nobody panics with the lock held") += 1;
        self.changed.notify_one();
        self.now.fetch_sub(1, SeqCst);
    }
}

fn crowded() -> (Arc<Crowd>, Upstream) {
    let crowd = Arc::new(Crowd { free: Mutex::new(PLACES), ..Crowd::default() });
    let at_upstream = Arc::clone(&crowd);
    let upstream = Upstream::run(move |peer| {
        while peer.request().is_some() {
            at_upstream.serve();
            peer.answer("ok");
        }
    });
    (crowd, upstream)
}

/// What became of the clients' requests.
#[derive(Default)]
struct Answers {
    stop: AtomicBool,
    served: AtomicU64,
    refused: AtomicU64,
}

impl Answers {
    fn ask(&self, gateway: &Gateway) {
        let mut client = Client::connect(gateway);
        while !self.stop.load(SeqCst) {
            let response = client.get("/");
            if response.status() == 200 {
                self.served.fetch_add(1, SeqCst);
            } else {
                assert_problem(&response, 503, "upstream.busy");
                self.refused.fetch_add(1, SeqCst);
                // As a client that was told to come again.
                thread::sleep(Duration::from_millis(5));
            }
        }
    }
}

/// Runs `look` while the clients ask, and stops them.
fn under_load(gateway: &Gateway, look: impl FnOnce(&Answers)) -> Answers {
    let answers = Answers::default();
    thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| answers.ask(gateway));
        }
        // The clients stop even if looking fails, so that it is told what failed.
        let looked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| look(&answers)));
        answers.stop.store(true, SeqCst);
        if let Err(panic) = looked {
            std::panic::resume_unwind(panic);
        }
    });
    answers
}

/// The most at once at the upstream while it serves the next hundred.
fn peak(crowd: &Crowd, answers: &Answers) -> u64 {
    crowd.peak.store(0, SeqCst);
    let from = answers.served.load(SeqCst);
    wait_for("a hundred answers", || (answers.served.load(SeqCst) >= from + 100).then_some(()));
    crowd.peak.load(SeqCst)
}

fn limit(gateway: &Gateway) -> u64 {
    let document = gateway.document("/api/upstreams");
    document["upstreams"][0]["adaptive"]["limit"].as_u64().expect("a limit")
}

#[test]
fn the_excess_is_refused_and_the_upstream_is_not_crowded() {
    let (crowd, upstream) = crowded();
    let config = Config::to(&upstream).upstream("adaptive = { min = 2, window = \"50ms\", remeasure = \"1s\" }");
    let gateway = Gateway::start(&config);
    assert_eq!(gateway.metric("supplex_upstream_concurrency_limit{upstream=\"up\"}"), Some(1024.0));
    let answers = under_load(&gateway, |answers| {
        wait_for("a limit near what the upstream can do", || (limit(&gateway) <= NEAR).then_some(()));
        wait_for("an upstream that is not crowded", || (peak(&crowd, answers) <= NEAR).then_some(()));
    });
    let (served, refused) = (answers.served.load(SeqCst), answers.refused.load(SeqCst));
    assert!(refused > 0);
    assert_eq!(upstream.seen_so_far().len() as u64, served, "what was refused was not sent");
    let document = gateway.document("/api/upstreams");
    let adaptive = &document["upstreams"][0]["adaptive"];
    assert!(adaptive["min_latency_seconds"].as_f64().is_some_and(|seconds| seconds > 0.005), "{adaptive}");
    assert_eq!(adaptive["held_back"].as_u64(), Some(refused));
    assert!(adaptive["samples"].as_u64().is_some_and(|samples| (1..=served).contains(&samples)), "{adaptive}");
    let metric = gateway.metric("supplex_upstream_concurrency_limit{upstream=\"up\"}");
    assert!(metric.is_some_and(|limit| (2.0..1024.0).contains(&limit)), "{metric:?}");
    // One at a time fits below the least that there can be.
    let mut client = Client::connect(&gateway);
    for _ in 0..20 {
        assert_eq!(client.get("/").text(), "ok");
    }
}

#[test]
fn without_it_all_of_it_waits_at_the_upstream() {
    let (crowd, upstream) = crowded();
    let gateway = Gateway::start(&Config::to(&upstream));
    let answers = under_load(&gateway, |answers| {
        let at_once = CLIENTS as u64;
        wait_for("all at the upstream", || (peak(&crowd, answers) == at_once).then_some(()));
    });
    assert_eq!(answers.refused.load(SeqCst), 0);
    assert_eq!(gateway.document("/api/upstreams")["upstreams"][0]["adaptive"], serde_json::Value::Null);
}

#[test]
fn a_reload_changes_the_bounds_and_keeps_what_was_learned() {
    let (_crowd, upstream) = crowded();
    let config = |adaptive: &str| Config::to(&upstream).upstream(adaptive);
    let gateway = Gateway::start(&config("adaptive = { max = 500 }"));
    let mut client = Client::connect(&gateway);
    for _ in 0..20 {
        assert_eq!(client.get("/").text(), "ok");
    }
    let known = || {
        let document = gateway.document("/api/upstreams");
        document["upstreams"][0]["adaptive"]["min_latency_seconds"].as_f64()
    };
    wait_for("a latency", known);
    assert_eq!(limit(&gateway), 500);
    gateway.rewrite(&config("adaptive = { max = 50 }").text());
    gateway.wait_for_generation(2);
    assert_eq!(limit(&gateway), 50);
    assert!(known().is_some(), "what was learned stays");
    gateway.rewrite(&config("max_in_flight = 7").text());
    gateway.wait_for_generation(3);
    gateway.wait_for_metric("supplex_upstream_concurrency_limit{upstream=\"up\"}", 7.0);
}
