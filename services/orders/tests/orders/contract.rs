//! Whether the service is what its `/openapi.json` says. `shop.rs` holds every answer of the other tests against it.

use serde_json::json;

use crate::shop::Shop;

#[tokio::test]
async fn the_service_has_exactly_the_methods_that_are_described() {
    let shop = Shop::open().await;
    let customer = shop.customer();
    for (method, path, described) in shop.contract.everything("01890000-0000-7000-8000-000000000000") {
        let answer = shop.send(&method, &path, &customer, &[("idempotency-key", "k")], "{}").await;
        assert_eq!(answer.status != 405, described, "{method} {path}: {}", answer.body);
        assert!(!answer.body.contains("nothing at this path"), "{method} {path}");
    }
    let paths = shop.contract.document()["paths"].as_object().expect("paths");
    let guarded = paths.iter().filter(|(path, _)| path.starts_with("/cart") || path.starts_with("/orders"));
    let operations: Vec<_> = guarded.flat_map(|(_, item)| item.as_object().expect("operations").values()).collect();
    assert_eq!(operations.len(), 8);
    assert!(operations.iter().all(|operation| operation["security"] == json!([{ "bearer": [] }])));
}

#[tokio::test]
async fn fields_that_are_described_as_required_are() {
    let shop = Shop::open().await;
    let customer = shop.customer();
    let good = json!({ "card": { "number": "4242424242424242" } });
    for (name, bad) in [("Checkout", json!({})), ("Checkout", json!({ "card": {} })), ("Quantity", json!({}))] {
        let schema = json!({ "$ref": format!("#/components/schemas/{name}") });
        assert!(shop.contract.matches(&schema, &bad).is_err(), "{name} {bad}");
    }
    shop.contract.matches(&json!({ "$ref": "#/components/schemas/Checkout" }), &good).expect("fits");
    for bad in [json!({}), json!({ "card": {} }), json!({ "card": { "number": "4242424242424242" }, "cvc": 1 })] {
        let headers = [("idempotency-key", "k")];
        let answer = shop.send("POST", "/orders", &customer, &headers, &bad.to_string()).await;
        assert_eq!(answer.status, 400, "{bad}: {}", answer.body);
    }
}
