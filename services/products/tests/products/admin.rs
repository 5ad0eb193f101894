//! What only admins may do.

use serde_json::json;
use supplex_kit::identity::Role;

use crate::api::names;
use crate::issuer::Issuer;
use crate::service::{ADMIN, SERVICE, Service, body, named, wish};

const BAR: &str = r#"{"name":"Bar","brand":"B","category":"bars","servings":1,"price":{"minor":1,"currency":"EUR"}}"#;

#[tokio::test]
async fn only_an_admin_changes_anything() {
    let service = Service::empty().await;
    let id = service.product("Bar", 100, 5).await;
    let (product, stock) = (format!("/products/{id}"), format!("/products/{id}/stock"));
    let before = service.get(&product).await.body;
    let requests =
        [("POST", "/products", BAR), ("PATCH", &product, r#"{"servings":9}"#), ("PUT", &stock, r#"{"available":9}"#)];
    for (method, path, wanted) in requests {
        let anybody = service.send(method, path, &[("if-match", "*")], wanted).await;
        assert!(anybody.status == 401 && anybody.body.contains("access.token_missing"), "{}", anybody.body);
        assert_eq!(anybody.headers["www-authenticate"], "Bearer realm=\"supplex\"");
        let wrong = [("if-match", "*"), ("authorization", "Bearer 0123456789-of-a-tesT")];
        let wrong = service.send(method, path, &wrong, wanted).await;
        assert!(wrong.status == 401 && wrong.body.contains("access.token_invalid"), "{}", wrong.body);
    }
    let without = service.another_without_tokens(&[]).await;
    let disabled = without.send("POST", "/products", &[ADMIN], BAR).await.expect("an answer");
    assert!(disabled.status == 403 && disabled.body.contains("access.disabled"), "{}", disabled.body);
    assert_eq!(service.get(&product).await.body, before, "nothing was changed");
}

#[tokio::test]
async fn the_access_token_of_an_admin_will_do_with_and_without_the_other() {
    let service = Service::empty().await;
    let (issuer, stranger) = (Issuer::start().await, Issuer::start().await);
    let keys = [("JWKS_URL", issuer.url.as_str())];
    let with_both = service.another_with(&keys).await;
    let with_keys = service.another_without_tokens(&keys).await;
    let without_keys = service.another_without_tokens(&[("JWKS_URL", "http://127.0.0.1:1/keys")]).await;
    let [admin, customer] = [Role::Admin, Role::Customer].map(|role| format!("Bearer {}", issuer.token(role)));
    let forged = format!("Bearer {}", stranger.token(Role::Admin));
    for (node, field, status, said) in [
        (&with_both, admin.as_str(), 201, "Bar"),
        (&with_both, ADMIN.1, 201, "Bar"),
        (&with_keys, &admin, 201, "Bar"),
        (&with_keys, ADMIN.1, 401, "access.token_invalid"),
        (&with_both, &customer, 403, "access.forbidden"),
        (&with_both, &forged, 401, "access.token_invalid"),
        (&with_both, SERVICE.1, 401, "access.token_invalid"),
        (&without_keys, &admin, 503, "access.no_keys"),
    ] {
        let answer = node.send("POST", "/products", &[("authorization", field)], BAR).await.expect("an answer");
        service.check("POST", "/products", &answer);
        assert!(answer.status == status && answer.body.contains(said), "{field}: {} {}", answer.status, answer.body);
    }
    assert_eq!(service.number("SELECT count(*) FROM products").await, 3);
}

#[tokio::test]
async fn a_product_is_added_changed_and_taken_off_sale() {
    let service = Service::empty().await;
    let answer = service.send("POST", "/products", &[ADMIN], BAR).await;
    let product = body(&answer, 201);
    let id = product["id"].as_str().expect("an id");
    assert_eq!(answer.headers["location"], format!("products/{id}"));
    assert_eq!((&product["stock"], &product["archived"]), (&0.into(), &false.into()));
    let (path, stock) = (format!("/products/{id}"), format!("/products/{id}/stock"));
    assert_eq!(service.ok(&path).await, product);

    let change =
        async |change: &str| body(&service.send("PATCH", &path, &[ADMIN, ("if-match", "*")], change).await, 200);
    let renamed = change(r#"{"name":"Better bar","flavours":["Nut"],"price":{"minor":290,"currency":"EUR"}}"#).await;
    assert_eq!(
        json!([renamed["name"], renamed["flavours"], renamed["price"]["minor"], renamed["brand"]]),
        json!(["Better bar", ["Nut"], 290, "B"])
    );
    assert_eq!(renamed["created_at"], product["created_at"]);
    assert_ne!(renamed["updated_at"], product["updated_at"]);

    let counted = service.send("PUT", &stock, &[ADMIN, ("if-match", "*")], r#"{"available":7}"#).await;
    assert_eq!(body(&counted, 200)["available"], 7);
    assert_eq!(service.ok(&path).await["stock"], 7);

    assert_eq!(change(r#"{"archived":true}"#).await["archived"], true);
    assert_eq!(service.ok(&path).await["name"], "Better bar", "orders still refer to it");
    assert!(names(&service.ok("/products").await).is_empty());
    let refused = body(&service.reserve("k", &wish(&[(id, 1)], 60)).await, 409);
    assert_eq!(named(&refused), ["items[0].product"]);
    change(r#"{"archived":false}"#).await;
    assert_eq!(names(&service.ok("/products").await), ["Better bar"]);
}

#[tokio::test]
async fn everything_that_is_wrong_is_said_at_once() {
    let service = Service::empty().await;
    let id = service.product("Bar", 100, 5).await;
    let (product, stock) = (format!("/products/{id}"), format!("/products/{id}/stock"));
    let wrong =
        r#"{"name":"","brand":"B","servings":0,"price":{"minor":-1,"currency":"euro"},"flavours":"nut","colour":1}"#;
    let all = ["name", "category", "flavours", "servings", "price.minor", "price.currency", "colour"];
    for (method, path, wanted, errors) in [
        ("POST", "/products", wrong, &all[..]),
        ("POST", "/products", "[]", &["body"]),
        ("POST", "/products", "{", &["body"]),
        ("PATCH", &product, "{}", &["body"]),
        ("PATCH", &product, r#"{"servings":1.5,"stock":3}"#, &["servings", "stock"]),
        ("PUT", &stock, r#"{"available":-1}"#, &["available"]),
        ("PUT", &stock, r#"{"avialable":1}"#, &["available", "avialable"]),
        ("PATCH", "/products/seven", "{}", &["id"]),
    ] {
        let answer = service.send(method, path, &[ADMIN, ("if-match", "*")], wanted).await;
        assert_eq!(answer.headers["content-type"], "application/problem+json");
        assert_eq!(named(&body(&answer, 400)), errors, "{method} {path} {wanted}");
    }
    let nobody = "/products/01890000-0000-7000-8000-000000000000";
    for (method, path, wanted) in
        [("PATCH", nobody.to_owned(), r#"{"servings":1}"#), ("PUT", format!("{nobody}/stock"), r#"{"available":1}"#)]
    {
        assert_eq!(service.send(method, &path, &[ADMIN, ("if-match", "*")], wanted).await.status, 404, "{path}");
    }
    let mut same = serde_json::from_str::<serde_json::Value>(BAR).expect("JSON");
    same["id"] = id.into();
    let exists = service.send("POST", "/products", &[ADMIN], &same.to_string()).await;
    assert!(exists.status == 409 && exists.body.contains("product.exists"), "{}", exists.body);
}
