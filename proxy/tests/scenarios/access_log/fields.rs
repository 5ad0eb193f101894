//! A JSON line has the fields that were chosen, in their order, and what clients sent stays inside its quotes.

use serde_json::Value;

use super::Logged;
use crate::harness::{Client, Upstream};

#[test]
fn chosen_fields_in_their_order() {
    let upstream = Upstream::saying("hello");
    let fields = r#"fields = ["status", "user_agent", "host", "reason", "request_id", "referer"]"#;
    let logged = Logged::start(&upstream, fields);
    let mut client = Client::connect(&logged.gateway);
    let agent = "User-Agent: a \"quoted\" name\r\nReferer: /from";
    client.request(format!("GET /shop HTTP/1.1\r\nHost: Shop.test\r\nX-Request-Id: one\r\n{agent}\r\n\r\n"));
    client.request("GET /none HTTP/1.1\r\nHost: shop.test\r\nX-Request-Id: two\r\n\r\n");
    let lines = logged.lines(2);
    assert_eq!(
        lines[0],
        r#"{"status":200,"user_agent":"a \"quoted\" name","host":"Shop.test","request_id":"one","referer":"/from"}"#
    );
    assert_eq!(lines[1], r#"{"status":404,"host":"shop.test","reason":"route.none","request_id":"two"}"#);
    let shown = logged.gateway.document("/api/config");
    assert_eq!(shown["config"]["telemetry"]["access_log"]["fields"][1], "user_agent", "{shown}");
}

#[test]
fn a_reload_changes_the_form_of_what_comes_after() {
    let upstream = Upstream::saying("hello");
    let logged = Logged::start(&upstream, "fields = [\"status\"]");
    Client::connect(&logged.gateway).get("/shop");
    logged.lines(1);
    let config = std::fs::read_to_string(logged.gateway.folder().join("config.toml")).expect("the configuration");
    logged.gateway.rewrite(&config.replace("[\"status\"]", "[\"method\", \"reason\"]"));
    logged.gateway.wait_for_generation(2);
    Client::connect(&logged.gateway).get("/shop");
    assert_eq!(logged.lines(2), [r#"{"status":200}"#, r#"{"method":"GET"}"#]);
    let nothing_to_say = config.replace("[\"status\"]", "[\"reason\"]");
    logged.gateway.rewrite(&nothing_to_say);
    logged.gateway.wait_for_generation(3);
    Client::connect(&logged.gateway).get("/shop");
    assert_eq!(serde_json::from_str::<Value>(&logged.lines(3)[2]).expect("JSON"), serde_json::json!({}));
}
