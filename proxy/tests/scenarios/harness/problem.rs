//! The form of every response that the gateway makes itself.

use serde_json::Value;

use super::Message;

/// Asserts that `response` is a problem document with this status and reason, in body and `Proxy-Status` alike.
pub(crate) fn assert_problem(response: &Message, status: u16, reason: &str) {
    let text = String::from_utf8_lossy(&response.body);
    assert_eq!(response.status(), status, "{text}");
    assert_eq!(response.field("content-type"), Some("application/problem+json"));
    let document: Value = serde_json::from_slice(&response.body).unwrap_or_else(|error| panic!("{error}: {text}"));
    assert_eq!(document["status"], status, "{text}");
    assert_eq!(document["reason"], reason, "{text}");
    for key in ["type", "title", "detail"] {
        assert!(document[key].as_str().is_some_and(|text| !text.is_empty()), "{key} is missing in {text}");
    }
    let proxy_status = response.field("proxy-status").expect("a response of the gateway says so");
    assert!(proxy_status.starts_with("supplex; error="), "{proxy_status}");
    assert!(proxy_status.ends_with(&format!("details=\"{reason}\"")), "{proxy_status}");
    // A connection that is refused before it was looked at has no request to name.
    assert_eq!(document["request_id"].as_str(), response.field("x-request-id"));
}
