//! Full-text search: what `q` finds, and in which order.

use crate::api::names;
use crate::service::{ADMIN, Service, body};

async fn found(service: &Service, q: &str) -> Vec<String> {
    names(&service.ok(&format!("/products?limit=100&q={q}")).await)
}

#[tokio::test]
async fn words_are_found_in_any_form_and_place() {
    let service = Service::seeded().await;
    let all = |names: &[String], part: &str| !names.is_empty() && names.iter().all(|name| name.contains(part));
    assert!(all(&found(&service, "ISOLATE+whey").await, "Whey Isolate"));
    // Other forms of a word: "capsules", "peptides", "softgels".
    assert!(all(&found(&service, "capsule+creatine").await, "Creatine Capsules"));
    assert!(all(&found(&service, "peptide").await, "Collagen Peptides"));
    // With or without the hyphen.
    for omega in ["omega-3", "omega+3", "%22omega-3%22"] {
        assert!(all(&found(&service, omega).await, "Omega-3"), "{omega}");
    }
    // Only in the description, the brand, the flavours.
    assert!(all(&found(&service, "dinner+breakfast").await, "Micellar Casein"));
    assert!(all(&found(&service, "kettle+oak").await, "Kettle & Oak"));
    assert!(all(&found(&service, "hazelnut").await, " Bar"));
}

#[tokio::test]
async fn phrases_alternatives_and_exclusions_work() {
    let service = Service::seeded().await;
    let phrase = found(&service, "%22vegan+protein%22").await;
    assert!(!phrase.is_empty() && phrase.iter().all(|name| name.contains("Vegan Protein")), "{phrase:?}");
    assert!(found(&service, "%22protein+vegan%22").await.is_empty());
    let either = found(&service, "zinc+or+glutamine").await;
    assert!(["Zinc", "Glutamine"].iter().all(|word| either.iter().any(|name| name.contains(word))), "{either:?}");
    let without = found(&service, "whey+-isolate").await;
    assert!(!without.is_empty() && without.iter().all(|name| !name.contains("Isolate")), "{without:?}");
    // Whatever is no word is no mistake either.
    for odd in ["%27%27", "%26%7C%21%28", "-", "%22", "100%25_", "%5C"] {
        service.ok(&format!("/products?q={odd}")).await;
    }
}

#[tokio::test]
async fn what_fits_best_comes_first() {
    let service = Service::empty().await;
    let product = |name: &str, description: &str| {
        serde_json::json!({
            "name": name, "brand": "B", "category": "bars", "servings": 1,
            "price": { "minor": 1, "currency": "EUR" }, "description": description,
        })
    };
    for (name, description) in [
        ("A snack", "Tastes of pistachio."),
        ("B snack", "Nothing of that sort."),
        ("C pistachio", "A snack."),
        ("D pistachio", "Pistachio all through."),
    ] {
        body(&service.send("POST", "/products", &[ADMIN], &product(name, description).to_string()).await, 201);
    }
    assert_eq!(found(&service, "pistachio").await, ["D pistachio", "C pistachio", "A snack"]);
    let by_name = service.ok("/products?q=pistachio&sort=name").await;
    assert_eq!(names(&by_name), ["A snack", "C pistachio", "D pistachio"]);
    // A changed product is found by its new words.
    let id = by_name["items"][0]["id"].as_str().expect("an id");
    let (path, plain) = (format!("/products/{id}"), r#"{"description":"Plain."}"#);
    body(&service.send("PATCH", &path, &[ADMIN, ("if-match", "*")], plain).await, 200);
    assert_eq!(found(&service, "pistachio").await, ["D pistachio", "C pistachio"]);
}

#[tokio::test]
async fn a_search_can_use_the_index() {
    let service = Service::seeded().await;
    let database = service.connect().await;
    // Two hundred products are read faster without an index; this asks whether it could be used for many.
    database.batch_execute("SET enable_seqscan = off").await.expect("is set");
    for (condition, index) in [
        ("document @@ websearch_to_tsquery('english', 'whey')", "products_by_document"),
        ("flavours @> ARRAY['Vanilla']", "products_by_flavour"),
    ] {
        let query = format!("EXPLAIN SELECT id FROM products WHERE {condition}");
        let rows = database.query(&query, &[]).await.expect("a plan");
        let plan: String = rows.iter().map(|row| row.get::<_, String>(0)).collect::<Vec<_>>().join("\n");
        assert!(plan.contains(index), "{plan}");
    }
}
