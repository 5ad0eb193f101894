//! An invalid file changes nothing, however much of it is valid, and everybody is told.

use crate::harness::{Client, Config, Gateway, Upstream, assert_problem, wait_for};

const REFUSED: &str = "supplex_reloads_total{result=\"refused\"}";

#[test]
fn refused_as_a_whole() {
    let (old, new) = (Upstream::saying("old"), Upstream::saying("new"));
    let config = Config::to(&old).gateway("workers = 2");
    let gateway = Gateway::start(&config);
    let mut client = Client::connect(&gateway);
    assert_eq!(client.get("/").text(), "old");

    // Another upstream, another listener, and one wrong reference.
    let broken = Config::to(&new).gateway("workers = 2").text()
        + "\n[[listeners]]\nname = \"extra\"\naddress = \"127.0.0.1:0\"\n"
        + "[[routes]]\nname = \"wrong\"\nmatch = { prefix = \"/wrong\" }\nupstream = \"nobody\"\n";
    gateway.rewrite(&broken);
    let response = gateway.admin("POST", "/api/reload");
    let document: serde_json::Value = serde_json::from_slice(&response.body).expect("JSON");
    assert_eq!(response.status(), 422);
    assert_eq!(document["reason"], "config.refused");
    let problem = &document["problems"][0];
    assert!(problem["message"].as_str().is_some_and(|message| message.contains("nobody")), "{document}");
    assert!(problem["line"].as_u64().is_some_and(|line| line > 0), "{document}");

    // Nothing changed: neither the upstream, nor the listeners, nor the generation of any worker.
    assert_eq!(client.get("/").text(), "old");
    assert_eq!(Client::connect(&gateway).get("/").text(), "old");
    gateway.wait_for_generation(1);
    let running = gateway.document("/api/config");
    assert!(running["addresses"]["listeners"]["extra"].is_null(), "{running}");
    assert_eq!(running["last_refusal"]["problems"][0]["message"], problem["message"]);
    // Once for the question; and once for the changed file, if the gateway looked at that first.
    let refused = gateway.metric(REFUSED).expect("a count");
    assert!((1.0..=2.0).contains(&refused), "{refused}");
    assert_eq!(gateway.metric("supplex_reloads_total{result=\"accepted\"}"), Some(0.0));
    assert_eq!(gateway.admin("GET", "/readyz").status(), 200, "it serves on");

    // A signal says it again, and a file that holds is taken.
    gateway.signal("HUP");
    gateway.wait_for_metric(REFUSED, refused + 1.0);
    gateway.rewrite(&Config::to(&new).gateway("workers = 2").text());
    gateway.wait_for_generation(2);
    assert_eq!(client.get("/").text(), "new");
    wait_for("the refusal is forgotten", || gateway.document("/api/config")["last_refusal"].is_null().then_some(()));
}

#[test]
fn an_unknown_route_stays_unknown() {
    let upstream = Upstream::saying("ok");
    let config = |rest: &str| {
        let up = upstream.address();
        Config::of(&format!(
            "[[routes]]\nname = \"known\"\nmatch = {{ prefix = \"/known\" }}\nupstream = \"up\"\n{rest}\n\
             [upstreams.up]\nendpoints = [\"{up}\"]\n"
        ))
    };
    let gateway = Gateway::start(&config(""));
    let mut client = Client::connect(&gateway);
    assert_problem(&client.get("/other"), 404, "route.none");
    let other = "[[routes]]\nname = \"other\"\nmatch = { prefix = \"/other\" }\nupstream = \"up\"\n";
    gateway.rewrite(&config(&format!("{other}timeout = \"soon\"\n")).text());
    assert_eq!(gateway.admin("POST", "/api/reload").status(), 422);
    assert_problem(&client.get("/other"), 404, "route.none");
    gateway.rewrite(&config(other).text());
    gateway.wait_for_generation(2);
    assert_eq!(client.get("/other").text(), "ok");
}
