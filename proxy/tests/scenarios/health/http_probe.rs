//! An endpoint that fails its probes gets no requests, and gets them again when it has passed enough of them.

use super::states::{Mood, endpoint, moody, wait_for_answers, wait_until};
use crate::harness::{Client, Config, Gateway, Upstream, wait_for};

const HEALTH: &str = "health = { path = \"/healthz\", interval = \"10ms\", timeout = \"5s\", unhealthy_after = 3, \
                      healthy_after = 3, expect_status = \"200-299\" }";

#[test]
fn out_and_back() {
    let mood = Mood::new(200);
    let (a, b) = (moody("a", &mood), moody("b", &Mood::new(204)));
    let config = Config::to_endpoints(&[a.address(), b.address()]).upstream("balance = \"round_robin\"");
    let gateway = Gateway::start(&config.upstream(HEALTH));
    let mut client = Client::connect(&gateway);
    wait_for_answers(&mut client, "a", true);
    let fine = endpoint(&gateway, &a);
    assert_eq!(fine["health"]["healthy"], true);

    mood.set(301);
    wait_until(&gateway, &a, false);
    // Workers look once a tick.
    wait_for_answers(&mut client, "a", false);
    a.seen_so_far();
    for _ in 0..50 {
        assert_eq!(client.get("/").text(), "b");
    }
    wait_for("probes go on", || a.seen_so_far().first().map(|seen| seen.message.target() == "/healthz"));
    assert!(a.seen_so_far().iter().all(|seen| seen.message.target() == "/healthz"), "nothing but probes");
    let health = endpoint(&gateway, &a)["health"].clone();
    assert_eq!(health["why"], "3 probes failed in a row, the last one: status 301");
    assert!(health["since"].is_string());
    assert_eq!(
        (&health["last_probe"]["passed"], &health["last_probe"]["failure"]),
        (&false.into(), &"status 301".into())
    );
    assert_eq!(endpoint(&gateway, &b)["health"]["last_probe"]["passed"], true);

    mood.set(200);
    wait_until(&gateway, &a, true);
    wait_for_answers(&mut client, "a", true);
    assert_eq!(endpoint(&gateway, &a)["health"]["why"], "3 probes passed in a row");
    let probe = b.seen_so_far().into_iter().find(|seen| seen.message.target() == "/healthz").expect("a probe").message;
    assert_eq!(probe.field("host"), Some(&*b.address()));
    assert_eq!(probe.field("user-agent"), Some("supplex-probe"));
}

#[test]
fn the_body_counts_if_it_should() {
    let mood = Mood::new(200);
    let (a, b) = (moody("a", &mood), moody("b", &Mood::new(200)));
    let config = Config::to_endpoints(&[a.address(), b.address()]).upstream("balance = \"round_robin\"");
    let health = "health = { path = \"/healthz\", interval = \"10ms\", timeout = \"5s\", expect_body = \"am 200\" }";
    let gateway = Gateway::start(&config.upstream(health));
    wait_for("both have been probed", || {
        let probed = |upstream: &Upstream| endpoint(&gateway, upstream)["health"]["last_probe"]["passed"] == true;
        (probed(&a) && probed(&b)).then_some(())
    });
    // A status that passes, with a body that does not.
    mood.set(201);
    wait_until(&gateway, &a, false);
    assert_eq!(endpoint(&gateway, &a)["health"]["last_probe"]["failure"], "the body lacks the expected text");
    assert_eq!(endpoint(&gateway, &b)["health"]["healthy"], true);
    wait_for_answers(&mut Client::connect(&gateway), "a", false);
}

#[test]
fn silence_is_a_failure() {
    let silent = Upstream::run(|peer| {
        while let Some(request) = peer.request() {
            if request.target() != "/healthz" {
                peer.answer("silent");
            }
        }
    });
    let good = moody("good", &Mood::new(200));
    let config = Config::to_endpoints(&[silent.address(), good.address()]);
    let gateway =
        Gateway::start(&config.upstream("health = { path = \"/healthz\", interval = \"1ms\", timeout = \"30ms\" }"));
    wait_until(&gateway, &silent, false);
    let failure = endpoint(&gateway, &silent)["health"]["last_probe"]["failure"].clone();
    assert_eq!(failure, "no answer within 30ms");
    assert!(silent.connections() >= 2, "it is asked again and again");
}
