//! In shadow the breaker shows what it would do and refuses nothing; when it is off there is none.

use super::{Patient, guarded, told};
use crate::harness::{Client, Gateway};

#[test]
fn shadow() {
    let sick = Patient::new(503);
    let lines = ["min_requests = 3", "open_for = \"1h\"", "mode = \"shadow\""];
    let gateway = Gateway::start(&guarded(&[sick.upstream.address()], &lines));
    let mut client = Client::connect(&gateway);
    for _ in 0..20 {
        assert_eq!(client.get("/").text(), "told");
    }
    assert_eq!(sick.hits(), 20);
    let told = told(&gateway, 0);
    assert_eq!((&told["state"], &told["cause"]), (&"open".into(), &"error_ratio".into()), "{told:#}");
    let labels = format!("endpoint=\"{}\"", sick.upstream.address());
    gateway.wait_for_metric(&format!("supplex_breaker_state{{{labels},upstream=\"up\"}}"), 2.0);
    assert_eq!(gateway.admin("POST", "/api/breakers?upstream=up&state=open").status(), 409);
}

#[test]
fn off() {
    let sick = Patient::new(503);
    let lines = ["min_requests = 3", "mode = \"off\""];
    let gateway = Gateway::start(&guarded(&[sick.upstream.address()], &lines));
    let mut client = Client::connect(&gateway);
    for _ in 0..20 {
        assert_eq!(client.get("/").text(), "told");
    }
    assert_eq!((sick.hits(), &told(&gateway, 0)["state"]), (20, &"closed".into()));
    let labels = format!("endpoint=\"{}\"", sick.upstream.address());
    assert_eq!(gateway.metric(&format!("supplex_breaker_state{{{labels},upstream=\"up\"}}")), None);
}
