//! A scrape costs the workers nothing: while some scrape without a pause, and others never read what they asked for, every
//! request is answered and counted.

use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use crate::harness::{Config, Gateway, Load, Upstream, wait_for};

#[test]
fn scrape_under_load() {
    let upstream = Upstream::saying("ok");
    let gateway = Arc::new(Gateway::start(&Config::to(&upstream)));
    let (stop, scrapes) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let scrapers: Vec<_> = (0..2)
        .map(|_| {
            let (gateway, stop, scrapes) = (Arc::clone(&gateway), Arc::clone(&stop), Arc::clone(&scrapes));
            thread::spawn(move || {
                let mut before = 0.0;
                while !stop.load(Ordering::SeqCst) {
                    let count = gateway.metric("supplex_overhead_seconds_count").expect("a count");
                    assert!(count >= before, "a counter fell from {before} to {count}");
                    before = count;
                    scrapes.fetch_add(1, Ordering::SeqCst);
                }
            })
        })
        .collect();
    let address = gateway.document("/api/config")["addresses"]["admin"].as_str().expect("an address").to_owned();
    let deaf: Vec<_> = (0..8)
        .map(|_| {
            let mut stream = TcpStream::connect(&address).expect("the admin endpoint listens");
            std::io::Write::write_all(&mut stream, b"GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n").expect("sent");
            stream
        })
        .collect();
    let load = Load::start(gateway.address(), 4, &["ok"]);
    wait_for("requests and scrapes side by side", || {
        (load.answered() >= 1000 && scrapes.load(Ordering::SeqCst) >= 100).then_some(())
    });
    let tally = load.stop();
    stop.store(true, Ordering::SeqCst);
    for scraper in scrapers {
        scraper.join().expect("no counter fell");
    }
    drop(deaf);
    assert!(tally.failures.is_empty(), "{:?}", tally.failures);
    gateway.wait_for_metric("supplex_overhead_seconds_count", tally.answered as f64);
    assert_eq!(gateway.metric("supplex_worker_panics_total{worker=\"0\"}"), Some(0.0));
}
