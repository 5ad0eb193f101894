//! Checkouts that nothing disturbs: paid, declined, out of stock, and what is wrong with them.

use std::sync::Arc;

use serde_json::json;
use tokio::task::JoinSet;

use crate::shop::{APPROVED, DECLINED, NO_FUNDS, Of, SLOW, Shop, json_of, order_of, paying, text};

#[tokio::test]
async fn a_cart_becomes_an_order_that_is_paid() {
    let shop = Shop::open().await;
    let (bar, shake) = (shop.product("Bar", 250, 10).await, shop.product("Shake", 999, 10).await);
    let customer = shop.customer();
    shop.put(&customer, &shake, 1).await;
    shop.put(&customer, &bar, 3).await;
    let answer = shop.checkout(&customer, "one", APPROVED).await;
    let order = json_of(&answer, 201);
    let id = text(&order, "id");
    assert_eq!((order_of(&answer), text(&order, "state")), (id.to_owned(), "paid"));
    let price = |minor: i64| json!({ "minor": minor, "currency": "EUR" });
    let items = json!([
        { "product": shake, "name": "Shake", "quantity": 1, "price": price(999) },
        { "product": bar, "name": "Bar", "quantity": 3, "price": price(250) },
    ]);
    assert_eq!((&order["items"], &order["total"]), (&items, &price(1749)));
    assert_eq!(shop.get("/cart", &customer).await["items"], json!([]), "the cart was taken");
    assert_eq!((shop.shelf(&bar).await, shop.shelf(&shake).await), ((7, 0, 3), (9, 0, 1)));
    assert_eq!(shop.payment(id).await, ("captured".to_owned(), 1749, 0));

    let found = shop.get(&format!("/orders/{id}"), &customer).await;
    let states: Vec<_> = found["history"].as_array().expect("history").iter().map(|it| &it["state"]).collect();
    assert_eq!(states, ["pending", "paid"]);
    assert_eq!((&found["payment"], &found["total"]), (&order["payment"], &order["total"]));
    let steps = "SELECT string_agg(step || ' ' || answer, ', ' ORDER BY asked_at) FROM saga_steps";
    let steps: String = shop.connect(Of::Orders).await.query_one(steps, &[]).await.expect("steps").get(0);
    assert_eq!(steps, "reserve done, authorise done, commit done, capture done");
    assert_eq!(shop.number(Of::Orders, "SELECT count(card_number) FROM sagas").await, 0, "the card is forgotten");
}

#[tokio::test]
async fn a_card_that_is_declined_costs_nothing() {
    let shop = Shop::open().await;
    let bar = shop.product("Bar", 250, 10).await;
    let customer = shop.customer();
    for (card, said) in [(DECLINED, "The card was declined."), (NO_FUNDS, "The card was declined: insufficient funds.")]
    {
        shop.put(&customer, &bar, 2).await;
        let answer = shop.checkout(&customer, card, card).await;
        let problem = json_of(&answer, 402);
        assert_eq!((text(&problem, "reason"), text(&problem, "detail")), ("payment.declined", said));
        let order = shop.get(&format!("/orders/{}", order_of(&answer)), &customer).await;
        assert_eq!((text(&order, "state"), text(&order, "reason")), ("failed", "payment.declined"));
        assert_eq!(order["history"][1]["note"], said);
        assert_eq!(shop.payment(text(&order, "id")).await, ("declined".to_owned(), 0, 0));
    }
    assert_eq!(shop.shelf(&bar).await, (10, 0, 0));
    assert_eq!(shop.number(Of::Orders, "SELECT count(card_number) FROM sagas").await, 0, "the cards are forgotten");
}

#[tokio::test]
async fn what_is_missing_is_said_and_nothing_is_charged() {
    let shop = Shop::open().await;
    let (bar, shake) = (shop.product("Bar", 250, 10).await, shop.product("Shake", 999, 2).await);
    let customer = shop.customer();
    shop.put(&customer, &bar, 1).await;
    shop.put(&customer, &shake, 3).await;
    let answer = shop.checkout(&customer, "short", APPROVED).await;
    let problem = json_of(&answer, 409);
    assert_eq!(text(&problem, "reason"), "stock.insufficient");
    let missing = json!([{ "parameter": "items[1].quantity", "detail": "is more than the 2 that are there" }]);
    assert_eq!(problem["errors"], missing);
    let order = shop.get(&format!("/orders/{}", order_of(&answer)), &customer).await;
    assert_eq!((text(&order, "state"), &order["payment"]), ("failed", &json!(null)));
    assert_eq!((shop.shelf(&bar).await, shop.shelf(&shake).await), ((10, 0, 0), (2, 0, 0)));
    assert_eq!(shop.number(Of::Payments, "SELECT count(*) FROM payments").await, 0);
    assert_eq!(shop.checkout(&customer, "short", APPROVED).await.body, answer.body, "and it stays so");
}

