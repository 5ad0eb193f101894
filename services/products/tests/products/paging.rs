//! Pages: without gaps or repeats in every order, whatever comes and goes in between.

use serde_json::Value;

use crate::service::{ADMIN, Service, body, named};

/// All ids of a list, page by page, seven at a time.
async fn all(service: &Service, list: &str) -> Vec<String> {
    let mut seen = Vec::new();
    let mut path = format!("{list}&limit=7");
    loop {
        let page = service.ok(&path).await;
        let items = page["items"].as_array().expect("items");
        seen.extend(items.iter().map(|item| item["id"].as_str().expect("an id").to_owned()));
        let Some(next) = page["next"].as_str() else { return seen };
        assert_eq!(items.len(), 7, "a page with a next one is full");
        path = format!("{list}&limit=7&cursor={next}");
    }
}

/// The ids that a query of the database gives.
async fn expected(service: &Service, order: &str) -> Vec<String> {
    let query = format!("SELECT p.id::text FROM products p JOIN stock s ON s.product_id = p.id {order}");
    let rows = service.connect().await.query(&query, &[]).await.expect("answers");
    rows.iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn every_order_pages_through_everything_once() {
    let service = Service::seeded().await;
    // Different ages, some of them the same.
    let age = "UPDATE products SET created_at = now() - servings * interval '1 day'";
    service.connect().await.batch_execute(age).await.expect("ages");
    let rank = "ts_rank(document, websearch_to_tsquery('english', 'protein'))";
    for (list, order) in [
        ("/products?sort=name", "ORDER BY name, id"),
        ("/products?sort=price", "ORDER BY price_minor, id"),
        ("/products?sort=-price", "ORDER BY price_minor DESC, id DESC"),
        ("/products?sort=newest", "ORDER BY created_at DESC, id DESC"),
        (
            "/products?sort=price&in_stock=true&category=protein",
            "WHERE available > 0 AND category = 'protein' ORDER BY price_minor, id",
        ),
        (
            "/products?q=protein",
            &format!("WHERE document @@ websearch_to_tsquery('english', 'protein') ORDER BY {rank} DESC, id DESC"),
        ),
    ] {
        let (seen, expected) = (all(&service, list).await, expected(&service, order).await);
        assert!(expected.len() > 14, "{list}: there are several pages");
        assert_eq!(seen, expected, "{list}");
    }
    assert_eq!(all(&service, "/products?").await.len(), 200);
}

#[tokio::test]
async fn a_last_page_that_is_exactly_full_has_no_next_one() {
    let service = Service::seeded().await;
    let creatine = service.ok("/products?limit=100&category=creatine").await;
    let exactly = creatine["items"].as_array().map_or(0, Vec::len);
    assert_eq!(service.ok(&format!("/products?category=creatine&limit={exactly}")).await["next"], Value::Null);
    assert!(service.ok(&format!("/products?category=creatine&limit={}", exactly - 1)).await["next"].is_string());
}

#[tokio::test]
async fn what_comes_and_goes_in_between_disturbs_nobody() {
    let service = Service::empty().await;
    let mut ids = Vec::new();
    for number in 0..10 {
        ids.push(service.product(&format!("Bar {number}"), 100 * (number + 1), 5).await);
    }
    let first = service.ok("/products?sort=price&limit=4").await;
    // One of the first page goes, one comes in before the place, one after it.
    let archived = r#"{"archived":true}"#;
    body(&service.send("PATCH", &format!("/products/{}", ids[3]), &[ADMIN, ("if-match", "*")], archived).await, 200);
    service.product("Cheap bar", 50, 5).await;
    let late = service.product("Late bar", 550, 5).await;
    let next = first["next"].as_str().expect("a next page");
    let second = service.ok(&format!("/products?sort=price&limit=4&cursor={next}")).await;
    let seen: Vec<&str> =
        second["items"].as_array().expect("items").iter().filter_map(|it| it["id"].as_str()).collect();
    assert_eq!(seen, [&ids[4], &late, &ids[5], &ids[6]]);
}

#[tokio::test]
async fn a_cursor_of_another_list_is_refused_with_the_reason() {
    let service = Service::seeded().await;
    let page = service.ok("/products?sort=price&category=protein&limit=3").await;
    let next = page["next"].as_str().expect("a next page");
    service.ok(&format!("/products?sort=price&category=protein&limit=50&cursor={next}")).await;
    for (list, said) in [
        ("sort=name&category=protein", "belongs to a list with sort=price, not name"),
        ("category=protein", "belongs to a list with sort=price, not name"),
        ("sort=price&category=bars", "belongs to a list with other filters"),
        ("sort=price&category=protein&q=whey", "belongs to a list with other filters"),
        ("sort=price", "belongs to a list with other filters"),
    ] {
        let problem = body(&service.get(&format!("/products?{list}&cursor={next}")).await, 400);
        assert_eq!(named(&problem), ["cursor"], "{list}");
        assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains(said)), "{list}: {problem}");
    }
}
