//! `max_in_flight` holds over all workers but for one exchange each, and a place that comes free in one worker is found by
//! those who wait in another.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::Duration;

use crate::harness::{Client, Config, Gateway, Upstream};

const WORKERS: usize = 2;
const MOST: usize = 2;

#[test]
fn workers() {
    let (now, peak) = (AtomicUsize::new(0), Arc::new(AtomicUsize::new(0)));
    let highest = Arc::clone(&peak);
    let upstream = Upstream::run(move |peer| {
        while peer.request().is_some() {
            highest.fetch_max(now.fetch_add(1, SeqCst) + 1, SeqCst);
            // Long enough for requests to overlap.
            thread::sleep(Duration::from_millis(3));
            now.fetch_sub(1, SeqCst);
            peer.answer("ok");
        }
    });
    let config = Config::to(&upstream)
        .gateway(&format!("workers = {WORKERS}"))
        .upstream(&format!("max_in_flight = {MOST}\nqueue = {{ max = 64, timeout = \"20s\" }}"));
    let gateway = Gateway::start(&config);
    let clients: Vec<_> = (0..12).map(|_| Client::connect(&gateway)).collect();
    thread::scope(|scope| {
        for mut client in clients {
            scope.spawn(move || {
                for _ in 0..20 {
                    assert_eq!(client.get("/").text(), "ok");
                }
            });
        }
    });
    let peak = peak.load(SeqCst);
    assert!((MOST..=MOST + WORKERS).contains(&peak), "{peak} in flight at once");
}
