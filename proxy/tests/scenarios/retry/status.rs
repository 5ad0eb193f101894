//! A response with a status that the route retries on is held back while another attempt may do better.

use crate::harness::{Client, Config, Gateway, Upstream, wait_for};

const DOWN: &str = "HTTP/1.1 503 Down\r\nX-From: upstream\r\nContent-Length: 4\r\n\r\ndown";
const BUDGET: &str = "retry_budget = { min_per_second = 1000 }\nbalance = \"round_robin\"";

#[test]
fn another_endpoint_answers_in_its_place() {
    let (down, up) = (Upstream::answering(DOWN), Upstream::saying("ok"));
    let config = Config::to_endpoints(&[down.address(), up.address()]);
    let gateway = Gateway::start(&config.route("retries = { on = [\"503\"] }").upstream(BUDGET));
    let mut client = Client::connect(&gateway);
    for _ in 0..6 {
        let response = client.get("/");
        assert_eq!((response.status(), response.text()), (200, "ok"));
        assert_eq!(response.field("x-from"), None);
    }
    assert!(down.seen_so_far().len() >= 3);
    assert_eq!(down.connections(), 1, "a whole response leaves its connection as good as any");
}

#[test]
fn the_last_one_is_passed_on_as_it_came() {
    let down = Upstream::answering(DOWN);
    let gateway = Gateway::start(&Config::to(&down).route("retries = { max = 2, backoff = \"1ms\" }").upstream(BUDGET));
    let response = Client::connect(&gateway).get("/");
    assert_eq!((response.start.as_str(), response.text()), ("HTTP/1.1 503 Down", "down"));
    assert_eq!((response.field("x-from"), response.field("proxy-status")), (Some("upstream"), None));
    assert_eq!(down.seen_so_far().len(), 3);
    gateway.wait_for_metric("supplex_retries_total{result=\"failure\",upstream=\"up\"}", 1.0);
}

#[test]
fn other_statuses_and_interim_responses_end_it() {
    let odd = Upstream::run(|peer| {
        while let Some(request) = peer.request() {
            match request.target() {
                "/500" => peer.send("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"),
                _ => peer.send(format!("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n{DOWN}")),
            }
        }
    });
    let gateway = Gateway::start(&Config::to(&odd).route("retries = { max = 5 }").upstream(BUDGET));
    let mut client = Client::connect(&gateway);
    assert_eq!(client.get("/500").status(), 500);
    assert_eq!(client.get("/hints").status(), 103);
    assert_eq!(client.response().status(), 503, "the client has seen something already");
    assert_eq!(odd.seen_so_far().len(), 2);
}

#[test]
fn a_slow_attempt_is_followed_by_another() {
    let slow = Upstream::run(|peer| {
        while peer.request().is_some() {
            if peer.connection > 0 {
                peer.answer("ok");
            }
        }
    });
    let config = Config::to(&slow).upstream("attempt_timeout = \"50ms\"").upstream(BUDGET);
    let gateway = Gateway::start(&config.route("retries = { on = [\"timeout\"], backoff = \"1ms\" }"));
    assert_eq!(Client::connect(&gateway).get("/").text(), "ok");
    wait_for("two attempts", || (slow.connections() == 2).then_some(()));
}
