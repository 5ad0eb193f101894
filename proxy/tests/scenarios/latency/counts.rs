//! After a known number of exchanges that is what is told: by route, by upstream, by phase, by worker; and over several
//! seconds nothing is lost or told twice.

use serde_json::Value;

use super::{after, named};
use crate::harness::{Client, Config, Gateway, Upstream};

const PHASES: [&str; 3] = ["total", "upstream", "overhead"];
const ASCENDING: [&str; 6] = ["p50_us", "p90_us", "p99_us", "p999_us", "p9999_us", "max_us"];

fn counts(entry: &Value) -> [u64; 3] {
    PHASES.map(|phase| entry[phase]["count"].as_u64().unwrap_or_else(|| panic!("no count of {phase} in {entry:#}")))
}

fn is_sane(entry: &Value) {
    for phase in PHASES.iter().filter(|phase| entry[**phase]["count"] != 0) {
        let values = ASCENDING.map(|key| entry[*phase][key].as_u64().expect("a number"));
        assert!(values.is_sorted(), "{phase} of {entry:#}");
        let mean = entry[*phase]["mean_us"].as_f64().expect("a number");
        assert!(mean <= values[5] as f64, "{phase} of {entry:#}");
    }
    for key in ASCENDING {
        // Each exchange takes longer than any part of it.
        let [total, upstream, overhead] = PHASES.map(|phase| entry[phase][key].as_u64().unwrap_or(0));
        assert!(upstream <= total && overhead <= total, "{key} of {entry:#}");
    }
}

#[test]
fn every_exchange_is_counted_once() {
    let (one, two) = (Upstream::saying("one"), Upstream::saying("two"));
    let gateway = Gateway::start(
        &Config::of(&format!(
            "[[routes]]\nname = \"a\"\nmatch = {{ prefix = \"/a\" }}\nupstream = \"one\"\n\
             [[routes]]\nname = \"b\"\nmatch = {{ prefix = \"/b\" }}\nupstream = \"two\"\n\
             [[routes]]\nname = \"also-b\"\nmatch = {{ prefix = \"/also\" }}\nupstream = \"two\"\n\
             [upstreams.one]\nendpoints = [\"{}\"]\n[upstreams.two]\nendpoints = [\"{}\"]\n",
            one.address(),
            two.address()
        ))
        .gateway("workers = 2"),
    );
    let mut clients: Vec<_> = (0..6).map(|_| Client::connect(&gateway)).collect();
    let mut round = |times: usize| {
        for client in &mut clients {
            for _ in 0..times {
                assert_eq!(client.get("/a").text(), "one");
                assert_eq!(client.get("/b").text(), "two");
                assert_eq!(client.get("/also").text(), "two");
                assert_eq!(client.get("/none").status(), 404);
            }
        }
    };
    round(10);
    after(&gateway, 6 * 10 * 4);
    // By then a second is over, so that this comes into another one.
    round(15);
    let document = after(&gateway, 6 * 25 * 4);
    let n = 6 * 25;
    for (list, name, wanted) in [
        ("routes", "a", [n, n, n]),
        ("routes", "b", [n, n, n]),
        ("routes", "also-b", [n, n, n]),
        ("routes", "-", [n, 0, n]),
        ("upstreams", "one", [n, n, n]),
        ("upstreams", "two", [2 * n, 2 * n, 2 * n]),
    ] {
        let entry = named(&document, list, name);
        assert_eq!(counts(entry), wanted, "{name} in {document:#}");
        is_sane(entry);
        let workers = entry["workers"].as_array().expect("a list of workers");
        assert_eq!(workers.len(), 2);
        workers.iter().for_each(is_sane);
        let sum = workers.iter().map(counts).fold([0; 3], |sum, own| [0, 1, 2].map(|phase| sum[phase] + own[phase]));
        assert_eq!(sum, wanted, "the workers of {name} add up to the whole");
    }
    assert_eq!(gateway.metric("supplex_request_duration_seconds_count{route=\"also-b\"}"), Some(n as f64));
    assert_eq!(gateway.metric("supplex_overhead_seconds_count"), Some(4.0 * n as f64));
    assert_eq!(gateway.metric("supplex_upstream_duration_seconds_count{upstream=\"two\"}"), Some(2.0 * n as f64));

    // A question about exchanges: those of one route, by the upstreams that it leads to.
    let one = gateway.document("/api/latency?window=60s&upstream=two&route=b");
    assert_eq!(counts(&one["all"]), [n, n, n], "{one:#}");
    assert_eq!(one["routes"].as_array().map(Vec::len), Some(1), "{one:#}");
    assert_eq!(counts(named(&one, "upstreams", "two")), [n, n, n]);
}

#[test]
fn several_attempts_are_one_exchange() {
    let address = {
        let gone = Upstream::saying("nobody hears it");
        gone.address()
    };
    let gateway = Gateway::start(&Config::to_address(&address));
    let mut client = Client::connect(&gateway);
    for _ in 0..5 {
        assert_eq!(client.get("/").status(), 502);
    }
    let document = after(&gateway, 5);
    // An attempt was made, even if it came to nothing: the time it took is the upstream's.
    assert_eq!(counts(named(&document, "upstreams", "up")), [5, 5, 5], "{document:#}");
    assert_eq!(counts(named(&document, "routes", "all")), [5, 5, 5], "{document:#}");
}
