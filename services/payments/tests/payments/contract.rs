//! Whether the service is what its `/openapi.json` says. `service.rs` holds every answer of the other tests against it.

use serde_json::json;

use crate::service::Service;

#[tokio::test]
async fn the_service_has_exactly_the_methods_that_are_described() {
    let service = Service::start().await;
    for (method, path, described) in service.contract.everything("01890000-0000-7000-8000-000000000000") {
        let answer = service.send(&method, &path, "k", "{}").await;
        assert_eq!(answer.status != 405, described, "{method} {path}: {}", answer.body);
        assert!(!answer.body.contains("nothing at this path"), "{method} {path}");
    }
    let document = service.contract.document();
    assert!(document["paths"]["/faults"]["put"].is_object() && document["paths"]["/payments/{id}/void"].is_object());
}

#[tokio::test]
async fn fields_that_are_described_as_required_are() {
    let service = Service::start().await;
    let schema = json!({ "$ref": "#/components/schemas/Authorisation" });
    let good = json!({
        "order": "o-1", "amount": { "minor": 100, "currency": "EUR" }, "card": { "number": "4242424242424242" },
    });
    service.contract.matches(&schema, &good).expect("fits");
    assert_eq!(service.send("POST", "/payments", "good", &good.to_string()).await.status, 201);
    for field in ["order", "amount", "card"] {
        let mut without = good.clone();
        without.as_object_mut().expect("an object").remove(field);
        let described = service.contract.matches(&schema, &without).is_ok();
        let answer = service.send("POST", "/payments", field, &without.to_string()).await;
        assert_eq!(answer.status == 201, described, "without {field}: {}", answer.body);
    }
}
