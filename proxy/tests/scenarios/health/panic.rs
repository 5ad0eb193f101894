//! When too few endpoints are left, all are used; and none that is unhealthy if that is forbidden.

use super::states::{Mood, endpoint, moody, wait_for_answers, wait_until};
use crate::harness::{Client, Config, Gateway, assert_problem, wait_for};

const HEALTH: &str = "health = { path = \"/healthz\", interval = \"10ms\", timeout = \"5s\" }";

#[test]
fn everybody_is_used() {
    let moods = ["a", "b", "c"].map(|name| (name, Mood::new(200)));
    let [a, b, c] = moods.each_ref().map(|(name, mood)| moody(name, mood));
    let config = Config::to_endpoints(&[a.address(), b.address(), c.address()]).upstream(HEALTH);
    let gateway = Gateway::start(&config.upstream("balance = \"round_robin\""));
    let mut client = Client::connect(&gateway);
    // One of three is out: the others carry it.
    moods[0].1.set(500);
    wait_until(&gateway, &a, false);
    wait_for_answers(&mut client, "a", false);
    assert_eq!(gateway.document("/api/upstreams")["upstreams"][0]["panicking_workers"], 0);
    // Two of three are out, which leaves less than half.
    moods[1].1.set(500);
    wait_until(&gateway, &b, false);
    wait_for_answers(&mut client, "a", true);
    for name in ["b", "c"] {
        wait_for_answers(&mut client, name, true);
    }
    assert_eq!(gateway.document("/api/upstreams")["upstreams"][0]["panicking_workers"], 1);
    assert_eq!(endpoint(&gateway, &a)["health"]["healthy"], false);
    // It ends when there are enough again.
    moods[1].1.set(200);
    wait_until(&gateway, &b, true);
    wait_for_answers(&mut client, "a", false);
}

#[test]
fn never_if_so_configured() {
    let mood = Mood::new(200);
    let upstream = moody("a", &mood);
    let config = Config::to(&upstream).upstream(HEALTH).upstream("panic_threshold = 0");
    let gateway = Gateway::start(&config);
    let mut client = Client::connect(&gateway);
    wait_for_answers(&mut client, "a", true);
    mood.set(500);
    wait_until(&gateway, &upstream, false);
    let refused = wait_for("it is not used", || Some(client.get("/")).filter(|response| response.status() != 200));
    assert_problem(&refused, 503, "upstream.none");
    mood.set(200);
    wait_until(&gateway, &upstream, true);
    wait_for("it is used again", || (client.get("/").status() == 200).then_some(()));
}
