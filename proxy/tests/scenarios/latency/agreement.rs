//! What the load generator measured, what the gateway says and what its log holds agree: counts exactly, p99 within one bucket.
//!
//! A client cannot time what happens within the gateway, only what encloses it; between the two lie the loopback and a turn of
//! the scheduler, which on a busy machine is as long as it likes. So the latencies are bounded from both sides. The time for
//! which the upstream holds a request lies within the time of the exchange in the gateway, and that within the time that the
//! client waits, for each single exchange; so it does for the n-th longest of each. The gateway's p99 must then be between
//! the upstream's and the client's, give or take a bucket for whole microseconds and for a clock that is read once for all
//! that happens at a turn of the loop. The slow exchanges take long enough for a bucket to be 1 ms wide: with little else to
//! do, client and upstream are in the same bucket or in neighbouring ones, and the gateway has nowhere else to be.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use hdrhistogram::serialization::Deserializer;
use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};
use supplex_engine::stats::latency::layout::index_of;

use super::{after, named};
use crate::harness::{Client, Config, Gateway, Upstream};

const EXCHANGES: usize = 400;
/// One in so many is slow, so that p99 is one of the slow ones.
const SLOW_ONE_IN: usize = 40;
const SLOW: Duration = Duration::from_millis(200);
const FAST: Duration = Duration::from_millis(4);

/// The n-th shortest, where n is 99 % of how many there are, rounded up.
fn p99(mut times: Vec<Duration>) -> u64 {
    times.sort_unstable();
    let time = times[(times.len() * 99).div_ceil(100) - 1];
    u64::try_from(time.as_micros()).expect("not that long")
}

/// The latencies of one tag in a log, over all of its seconds.
fn read_log(log: &[u8], tag: &str) -> Histogram<u64> {
    use base64::Engine;
    let mut sum = Histogram::new_with_bounds(1, 3_600_000_000, 2).expect("bounds");
    for entry in IntervalLogIterator::new(log) {
        let LogEntry::Interval(interval) = entry.expect("a good line") else { continue };
        if interval.tag().is_some_and(|other| other.as_str() == tag) {
            let bytes = base64::engine::general_purpose::STANDARD.decode(interval.encoded_histogram()).expect("Base64");
            let latencies: Histogram<u64> =
                Deserializer::new().deserialize(&mut bytes.as_slice()).expect("a histogram");
            sum.add(latencies).expect("the same bounds");
        }
    }
    sum
}

#[test]
fn load_generator_gateway_and_log_agree() {
    let held = Arc::new(Mutex::new(Vec::new()));
    let holds = Arc::clone(&held);
    let upstream = Upstream::run(move |peer| {
        while let Some(request) = peer.request() {
            let since = Instant::now();
            std::thread::sleep(if request.target() == "/slow" { SLOW } else { FAST });
            holds.lock().expect("nobody panics with the lock held").push(since.elapsed());
            peer.answer("ok");
        }
    });
    let gateway = Gateway::start(&Config::to(&upstream));
    let mut client = Client::connect(&gateway);
    let mut waited = Vec::new();
    for number in 0..EXCHANGES {
        let since = Instant::now();
        let response = client.get(if number % SLOW_ONE_IN == 0 { "/slow" } else { "/fast" });
        waited.push(since.elapsed());
        assert_eq!(response.text(), "ok");
    }

    let exchanges = EXCHANGES as u64;
    let document = after(&gateway, exchanges);
    let log = gateway.admin("GET", "/latency.hlog").body;
    let (held, waited) = (p99(held.lock().expect("nobody panics with the lock held").clone()), p99(waited));
    assert_eq!(gateway.metric("supplex_request_duration_seconds_count{route=\"all\"}"), Some(EXCHANGES as f64));
    for phase in ["total", "upstream"] {
        let shown = &named(&document, "routes", "all")[phase];
        let logged = read_log(&log, &format!("route=all;phase={phase}"));
        assert_eq!((&shown["count"], logged.len()), (&exchanges.into(), exchanges), "every exchange once");
        assert_eq!(shown["p99_us"], logged.value_at_quantile(0.99), "{phase}: one source, one value");
        let own = index_of(logged.value_at_quantile(0.99));
        let (least, most) = (index_of(held) - 1, index_of(waited) + 1);
        assert!((least..=most).contains(&own), "{phase}: {own} is not in {least}..={most} ({held} to {waited} us)");
    }
}
