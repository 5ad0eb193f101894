//! `/api/explain` tells by the running configuration, with how the endpoints are now, and agrees with what really happens.

use serde_json::Value;

use crate::harness::{Client, Config, Gateway, Upstream};

#[test]
fn live() {
    let (one, two) = (Upstream::echoing(), Upstream::echoing());
    let config = Config::to_endpoints(&[one.address(), two.address()])
        .upstream(
            "balance = \"consistent_hash\"\nhash_key = \"header:x-user\"\n[upstreams.up.breaker]\nopen_for = \"1h\"",
        )
        .route("strip_prefix = \"/api\"\nlimits = [\"per-client\"]")
        .and("[limits.per-client]\nrate = \"1000/s\"");
    let gateway = Gateway::start(&config);
    let ask = |user: &str| gateway.document(&format!("/api/explain?method=GET&path=/api/x%3Fq=1&header=x-user:{user}"));
    let mut client = Client::connect(&gateway);
    for number in 0..8 {
        let user = format!("user-{number}");
        let told = ask(&user);
        assert_eq!((&told["generation"], &told["refusal"]), (&1.into(), &Value::Null));
        let route = &told["route"];
        assert_eq!((&route["name"], &route["limits"][0]["bucket"]), (&"all".into(), &"127.0.0.1".into()));
        assert_eq!(route["forwarded"][0], "GET /x?q=1 HTTP/1.1");

        client.send(format!("GET /api/x?q=1 HTTP/1.1\r\nHost: h\r\nX-User: {user}\r\n\r\n"));
        assert_eq!(client.response().status(), 200);
        let hits = [&one, &two].map(|upstream| upstream.seen_so_far().len());
        let leads_to = route["upstreams"][0]["leads_to"].as_str().expect("an address");
        assert_eq!(hits, if leads_to == one.address() { [1, 0] } else { [0, 1] }, "{user} goes to {leads_to}");
    }

    let endpoint = |told: &Value| told["route"]["upstreams"][0]["endpoints"][0]["live"].clone();
    let before = endpoint(&ask("ann"));
    assert_eq!((&before["breaker"]["state"], &before["breaker"]["lets_through"]), (&"closed".into(), &true.into()));
    assert_eq!((&before["in_flight"], &before["ejected_by_workers"]), (&0.into(), &0.into()));
    let force = format!("/api/breakers?upstream=up&endpoint={}&state=open", one.address());
    assert_eq!(gateway.admin("POST", &force).status(), 200);
    let after = endpoint(&ask("ann"));
    assert_eq!((&after["breaker"]["state"], &after["breaker"]["lets_through"]), (&"open".into(), &false.into()));

    let refused = gateway.document("/api/explain?path=/a/../../b");
    assert_eq!((&refused["refusal"]["status"], &refused["route"]), (&400.into(), &Value::Null));
    for odd in ["/api/explain", "/api/explain?path=/&more=1", "/api/explain?path=/%0d%0ax:y"] {
        assert_eq!(gateway.admin("GET", odd).status(), 400, "{odd}");
    }
    assert_eq!(gateway.admin("POST", "/api/explain?path=/").status(), 405);

    // After a reload it tells by the new file, with the new places.
    let changed =
        config.and("# a comment that moves nothing").text().replace("strip_prefix = \"/api\"", "add_prefix = \"/v1\"");
    gateway.rewrite(&changed);
    gateway.wait_for_generation(2);
    let told = ask("ann");
    assert_eq!(
        (&told["generation"], &told["route"]["forwarded"][0]),
        (&2.into(), &"GET /v1/api/x?q=1 HTTP/1.1".into())
    );
}
