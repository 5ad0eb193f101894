//! The catalogue's API: the real service on a real Postgres.

use crate::service::Service;
use serde_json::Value;

/// The names on a page.
pub(crate) fn names(page: &Value) -> Vec<String> {
    let items = page["items"].as_array().expect("items");
    items.iter().map(|item| item["name"].as_str().expect("a name").to_owned()).collect()
}

#[tokio::test]
async fn filters_let_through_what_they_say() {
    let service = Service::seeded().await;
    let by_category = service.ok("/products?category=protein&limit=100").await;
    let by_brand = service.ok("/products?brand=Kettle%20%26%20Oak&limit=100").await;
    let by_price = service.ok("/products?min_price=1990&max_price=2990&limit=100").await;
    let by_flavour = service.ok("/products?flavour=Vanilla&limit=100").await;
    let in_stock = service.ok("/products?in_stock=true&limit=100").await;
    let sold_out = service.ok("/products?in_stock=false&limit=100").await;
    let both = service.ok("/products?q=whey&category=creatine").await;
    let every = |page: &Value, what: &dyn Fn(&Value) -> bool| {
        let items = page["items"].as_array().expect("items");
        !items.is_empty() && items.iter().all(what)
    };
    assert!(every(&by_category, &|item| item["category"] == "protein"));
    assert!(every(&by_brand, &|item| item["brand"] == "Kettle & Oak"));
    assert!(every(&by_price, &|item| (1990..=2990).contains(&item["price"]["minor"].as_i64().unwrap_or(0))));
    assert!(every(&by_price, &|item| item["price"]["currency"] == "EUR"));
    let has_vanilla = |item: &Value| item["flavours"].as_array().is_some_and(|all| all.contains(&"Vanilla".into()));
    assert!(every(&by_flavour, &has_vanilla));
    assert!(every(&in_stock, &|item| item["stock"].as_i64() > Some(0)));
    assert!(every(&sold_out, &|item| item["stock"] == 0));
    assert_eq!(names(&both).len(), 0);
}

#[tokio::test]
async fn one_product_and_its_stock() {
    let service = Service::seeded().await;
    let page = service.ok("/products?limit=1").await;
    let listed = &page["items"][0];
    let id = listed["id"].as_str().expect("an id");
    assert_eq!(&service.ok(&format!("/products/{id}")).await, listed);
    let stock = service.ok(&format!("/products/{id}/stock")).await;
    assert_eq!((&stock["product"], &stock["available"]), (&listed["id"], &listed["stock"]));
    assert!(stock["updated_at"].as_str().is_some_and(|time| time.ends_with('Z')));
}

#[tokio::test]
async fn what_is_wrong_is_said() {
    let service = Service::empty().await;
    let nothing = "/products/01890000-0000-7000-8000-000000000000";
    for (path, status, parameters) in [
        ("/products?limit=0", 400, vec!["limit"]),
        ("/products?min_price=x&colour=red", 400, vec!["colour", "min_price"]),
        ("/products?cursor=abc", 400, vec!["cursor"]),
        ("/products?sort=relevance&in_stock=maybe", 400, vec!["in_stock", "sort"]),
        ("/reservations/seven", 400, vec!["id"]),
        ("/products?q=%00", 400, vec!["q"]),
        ("/products?limit=1&limit=2", 400, vec!["limit"]),
        ("/products/seven", 400, vec!["id"]),
        ("/products/%ff/stock", 400, vec!["id"]),
        (nothing, 404, vec![]),
        (&format!("{nothing}/stock"), 404, vec![]),
        ("/nowhere", 404, vec![]),
    ] {
        let answer = service.get(path).await;
        assert_eq!(answer.status, status, "{path}");
        assert_eq!(answer.headers["content-type"], "application/problem+json", "{path}");
        let problem: Value = serde_json::from_str(&answer.body).expect("JSON");
        assert_eq!(problem["status"], status, "{path}");
        let errors = problem["errors"].as_array().cloned().unwrap_or_default();
        let named: Vec<_> = errors.iter().filter_map(|error| error["parameter"].as_str()).collect();
        assert_eq!(named, parameters, "{path}");
        assert!(errors.iter().all(|error| error["detail"].as_str().is_some_and(|detail| detail.len() > 5)), "{path}");
    }
    assert_eq!(service.request("DELETE", nothing, &[]).await.status, 405);
}

#[tokio::test]
async fn seeding_again_changes_nothing_but_what_is_out_of_date() {
    let service = Service::seeded().await;
    let before = service.ok("/products?limit=100").await;
    let id = before["items"][0]["id"].as_str().expect("an id");
    let database = service.connect().await;
    let sell = format!("UPDATE stock SET available = 7777 WHERE product_id = '{id}'");
    database.batch_execute(&sell).await.expect("sells");
    let rename = format!("UPDATE products SET name = 'Old' WHERE id = '{id}'");
    database.batch_execute(&rename).await.expect("renames");
    assert!(service.seed(&[]).contains("0 new, 200 brought up to date"));
    let product = service.ok(&format!("/products/{id}")).await;
    assert_eq!(product["name"], before["items"][0]["name"], "descriptions are brought up to date");
    assert_eq!(product["stock"], 7777, "stock was counted and stays");
}
