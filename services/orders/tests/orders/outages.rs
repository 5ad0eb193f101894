//! The other services fail, hang, lose answers or are gone: orders wait, go on by themselves, and nothing is done twice.

use serde_json::json;

use crate::shop::{APPROVED, Customer, Of, Shop, json_of, order_of, paying, text};

/// Waits only briefly, so that tests see what happens without a request.
const BRIEF: [(&str, &str); 3] = [("CHECKOUT_WAIT", "300ms"), ("CALL_TIMEOUT", "500ms"), ("SAGA_LEASE", "2s")];

/// A checkout of one piece that takes longer than its request may.
async fn begun(shop: &Shop, customer: &Customer, product: &str) -> String {
    assert_eq!(shop.put(customer, product, 1).await.status, 200);
    let headers = [("idempotency-key", "one"), ("x-request-id", "r-7")];
    let answer = shop.send("POST", "/orders", customer, &headers, &paying(APPROVED)).await;
    assert_eq!(text(&json_of(&answer, 202), "state"), "pending");
    order_of(&answer)
}

/// All is as if nothing had ever been wrong.
async fn all_is_well(shop: &Shop, customer: &Customer, product: &str, order: &str) {
    shop.until_state(customer, order, "paid").await;
    assert_eq!(shop.payment(order).await, ("captured".to_owned(), 250, 0));
    assert_eq!(shop.number(Of::Payments, "SELECT count(*) FROM movements").await, 1);
    assert_eq!(shop.shelf(product).await, (9, 0, 1));
    assert_eq!(shop.checkout(customer, "one", APPROVED).await.status, 201);
}

#[tokio::test]
async fn a_provider_that_fails_is_asked_until_it_is_well() {
    let mut shop = Shop::with(&BRIEF).await;
    let bar = shop.product("Bar", 250, 10).await;
    let customer = shop.customer();
    shop.faults(r#"{"error":{"status":502}}"#).await;
    let order = begun(&shop, &customer, &bar).await;
    let pending = shop.get(&format!("/orders/{order}"), &customer).await;
    assert_eq!((text(&pending, "state"), &pending["total"]["minor"]), ("pending", &json!(250)));
    shop.until(Of::Orders, "SELECT (tries > 1)::int::bigint FROM sagas", 1).await;
    shop.faults("{}").await;
    all_is_well(&shop, &customer, &bar, &order).await;
    let (_, log) = shop.payments.take().expect("payments run").stop();
    let of_request = log.lines().filter(|line| line.contains("\"r-7\"") && line.contains("\"status\"")).count();
    assert!(of_request >= 3, "what is asked later belongs to the same request: {log}");
}

#[tokio::test]
async fn answers_that_get_lost_after_the_work_cost_nothing() {
    let shop = Shop::with(&BRIEF).await;
    let bar = shop.product("Bar", 250, 10).await;
    let customer = shop.customer();
    for (number, faults) in
        [r#"{"error":{"after":"work"}}"#, r#"{"reset":{"after":"work"}}"#, r#"{"hang":{"after":"work"}}"#]
            .iter()
            .enumerate()
    {
        shop.faults(faults).await;
        shop.put(&customer, &bar, 1).await;
        let key = format!("lost {number}");
        let order = order_of(&shop.checkout(&customer, &key, APPROVED).await);
        shop.until(Of::Payments, &format!("SELECT count(*) FROM payments WHERE order_ref = '{order}'"), 1).await;
        shop.faults("{}").await;
        shop.until_state(&customer, &order, "paid").await;
        assert_eq!(shop.payment(&order).await, ("captured".to_owned(), 250, 0), "{faults}");
    }
    assert_eq!(shop.shelf(&bar).await, (7, 0, 3));
}

#[tokio::test]
async fn a_provider_that_hangs_holds_nobody_up() {
    let shop = Shop::with(&BRIEF).await;
    let bar = shop.product("Bar", 250, 10).await;
    let customer = shop.customer();
    shop.faults(r#"{"hang":{}}"#).await;
    let order = begun(&shop, &customer, &bar).await;
    shop.until(Of::Orders, "SELECT (tries > 0)::int::bigint FROM sagas", 1).await;
    shop.faults("{}").await;
    all_is_well(&shop, &customer, &bar, &order).await;
}

#[tokio::test]
async fn products_may_go_away_and_come_back() {
    let mut shop = Shop::with(&BRIEF).await;
    let bar = shop.product("Bar", 250, 10).await;
    let customer = shop.customer();
    shop.put(&customer, &bar, 1).await;
    drop(shop.products.take());
    for (method, path) in [("GET", "/cart".to_owned()), ("PUT", format!("/cart/items/{bar}"))] {
        let answer = shop.send(method, &path, &customer, &[], r#"{"quantity":1}"#).await;
        assert!(answer.status == 503 && answer.body.contains("products.unavailable"), "{}", answer.body);
    }
    let answer = shop.checkout(&customer, "one", APPROVED).await;
    let order = json_of(&answer, 202);
    assert_eq!(
        (text(&order, "state"), &order["total"], text(&order["items"][0], "name")),
        ("pending", &json!(null), "Bar")
    );
    shop.start_again().await;
    all_is_well(&shop, &customer, &bar, text(&order, "id")).await;
}

#[tokio::test]
async fn a_cancellation_waits_for_payments_too() {
    let mut shop = Shop::with(&BRIEF).await;
    let bar = shop.product("Bar", 250, 10).await;
    let customer = shop.customer();
    let order = shop.paid(&customer, &bar).await;
    let id = text(&order, "id").to_owned();
    drop(shop.payments.take());
    let path = format!("/orders/{id}/cancel");
    let waiting = json_of(&shop.send("POST", &path, &customer, &[], "").await, 202);
    assert_eq!(text(&waiting, "state"), "cancelling");
    assert_eq!(shop.shelf(&bar).await, (9, 0, 1), "the money comes first");
    shop.start_again().await;
    shop.until_state(&customer, &id, "cancelled").await;
    assert_eq!(json_of(&shop.send("POST", &path, &customer, &[], "").await, 200)["state"], "cancelled");
    assert_eq!((shop.payment(&id).await, shop.shelf(&bar).await), (("refunded".to_owned(), 250, 250), (10, 0, 0)));
}

#[tokio::test]
async fn a_saga_that_is_stuck_goes_on_and_says_so() {
    let mut shop = Shop::with(&[&BRIEF[..], &[("SAGA_LONGEST_PAUSE", "20ms")]].concat()).await;
    let bar = shop.product("Bar", 250, 10).await;
    let customer = shop.customer();
    shop.faults(r#"{"error":{}}"#).await;
    let order = begun(&shop, &customer, &bar).await;
    let shown = async |line: &str| {
        let begun = std::time::Instant::now();
        while !shop.orders().get("/metrics").await.body.lines().any(|shown| shown == line) {
            assert!(begun.elapsed().as_secs() < 60, "{line} is not shown");
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    shown("svc_orders_sagas_stuck 1").await;
    shown("svc_orders_sagas_waiting 1").await;
    shop.faults("{}").await;
    all_is_well(&shop, &customer, &bar, &order).await;
    shown("svc_orders_sagas_waiting 0").await;
    let (ended_well, log) = shop.orders.take().expect("orders run").stop();
    assert!(ended_well && log.contains("a saga is stuck"), "{log}");
}
