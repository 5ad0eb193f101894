//! `supplex schema`, and the copy of it that editors read.

use super::{repository, supplex};

#[test]
fn the_schema_in_the_repository_is_current() {
    let answer = supplex(&["schema"]);
    assert_eq!((answer.code, answer.stderr.as_str()), (0, ""));
    assert!(
        answer.stdout == repository("config.schema.json"),
        "config.schema.json is out of date: run `supplex schema > config.schema.json`"
    );
}

#[test]
fn the_schema_says_what_a_value_may_be() {
    let schema: serde_json::Value = serde_json::from_str(&supplex(&["schema"]).stdout).expect("JSON");
    let at = |pointer: &str| schema.pointer(pointer).unwrap_or_else(|| panic!("nothing at {pointer}")).clone();
    let listener = "/$defs/Listener/properties";
    assert_eq!(at(&format!("{listener}/idle_timeout/pattern")), "^0*[1-9][0-9]*(ms|s|m|h)$");
    assert_eq!(at(&format!("{listener}/max_header_bytes/pattern")), "^[0-9]+(B|KiB|MiB|GiB)$");
    assert_eq!(at(&format!("{listener}/max_header_fields/maximum")), 1000);
    assert_eq!(at(&format!("{listener}/max_header_fields/default")), 100);
    assert_eq!(at("/$defs/Listener/additionalProperties"), false);
    assert_eq!(at("/$defs/Upstream/properties/balance/enum/0"), "least_request");
    assert_eq!(at("/$defs/Upstream/properties/endpoints/minItems"), 1);
    assert_eq!(at("/$defs/Match/oneOf/0/required/0"), "prefix");
    assert_eq!(at("/$defs/Route/oneOf/1/required/0"), "split");
    let forms = at("/$defs/Endpoint/oneOf");
    assert_eq!(forms[0]["type"], "string", "an endpoint is an address");
    assert_eq!(forms[1]["$ref"], "#/$defs/WeightedEndpoint", "or a table");
    assert_eq!(at("/$defs/WeightedEndpoint/properties/weight/maximum"), 1000);
}
