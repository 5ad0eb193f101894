//! A request whose time is over while it waits is answered with 504 and never sent.

use crate::harness::{Client, Config, Gate, Gateway, Upstream, assert_problem};

#[test]
fn too_late() {
    let gate = Gate::new();
    let may_answer = gate.clone();
    let upstream = Upstream::run(move |peer| {
        while peer.request().is_some() {
            may_answer.pass();
            peer.answer("ok");
        }
    });
    let address = upstream.address();
    let gateway = Gateway::start(&Config::of(&format!(
        "[[routes]]\nname = \"patient\"\nmatch = {{ exact = \"/patient\" }}\nupstream = \"up\"\n\
         [[routes]]\nname = \"hurried\"\nmatch = {{ exact = \"/hurried\" }}\nupstream = \"up\"\ntimeout = \"60ms\"\n\
         [upstreams.up]\nendpoints = [\"{address}\"]\nmax_in_flight = 1\nqueue = {{ max = 4, timeout = \"20s\" }}\n"
    )));
    let mut first = Client::connect(&gateway);
    first.send("GET /patient HTTP/1.1\r\nHost: h\r\n\r\n");
    upstream.seen();
    assert_problem(&Client::connect(&gateway).get("/hurried"), 504, "upstream.timeout");
    gate.open();
    assert_eq!(first.response().text(), "ok");
    assert_eq!(upstream.seen_so_far().len(), 0);
}
