//! Latencies go on over a reload, and what a removed route counted is told for as long as any other.

use super::{after, named};
use crate::harness::{Client, Config, Gate, Gateway, Upstream};

fn route(name: &str) -> String {
    format!("[[routes]]\nname = \"{name}\"\nmatch = {{ prefix = \"/{name}\" }}\nupstream = \"up\"\n")
}

#[test]
fn counts_go_on() {
    let gate = Gate::new();
    let may_answer = gate.clone();
    let upstream = Upstream::run(move |peer| {
        while let Some(request) = peer.request() {
            if request.target() == "/leaves/slow" {
                may_answer.pass();
            }
            peer.answer("ok");
        }
    });
    let end = format!("[upstreams.up]\nendpoints = [\"{}\"]\n", upstream.address());
    let config = |routes: &[&str]| {
        Config::of(&(routes.iter().map(|name| route(name)).collect::<String>() + &end)).gateway("workers = 2")
    };
    let gateway = Gateway::start(&config(&["stays", "leaves"]));
    let (mut client, mut slow) = (Client::connect(&gateway), Client::connect(&gateway));
    for _ in 0..10 {
        client.get("/stays");
        client.get("/leaves");
    }
    upstream.seen_so_far();
    slow.send("GET /leaves/slow HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_eq!(upstream.seen().message.target(), "/leaves/slow");

    gateway.rewrite(&config(&["comes", "stays"]).text());
    assert_eq!(gateway.admin("POST", "/api/reload").status(), 200);
    gateway.wait_for_generation(2);
    for _ in 0..5 {
        client.get("/stays");
        client.get("/comes");
        assert_eq!(client.get("/leaves").status(), 404);
    }
    // It ends under the configuration that it began with, which the gateway has forgotten otherwise.
    gate.open();
    assert_eq!(slow.response().text(), "ok");
    let document = after(&gateway, 10 + 10 + 1 + 5 + 5 + 5);
    let count = |name: &str| named(&document, "routes", name)["total"]["count"].clone();
    assert_eq!(
        (count("stays"), count("comes"), count("leaves"), count("-")),
        (15.into(), 5.into(), 11.into(), 5.into())
    );
    assert_eq!(named(&document, "upstreams", "up")["total"]["count"], 31);
    let one = gateway.document("/api/latency?route=leaves&window=60s");
    assert_eq!(one["all"]["total"]["count"], 11, "it can still be asked for");
}
