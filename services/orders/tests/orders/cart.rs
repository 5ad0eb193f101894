//! Carts: what is in them, what they show, and what they refuse.

use serde_json::json;
use uuid::Uuid;

use crate::shop::{Of, Shop, json_of};

#[tokio::test]
async fn a_cart_shows_what_its_products_are_called_and_cost_now() {
    let shop = Shop::open().await;
    let (bar, shake) = (shop.product("Bar", 250, 10).await, shop.product("Shake", 999, 10).await);
    let customer = shop.customer();
    assert_eq!(shop.get("/cart", &customer).await, json!({ "items": [], "total": null }));
    let put = json_of(&shop.put(&customer, &bar, 2).await, 200);
    let price = json!({ "minor": 250, "currency": "EUR" });
    assert_eq!(put, json!({ "product": bar, "name": "Bar", "quantity": 2, "price": price }));
    shop.put(&customer, &shake, 1).await;
    shop.put(&customer, &bar, 3).await;
    let cart = shop.get("/cart", &customer).await;
    let quantities: Vec<_> = cart["items"].as_array().expect("items").iter().map(|item| &item["quantity"]).collect();
    assert_eq!(quantities, [3, 1], "in the order in which they came");
    assert_eq!(cart["total"], json!({ "minor": 3 * 250 + 999, "currency": "EUR" }));

    let dearer = r#"{"name":"Big bar","price":{"minor":300,"currency":"EUR"}}"#;
    assert_eq!(shop.of_products("PATCH", &format!("/products/{bar}"), dearer).await.status, 200);
    let cart = shop.get("/cart", &customer).await;
    assert_eq!((&cart["items"][0]["name"], &cart["total"]["minor"]), (&"Big bar".into(), &(3 * 300 + 999).into()));
    assert_eq!(shop.get("/cart", &shop.customer()).await["items"], json!([]), "it is nobody else's");

    assert_eq!(shop.send("DELETE", &format!("/cart/items/{bar}"), &customer, &[], "").await.status, 204);
    assert_eq!(shop.send("DELETE", &format!("/cart/items/{bar}"), &customer, &[], "").await.status, 204);
    assert_eq!(shop.get("/cart", &customer).await["total"]["minor"], 999);
    assert_eq!(shop.send("DELETE", "/cart", &customer, &[], "").await.status, 204);
    assert_eq!(shop.get("/cart", &customer).await["items"], json!([]));
}

#[tokio::test]
async fn what_is_not_sold_does_not_get_into_a_cart() {
    let shop = Shop::open().await;
    let bar = shop.product("Bar", 250, 10).await;
    let customer = shop.customer();
    let nothing = shop.put(&customer, &Uuid::now_v7().to_string(), 1).await;
    assert!(nothing.status == 404 && nothing.body.contains("resource.none"), "{}", nothing.body);
    for (path, body) in
        [(bar.as_str(), r#"{"quantity":0}"#), (&bar, r#"{"quantity":101}"#), ("seven", r#"{"quantity":1}"#)]
    {
        let answer = shop.send("PUT", &format!("/cart/items/{path}"), &customer, &[], body).await;
        assert_eq!(answer.status, 400, "{path} {body}: {}", answer.body);
    }
    assert_eq!(shop.put(&customer, &bar, 1).await.status, 200);
    let archive = shop.of_products("PATCH", &format!("/products/{bar}"), r#"{"archived":true}"#).await;
    assert_eq!(archive.status, 200, "{}", archive.body);
    let refused = shop.put(&customer, &bar, 2).await;
    assert!(refused.status == 409 && refused.body.contains("product.archived"), "{}", refused.body);
    let cart = shop.get("/cart", &customer).await;
    assert_eq!(
        (&cart["items"][0]["price"], &cart["total"]),
        (&json!(null), &json!(null)),
        "one that was put in before"
    );
}

#[tokio::test]
async fn a_cart_has_at_most_fifty_items() {
    let shop = Shop::open().await;
    let customer = shop.customer();
    let (bar, shake) = (shop.product("Bar", 250, 10).await, shop.product("Shake", 999, 10).await);
    assert_eq!(shop.put(&customer, &bar, 1).await.status, 200);
    let fill = format!(
        "INSERT INTO cart_items (user_id, product_id, name, quantity)
         SELECT '{}', gen_random_uuid(), 'Other', 1 FROM generate_series(1, 49)",
        customer.id
    );
    shop.connect(Of::Orders).await.batch_execute(&fill).await.expect("fills it");
    let refused = shop.put(&customer, &shake, 1).await;
    assert!(refused.status == 409 && refused.body.contains("cart.full"), "{}", refused.body);
    assert_eq!(shop.put(&customer, &bar, 2).await.status, 200, "what is in it can change");
}

#[tokio::test]
async fn nobody_without_a_token_has_a_cart() {
    let shop = Shop::open().await;
    for (method, path) in [("GET", "/cart"), ("DELETE", "/cart"), ("GET", "/orders"), ("POST", "/orders")] {
        let answer = shop.orders().send(method, path, &[], "").await.expect("an answer");
        shop.check(method, path, &answer);
        assert!(
            answer.status == 401 && answer.body.contains("access.token_missing"),
            "{method} {path}: {}",
            answer.body
        );
    }
}
