//! Only services may ask for payments.

use crate::service::{APPROVED, SERVICE, Service, authorisation};

#[tokio::test]
async fn only_services_are_let_through() {
    let service = Service::start().await;
    let path = service.authorised(1000).await;
    let without_token = service.another_without_token().await;
    let before = service.get(&path).await.body;
    let wish = authorisation(5, APPROVED);
    for (method, path, body) in [
        ("GET", path.clone(), ""),
        ("POST", "/payments".into(), wish.as_str()),
        ("POST", format!("{path}/capture"), ""),
        ("POST", format!("{path}/refund"), ""),
        ("POST", format!("{path}/void"), ""),
    ] {
        let key = ("idempotency-key", "k");
        let wrong = ("authorization", "Bearer 0123456789-of-a-tesT");
        let invalid = "Bearer realm=\"supplex\", error=\"invalid_token\"";
        for (headers, reason, challenge) in [
            (vec![key], "access.token_missing", "Bearer realm=\"supplex\""),
            (vec![key, SERVICE, SERVICE], "access.token_missing", "Bearer realm=\"supplex\""),
            (vec![key, wrong], "access.token_invalid", invalid),
        ] {
            let answer = service.process.send(method, &path, &headers, body).await.expect("an answer");
            service.check(method, &path, &answer);
            assert!(answer.status == 401 && answer.body.contains(reason), "{method} {path}: {}", answer.body);
            assert_eq!(answer.headers["www-authenticate"], challenge);
        }
        let disabled = without_token.send(method, &path, &[key, SERVICE], body).await.expect("an answer");
        service.check(method, &path, &disabled);
        assert!(disabled.status == 403 && disabled.body.contains("access.disabled"), "{}", disabled.body);
    }
    assert_eq!(service.get(&path).await.body, before, "nothing was done");
    assert_eq!(service.number("SELECT count(*) FROM payments").await, 1);
    assert_eq!(without_token.get("/readyz").await.status, 200, "probes are for everybody");
}
