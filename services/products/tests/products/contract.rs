//! Whether the service is what its `/openapi.json` says. `service.rs` holds every answer of the other tests against it.

use serde_json::json;

use crate::service::{ADMIN, Service};

#[tokio::test]
async fn the_service_has_exactly_the_methods_that_are_described() {
    let service = Service::empty().await;
    for (method, path, described) in service.contract.everything("01890000-0000-7000-8000-000000000000") {
        let key = ("idempotency-key", "k");
        let headers = if path.starts_with("/reservations") { vec![key] } else { vec![key, ADMIN] };
        let answer = service.send(&method, &path, &headers, "{}").await;
        assert_eq!(answer.status != 405, described, "{method} {path}: {}", answer.body);
        assert!(!answer.body.contains("nothing at this path"), "{method} {path}");
    }
    let proofs = &service.contract.document()["components"]["securitySchemes"];
    assert!(["bearer", "admin_token", "service"].into_iter().all(|name| proofs[name].is_object()), "{proofs}");
}

#[tokio::test]
async fn fields_that_are_described_as_required_are() {
    let service = Service::empty().await;
    let bar = service.product("A bar", 100, 50).await;
    let product = json!({
        "name": "Bar", "brand": "B", "category": "bars", "flavours": [], "servings": 1,
        "price": { "minor": 1, "currency": "EUR" }, "description": "", "stock": 1,
    });
    let reservation = json!({ "order": "o", "ttl_seconds": 60, "items": [{ "product": bar, "quantity": 1 }] });
    for (path, name, good) in [("/products", "NewProduct", product), ("/reservations", "NewReservation", reservation)] {
        let schema = json!({ "$ref": format!("#/components/schemas/{name}") });
        let fields: Vec<String> = good.as_object().expect("an object").keys().cloned().collect();
        for field in fields.iter().map(String::as_str).chain(["all"]) {
            let mut without = good.clone();
            without.as_object_mut().expect("an object").remove(field);
            let described = service.contract.matches(&schema, &without).is_ok();
            let key = ("idempotency-key", field);
            let headers = if path == "/products" { vec![key, ADMIN] } else { vec![key] };
            let answer = service.send("POST", path, &headers, &without.to_string()).await;
            assert_eq!(answer.status == 201, described, "{path} without {field:?}: {}", answer.body);
        }
    }
}
