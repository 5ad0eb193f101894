//! What the page works out for itself: rates, estimates, the words for numbers, the reading of latencies.

use serde_json::{Value, json};

use crate::browser::Browser;
use crate::world::World;

/// What `body` returns, with everything that `module` exports in reach as `m`.
fn with(browser: &mut Browser, module: &str, body: &str) -> Value {
    browser.value(&format!("import('/dashboard/{module}.js').then((m) => {{ {body} }})"))
}

#[test]
fn pure_logic() {
    let world = World::start(&[]);
    let mut browser = world.open();
    rates(&mut browser);
    estimates(&mut browser);
    words(&mut browser);
    latencies(&mut browser);
    assert_eq!(browser.complaints(), [""; 0]);
}

fn rates(browser: &mut Browser) {
    let body = "
        const rates = new m.Rates();
        const seen = [];
        const take = (now, total) => { rates.take(now, new Map(total === null ? [] : [['a', total]])); seen.push(rates.rate('a')); };
        take(0, 100); take(1000, 150); take(1500, 200); take(2500, 20); take(3500, 30); take(63500, 90); take(64500, 91); take(65500, null); take(66500, 95);
        return { seen, history: rates.history('a'), other: rates.rate('b'), sum: m.sum([[1, 2, null], [10, null]]) };";
    let answer = with(browser, "series", body);
    // Unknown at first; after a restart, a long gap and an absence too.
    assert_eq!(answer["seen"], json!([null, 50, 100, null, 10, null, 1, null, null]));
    assert_eq!(answer["history"], json!([null]));
    assert_eq!((&answer["other"], &answer["sum"]), (&Value::Null, &json!([1, 12, null])));
    let bounded = "
        const rates = new m.Rates();
        for (let at = 0; at < 500; at += 1) rates.take(at * 1000, new Map([['a', at]]));
        return rates.history('a').length === m.POINTS;";
    assert_eq!(with(browser, "series", bounded), true);
}

fn estimates(browser: &mut Browser) {
    let body = r#"
        const scrape = (one, two, three) => ['# TYPE', ...[['0.001', one], ['0.01', two], ['+Inf', three]].map(([le, count]) =>
            `supplex_request_duration_seconds_bucket{le="${le}",route="shop"} ${count}`)].join('\n');
        const estimates = new m.Estimates(10);
        estimates.take(0, scrape(5, 5, 5));
        estimates.take(4000, scrape(15, 25, 25));
        const first = estimates.read();
        estimates.take(9000, scrape(15, 25, 25));
        estimates.take(15000, scrape(15, 25, 26));
        return { first, second: estimates.read(), none: m.quantile([[1000, 0], [Infinity, 0]], 0.5) };"#;
    let answer = with(browser, "estimate", body);
    assert_eq!(answer["first"]["seconds"], 4.0);
    let total = &answer["first"]["routes"][0]["total"];
    assert_eq!((&answer["first"]["routes"][0]["name"], &total["count"]), (&json!("shop"), &json!(20)));
    // Ten of twenty up to 1 ms, the others up to 10 ms.
    assert_eq!((&total["p50"], &total["p90"], &total["max"]), (&json!(1000), &json!(8200), &Value::Null));
    let second = &answer["second"];
    assert_eq!((&second["seconds"], &second["routes"][0]["total"]["count"]), (&json!(11), &json!(1)));
    assert_eq!(second["routes"][0]["total"]["p50"], 10_000, "above the last bound it is that bound");
    assert_eq!(answer["none"], Value::Null);
    assert_eq!(second["all"]["total"], second["routes"][0]["total"], "there is no other route");
}

fn words(browser: &mut Browser) {
    let body = "return [m.count(1234567), m.count(null), m.rate(0.25), m.rate(99.96), m.rate(1234.5), m.share(0.333), m.micros(0), \
        m.micros(999), m.micros(1500), m.micros(2.5e6), m.span(59), m.span(600), m.span(7200), m.span(200000), m.moment('nonsense'), \
        m.counted(1, 'probe'), m.counted(2, 'probe')];";
    let wanted = json!([
        "1,234,567",
        "–",
        "0.3",
        "100",
        "1,235",
        "33 %",
        "0 µs",
        "999 µs",
        "1.5 ms",
        "2.5 s",
        "59 s",
        "10 min",
        "2 h",
        "2 days",
        "–",
        "1 probe",
        "2 probes"
    ]);
    assert_eq!(with(browser, "format", body), wanted);
}

fn latencies(browser: &mut Browser) {
    let body = "
        const told = { count: 3, p50_us: 1, p90_us: 2, p99_us: 3, p999_us: 4, max_us: 5 };
        const nothing = { count: 0, p50_us: null, p90_us: null, p99_us: null, p999_us: null, max_us: null };
        const route = { route: 'shop', total: told, upstream: nothing, overhead: told };
        return m.read({ window_seconds: 10, all: { total: told, upstream: told, overhead: told }, routes: [route] });";
    let answer = with(browser, "latency", body);
    let wanted = json!({ "count": 3, "p50": 1, "p90": 2, "p99": 3, "p999": 4, "max": 5 });
    let route = &answer["routes"][0];
    assert_eq!((&route["name"], &route["total"], &answer["all"]["total"]), (&json!("shop"), &wanted, &wanted));
    assert_eq!((&route["upstream"]["count"], &route["upstream"]["p50"]), (&json!(0), &Value::Null));
    assert_eq!((&answer["seconds"], &answer["estimated"]), (&json!(10), &json!(false)));
}