#[tokio::test]
async fn the_price_is_that_of_the_reservation() {
    let shop = Shop::open().await;
    let bar = shop.product("Bar", 250, 10).await;
    let customer = shop.customer();
    shop.put(&customer, &bar, 2).await;
    shop.of_products("PATCH", &format!("/products/{bar}"), r#"{"price":{"minor":199,"currency":"EUR"}}"#).await;
    let order = json_of(&shop.checkout(&customer, "one", APPROVED).await, 201);
    assert_eq!((&order["total"]["minor"], &order["items"][0]["price"]["minor"]), (&398.into(), &199.into()));
    assert_eq!(shop.payment(text(&order, "id")).await.1, 398);
}

#[tokio::test]
async fn a_checkout_takes_only_the_cart_that_was_seen_if_it_is_told_so() {
    let shop = Shop::open().await;
    let bar = shop.product("Bar", 250, 10).await;
    let customer = shop.customer();
    shop.put(&customer, &bar, 1).await;
    let seen = shop.send("GET", "/cart", &customer, &[], "").await.headers["etag"].to_str().expect("text").to_owned();
    shop.put(&customer, &bar, 2).await;
    let with = async |etag: &str| {
        let headers = [("idempotency-key", "one"), ("if-match", etag)];
        shop.send("POST", "/orders", &customer, &headers, &paying(APPROVED)).await
    };
    let changed = with(&seen).await;
    assert!(changed.status == 412 && changed.body.contains("cart.changed"), "{}", changed.body);
    assert_eq!(shop.number(Of::Orders, "SELECT count(*) FROM orders").await, 0);
    let now = shop.send("GET", "/cart", &customer, &[], "").await.headers["etag"].to_str().expect("text").to_owned();
    let order = json_of(&with(&now).await, 201);
    assert_eq!(order["items"][0]["quantity"], 2);
    assert_eq!(json_of(&with(&seen).await, 201)["id"], order["id"], "a repetition is about the order, not the cart");
}

#[tokio::test]
async fn what_is_wrong_with_a_checkout_is_said_and_nothing_is_kept() {
    let shop = Shop::open().await;
    let bar = shop.product("Bar", 250, 10).await;
    let customer = shop.customer();
    let empty = shop.checkout(&customer, "one", APPROVED).await;
    assert!(empty.status == 409 && empty.body.contains("cart.empty"), "{}", empty.body);
    shop.put(&customer, &bar, 1).await;
    for (headers, body, said) in [
        (&[][..], paying(APPROVED), "Idempotency-Key"),
        (&[("idempotency-key", "one")], paying("4242424242424241"), "card.number"),
        (&[("idempotency-key", "one")], "{}".to_owned(), "body"),
        (&[("idempotency-key", "one"), ("if-match", "7")], paying(APPROVED), "If-Match"),
    ] {
        let answer = shop.send("POST", "/orders", &customer, headers, &body).await;
        assert!(answer.status == 400 && answer.body.contains(said), "{headers:?} {body}: {}", answer.body);
    }
    let long = format!("{{\"card\":{{\"number\":\"{}\"}}}}", " ".repeat(9000));
    assert_eq!(shop.send("POST", "/orders", &customer, &[("idempotency-key", "one")], &long).await.status, 413);
    assert_eq!(shop.checkout(&customer, "one", APPROVED).await.status, 201, "the key is still free");
}

#[tokio::test]
async fn a_request_waits_no_longer_than_it_may_and_the_order_goes_on() {
    let shop = Shop::open().await;
    let bar = shop.product("Bar", 250, 10).await;
    let customer = shop.customer();
    shop.put(&customer, &bar, 1).await;
    let headers = [("idempotency-key", "slow"), ("x-request-deadline-ms", "700")];
    let answer = shop.send("POST", "/orders", &customer, &headers, &paying(SLOW)).await;
    assert_eq!(text(&json_of(&answer, 202), "state"), "pending");
    let order = order_of(&answer);
    let early = shop.send("POST", &format!("/orders/{order}/cancel"), &customer, &[], "").await;
    assert!(early.status == 409 && early.body.contains("order.state"), "{}", early.body);
    shop.until_state(&customer, &order, "paid").await;
    let again = shop.checkout(&customer, "slow", SLOW).await;
    assert_eq!((again.status, order_of(&again)), (201, order));
}

#[tokio::test]
async fn of_many_who_want_the_last_piece_one_gets_it() {
    let shop = Arc::new(Shop::open().await);
    let bar = shop.product("Bar", 250, 1).await;
    let mut racing = JoinSet::new();
    for number in 0..8 {
        let (shop, bar) = (Arc::clone(&shop), bar.clone());
        racing.spawn(async move {
            let customer = shop.customer();
            shop.put(&customer, &bar, 1).await;
            shop.checkout(&customer, &number.to_string(), APPROVED).await.status
        });
    }
    let mut statuses = racing.join_all().await;
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409, 409, 409, 409, 409]);
    assert_eq!(shop.shelf(&bar).await, (0, 0, 1));
    assert_eq!(shop.number(Of::Payments, "SELECT sum(captured_minor)::bigint FROM payments").await, 250);
}
