//! `supplex explain`: what it prints, and its exit codes.

use serde_json::Value;

use super::supplex;

/// The text about a request, with its exit code.
fn explained(arguments: &[&str]) -> (i32, String) {
    let answer = supplex(&[&["explain", "--config", "explain.toml"], arguments].concat());
    assert_eq!(answer.stderr, "", "{arguments:?}");
    (answer.code, answer.stdout)
}

/// The document about a request.
fn document(arguments: &[&str]) -> Value {
    let (_, text) = explained(&[arguments, &["--format", "json"]].concat());
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn every_decision_is_shown_with_its_line() {
    let (code, text) = explained(&[
        "GET",
        "/api/./products/7?q=1",
        "--host",
        "a.shop.test",
        "--client",
        "10.0.0.1",
        "-H",
        "x-forwarded-for: 203.0.113.9",
        "-H",
        "x-user: ann",
        "-H",
        "x-internal: 1",
    ]);
    assert_eq!(code, 0);
    insta::assert_snapshot!(text);
}

#[test]
fn a_route_that_asks_for_a_token_refuses_a_request_without() {
    let (code, text) = explained(&["POST", "/api/orders"]);
    assert_eq!(code, 1);
    insta::assert_snapshot!(text);
}

#[test]
fn a_request_that_breaks_a_rule_is_refused_as_the_gateway_does() {
    let (code, text) = explained(&["GET", "/a/../../b"]);
    assert_eq!(code, 1);
    insta::assert_snapshot!(text);
    for (arguments, reason, status, rfc) in [
        (&["GET", "/a b"][..], "request.malformed", 400, "RFC 9112 section 3"),
        (&["TRACE", "/"], "request.method_refused", 405, "RFC 9110 sections 9.3.6 and 9.3.8"),
        (&["GET", "/", "-H", "host: a", "-H", "host: b"], "request.malformed", 400, "RFC 9112 section 3.2"),
        (&["GET", "/", "-H", "a b"], "request.malformed", 400, "RFC 9110 section 5.1"),
        (&["PUT", "/", "-H", "content-length: 2000"], "request.body_too_large", 413, "RFC 9110 section 15.5.14"),
        (
            &["PUT", "/", "-H", "content-length: 1", "-H", "transfer-encoding: chunked"],
            "request.ambiguous",
            400,
            "RFC 9112 section 6.3",
        ),
        (&["GET", "/none"], "route.none", 404, "RFC 9110 section 15.5.5"),
    ] {
        let refusal = &document(arguments)["refusal"];
        assert_eq!((&refusal["reason"], &refusal["status"]), (&reason.into(), &status.into()), "{arguments:?}");
        assert_eq!(refusal["rfc"], rfc, "{arguments:?}");
    }
}

#[test]
fn the_document_says_the_same_as_the_text() {
    let told =
        document(&["GET", "/api/products/7", "--client", "192.0.2.7", "-H", "x-user: ann", "-H", "x-api-key: k"]);
    assert_eq!((&told["refusal"], &told["generation"]), (&Value::Null, &Value::Null));
    let results: Vec<_> = told["routes"].as_array().expect("a list").iter().map(|tried| &tried["result"]).collect();
    assert_eq!(results, ["not_matched", "not_matched", "taken", "not_matched", "shadowed"]);
    assert_eq!(told["routes"][1]["at"], "explain.toml:18:37");
    let route = &told["route"];
    assert_eq!(route["name"], "products");
    assert_eq!((&route["limits"][0]["counted"], &route["limits"][0]["bucket"]), (&"exempt".into(), &Value::Null));
    assert_eq!((&route["limits"][1]["counted"], &route["limits"][1]["bucket"]), (&"shadow".into(), &"k".into()));
    assert_eq!(route["destination"][1]["share"], 0.05);
    assert!(route["upstreams"][0]["leads_to"].as_str().is_some_and(|endpoint| endpoint.starts_with("127.0.0.1:71")));
    assert_eq!(route["upstreams"][1]["endpoints"][0]["address"], Value::Null);
    assert_eq!(route["forwarded"][0], "GET /products/7 HTTP/1.1");
}

#[test]
fn secrets_of_the_configuration_are_not_shown() {
    let (_, text) = explained(&["GET", "/api/products/7"]);
    assert!(text.contains("authorization: (set)") && !text.contains("hidden"), "{text}");
}

#[test]
fn there_is_no_colour_where_there_is_no_terminal() {
    assert!(!explained(&["GET", "/healthz"]).1.contains('\u{1b}'));
}

#[test]
fn what_is_no_request_is_wrong_usage() {
    for arguments in [
        &["explain", "--config", "explain.toml"][..],
        &["explain", "--config", "explain.toml", "GET"],
        &["explain", "--config", "explain.toml", "GET", "/a\r\nb: c"],
        &["explain", "--config", "explain.toml", "GET", "/", "-H", ""],
        &["explain", "--config", "explain.toml", "GET", "/", "--client", "me"],
        &["explain", "--config", "explain.toml", "GET", "/", "--for", "5m"],
        &["explain", "--config", "explain.toml", "--sign", "--for", "25h"],
    ] {
        let answer = supplex(arguments);
        assert_eq!((answer.code, answer.stdout.as_str()), (2, ""), "{arguments:?}");
        assert!(!answer.stderr.is_empty(), "{arguments:?}");
    }
    assert_eq!(supplex(&["explain", "--config", "bad.toml", "GET", "/"]).code, 78);
}

#[test]
fn without_a_key_nothing_can_be_signed() {
    let answer = supplex(&["explain", "--config", "explain.toml", "--sign"]);
    assert_eq!((answer.code, answer.stdout.as_str()), (78, ""));
    assert!(answer.stderr.contains("telemetry.explain_key"), "{}", answer.stderr);
}
