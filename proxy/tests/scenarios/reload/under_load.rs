//! Twenty reloads under load, asked for in every way there is: not one request fails.

use crate::harness::{Client, Config, Gateway, Load, Upstream};

const RELOADS: u64 = 20;

/// The configuration of one turn; it says which turn it is in every response.
fn text(turn: u64, upstreams: [&Upstream; 2]) -> String {
    let upstream = upstreams[(turn % 2) as usize];
    // The port of the listener stays: port 0 again is the same listener.
    let config = Config::to(upstream).gateway("workers = 2");
    config.route(&format!("response_headers = {{ set = {{ x-turn = \"{turn}\" }} }}")).text()
}

#[test]
fn no_request_fails() {
    let (even, odd) = (Upstream::saying("even"), Upstream::saying("odd"));
    let gateway = Gateway::start(&Config::to(&even).gateway("workers = 2"));
    let load = Load::start(gateway.address(), 12, &["even", "odd"]);
    for turn in 1..=RELOADS {
        let before = load.answered();
        gateway.rewrite(&text(turn, [&even, &odd]));
        match turn % 3 {
            // The change itself is enough.
            0 => {}
            1 => gateway.signal("HUP"),
            _ => {
                let response = gateway.admin("POST", "/api/reload");
                assert_eq!(response.status(), 200, "{}", response.text());
            }
        }
        gateway.wait_for_generation(turn + 1);
        // From here on no new exchange follows an older configuration, whichever worker serves it.
        for _ in 0..8 {
            let response = Client::connect(&gateway).get("/");
            assert_eq!(response.field("x-turn"), Some(&*turn.to_string()));
            assert_eq!(response.text(), ["even", "odd"][(turn % 2) as usize]);
        }
        crate::harness::wait_for("traffic between two reloads", || (load.answered() > before).then_some(()));
        even.seen_so_far();
        odd.seen_so_far();
    }
    let tally = load.stop();
    assert!(tally.failures.is_empty(), "{} answered, but: {:#?}", tally.answered, tally.failures);
    assert_eq!(tally.turned_away, 0);
    assert_eq!(gateway.metric("supplex_reloads_total{result=\"accepted\"}"), Some(RELOADS as f64));
    assert_eq!(gateway.metric("supplex_reloads_total{result=\"refused\"}"), Some(0.0));
    assert_eq!(gateway.metric("supplex_config_generation"), Some(RELOADS as f64 + 1.0));
}
