//! Cancellations: money and stock come back, once.

use std::sync::Arc;

use tokio::task::JoinSet;

use crate::shop::{DECLINED, Of, Shop, json_of, order_of, text};

#[tokio::test]
async fn what_was_paid_can_be_cancelled_and_all_comes_back() {
    let shop = Shop::open().await;
    let bar = shop.product("Bar", 250, 10).await;
    let customer = shop.customer();
    let order = shop.paid(&customer, &bar).await;
    let id = text(&order, "id");
    let path = format!("/orders/{id}/cancel");
    let cancelled = json_of(&shop.send("POST", &path, &customer, &[], "").await, 200);
    assert_eq!((text(&cancelled, "state"), &cancelled["total"]), ("cancelled", &order["total"]));
    assert_eq!(shop.payment(id).await, ("refunded".to_owned(), 250, 250));
    assert_eq!(shop.shelf(&bar).await, (10, 0, 0));
    assert_eq!(json_of(&shop.send("POST", &path, &customer, &[], "{}").await, 200), cancelled, "again is the same");
    let found = shop.get(&format!("/orders/{id}"), &customer).await;
    let states: Vec<_> = found["history"].as_array().expect("history").iter().map(|it| &it["state"]).collect();
    assert_eq!(states, ["pending", "paid", "cancelling", "cancelled"]);
    assert_eq!(shop.number(Of::Payments, "SELECT count(*) FROM movements WHERE kind = 'refund'").await, 1);
}

#[tokio::test]
async fn only_what_is_paid_and_ones_own_can_be_cancelled() {
    let shop = Shop::open().await;
    let bar = shop.product("Bar", 250, 10).await;
    let customer = shop.customer();
    shop.put(&customer, &bar, 1).await;
    let failed = order_of(&shop.checkout(&customer, "one", DECLINED).await);
    let answer = shop.send("POST", &format!("/orders/{failed}/cancel"), &customer, &[], "").await;
    assert!(answer.status == 409 && answer.body.contains("order.state"), "{}", answer.body);
    let paid = shop.paid(&customer, &bar).await;
    let path = format!("/orders/{}/cancel", text(&paid, "id"));
    assert_eq!(shop.send("POST", &path, &shop.customer(), &[], "").await.status, 404);
    assert_eq!(shop.send("POST", &path, &shop.admin(), &[], "").await.status, 404, "an admin reads");
    assert_eq!(shop.send("POST", "/orders/seven/cancel", &customer, &[], "").await.status, 400);
    assert_eq!(shop.send("POST", &path, &customer, &[], "{\"why\":1}").await.status, 400);
    assert_eq!(shop.shelf(&bar).await, (9, 0, 1), "nothing was given back");
}

#[tokio::test]
async fn many_cancellations_at_once_are_one() {
    let shop = Arc::new(Shop::open().await);
    let bar = shop.product("Bar", 250, 10).await;
    let customer = shop.customer();
    let order = shop.paid(&customer, &bar).await;
    let mut cancelling = JoinSet::new();
    for _ in 0..10 {
        let (shop, customer) = (Arc::clone(&shop), customer.clone());
        let path = format!("/orders/{}/cancel", text(&order, "id"));
        cancelling.spawn(async move { shop.send("POST", &path, &customer, &[], "").await.status });
    }
    assert!(cancelling.join_all().await.iter().all(|status| *status == 200));
    assert_eq!(shop.shelf(&bar).await, (10, 0, 0));
    assert_eq!(shop.number(Of::Payments, "SELECT sum(refunded_minor)::bigint FROM payments").await, 250);
}
