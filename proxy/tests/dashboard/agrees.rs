//! The numbers on the page are those of the documents, and rates are what is counted per second.

use std::time::Instant;

use serde_json::Value;

use crate::world::{BURST, FAILED, LIMITED, LOST, REFUSED, SHOP, Steady, World};

#[test]
fn totals_agree_with_the_documents() {
    let world = World::start(&[]);
    let mut browser = world.open();
    let well = format!("well {}", world.well.address());
    let sick = format!("sick {}", world.sick.address());
    for (section, row, column, wanted) in [
        ("routes", "shop", "Total", SHOP),
        ("routes", "shop", "2xx", SHOP),
        ("routes", "limited", "Total", LIMITED),
        ("routes", "limited", "4xx", LIMITED - BURST),
        ("routes", "sick", "5xx", FAILED + REFUSED),
        ("routes", "-", "Total", LOST),
        ("limits", "per-client", "Admitted", BURST),
        ("limits", "per-client", "Refused", LIMITED - BURST),
        ("upstreams", &*well, "Attempts", SHOP + BURST),
        ("upstreams", &*well, "Failures", 0),
        ("upstreams", &*sick, "Failures", FAILED),
        ("breakers", &*sick, "Opened", 1),
        ("breakers", &*well, "Opened", 0),
        ("workers", "0", "Generation", 1),
        ("workers", "1", "Generation", 1),
    ] {
        // The gateway counts a response when it has sent it, so the last one may come a moment later.
        let shown = browser.wait(&format!("{section} {row} {column}: {wanted}"), |browser| {
            browser.number(section, row, column).filter(|shown| *shown == wanted as f64)
        });
        assert_eq!(shown, wanted as f64);
    }

    let routes = world.gateway.document("/api/routes");
    for route in routes["routes"].as_array().expect("a list") {
        let name = route["name"].as_str().expect("a name");
        assert_eq!(browser.number("routes", name, "Total"), route["requests"]["total"].as_f64(), "{name}");
    }
    let told = world.gateway.document("/api/breakers");
    let breaker = &told["upstreams"].as_array().expect("a list").iter().find(|one| one["upstream"] == "sick");
    assert_eq!(breaker.expect("the upstream is listed")["endpoints"][0]["state"], "open");
    assert!(browser.cell("breakers", &sick, "State").ends_with("open"), "in words");
    assert_eq!(browser.cell("breakers", &sick, "Why it opened"), "too many failures");
    assert!(browser.cell("breakers", &sick, "Next probe").starts_with("in "), "open for an hour");
    assert!(browser.cell("breakers", &sick, "Troubles since the start").starts_with("503 6 times"));
    assert!(browser.cell("breakers", &well, "State").ends_with("closed"));
    assert_eq!(browser.text("#overview [data-key=breakers] .value"), "1 of 2");
    let bars = browser.value("document.querySelectorAll('#breakers tr[data-key^=sick] rect.failure').length");
    assert_eq!(bars, 10, "a bar for each bucket of the window");
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn rates_agree_with_the_counters() {
    let world = World::start(&[]);
    let mut browser = world.open();
    let steady = Steady::start(&world.gateway);
    let total = |gateway: &crate::harness::Gateway| {
        let routes = gateway.document("/api/routes");
        let routes = routes["routes"].as_array().expect("a list").clone();
        let shop = routes.into_iter().find(|route| route["name"] == "shop").expect("the route is listed");
        shop["requests"]["total"].as_f64().expect("a count")
    };
    let mut before = (Instant::now(), total(&world.gateway));
    browser.wait("the rate on the page is that of the counter", |browser| {
        if before.0.elapsed().as_millis() < 1_000 {
            return None;
        }
        let now = (Instant::now(), total(&world.gateway));
        let measured = (now.1 - before.1) / (now.0 - before.0).as_secs_f64();
        before = now;
        let shown = browser.number("routes", "shop", "Requests/s")?;
        (measured > 1.0 && (shown / measured - 1.0).abs() < 0.2).then_some(())
    });
    let overview = browser.text("#overview [data-key=requests] .value");
    assert_ne!(overview, "0 /s");
    let drawn = browser.wait("lines are drawn", |browser| {
        let path = browser.value("document.querySelector('#routes tr[data-key=shop] path.one').getAttribute('d')");
        path.as_str().filter(|path| path.contains('L')).map(str::to_owned)
    });
    assert!(drawn.starts_with('M'));
    drop(steady);
    browser.wait("without requests the rate is 0", |browser| {
        browser.number("routes", "shop", "Requests/s").filter(|rate| *rate == 0.0)
    });
    browser.wait("the latency panel has the route", |browser| {
        let shown = browser.value("document.querySelector('#latency tr[data-key=shop]') !== null");
        (shown == Value::Bool(true)).then_some(())
    });
    assert_eq!(browser.complaints(), [""; 0]);
}
