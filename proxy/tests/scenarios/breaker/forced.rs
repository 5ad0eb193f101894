//! An operator opens and closes breakers through the admin endpoint, until they are told to decide for themselves again.

use super::{Patient, guarded, told};
use crate::harness::{Client, Gateway, assert_problem};

#[test]
fn forced() {
    let patients = [Patient::new(200), Patient::new(200)];
    let addresses = patients.each_ref().map(|patient| patient.upstream.address());
    let gateway = Gateway::start(&guarded(&addresses, &["min_requests = 2", "open_for = \"1h\""]));
    let force = |query: &str| gateway.admin("POST", &format!("/api/breakers?upstream=up{query}")).status();
    let mut client = Client::connect(&gateway);

    assert_eq!(force(&format!("&endpoint={}&state=open", addresses[0])), 200);
    for _ in 0..10 {
        assert_eq!(client.get("/").status(), 200);
    }
    assert_eq!(patients.each_ref().map(Patient::hits), [0, 10]);
    let first = told(&gateway, 0);
    assert_eq!((&first["state"], &first["forced"], &first["cause"]), (&"open".into(), &true.into(), &"forced".into()));

    assert_eq!(force("&state=open"), 200);
    assert_problem(&client.get("/"), 503, "breaker.open");
    assert_eq!(force("&state=closed"), 200);
    patients.iter().for_each(|patient| patient.set(503));
    for _ in 0..20 {
        assert_eq!(client.get("/").text(), "told", "closed for good, whatever comes back");
    }
    assert_eq!(force("&state=auto"), 200);
    for _ in 0..4 {
        assert_eq!(client.get("/").text(), "told");
    }
    assert_problem(&client.get("/"), 503, "breaker.open");
    assert_eq!(told(&gateway, 0)["cause"], "error_ratio");

    assert_eq!(force("&state=ajar"), 400);
    assert_eq!(gateway.admin("PUT", "/api/breakers?upstream=up&state=open").status(), 405);
}
