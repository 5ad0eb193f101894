//! Keys: one order for each, however often, with whatever body, and however many ask at once.

use std::sync::Arc;

use tokio::task::JoinSet;

use crate::shop::{APPROVED, DECLINED, Of, Shop, json_of, order_of, paying};

#[tokio::test]
async fn the_same_key_is_the_same_order_and_another_body_is_refused() {
    let shop = Shop::open().await;
    let bar = shop.product("Bar", 250, 10).await;
    let (one, two) = (shop.customer(), shop.customer());
    shop.put(&one, &bar, 1).await;
    let first = shop.checkout(&one, "same", APPROVED).await;
    assert!(!first.headers.contains_key("idempotency-replayed"));
    shop.put(&one, &bar, 5).await;
    let again = shop.checkout(&one, "same", "4242 4242 4242 4242").await;
    assert_eq!((again.status, &again.body, order_of(&again)), (201, &first.body, order_of(&first)));
    assert_eq!(again.headers["idempotency-replayed"], "true");
    assert_eq!(shop.get("/cart", &one).await["items"][0]["quantity"], 5, "the cart of later is left alone");
    let other = shop.checkout(&one, "same", DECLINED).await;
    assert!(other.status == 422 && other.body.contains("idempotency.key_reused"), "{}", other.body);
    shop.put(&two, &bar, 1).await;
    let theirs = shop.checkout(&two, "same", APPROVED).await;
    assert_ne!(order_of(&theirs), order_of(&first), "a key is its user's own");
    assert_eq!(shop.shelf(&bar).await, (8, 0, 2));
}

#[tokio::test]
async fn one_key_at_the_same_time_on_two_processes_is_one_order() {
    let shop = Arc::new(Shop::open().await);
    let other = Arc::new(shop.another().await);
    let bar = shop.product("Bar", 250, 10).await;
    let customer = shop.customer();
    shop.put(&customer, &bar, 2).await;
    let mut asking = JoinSet::new();
    for number in 0..20 {
        let (shop, other, customer) = (Arc::clone(&shop), Arc::clone(&other), customer.clone());
        asking.spawn(async move {
            let headers = [("idempotency-key", "same"), ("authorization", customer.bearer.as_str())];
            let process = if number % 2 == 0 { shop.orders() } else { &other };
            process.send("POST", "/orders", &headers, &paying(APPROVED)).await.expect("an answer")
        });
    }
    let answers = asking.join_all().await;
    let first = json_of(&answers[0], 201);
    for answer in &answers {
        assert_eq!(json_of(answer, 201), first);
    }
    let replayed = answers.iter().filter(|answer| answer.headers.contains_key("idempotency-replayed")).count();
    assert_eq!(replayed, 19);
    assert_eq!(shop.number(Of::Orders, "SELECT count(*) FROM orders").await, 1);
    assert_eq!(shop.number(Of::Payments, "SELECT count(*) FROM payments").await, 1);
    assert_eq!(shop.shelf(&bar).await, (8, 0, 2));
}
