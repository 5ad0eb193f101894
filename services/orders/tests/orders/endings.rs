//! Checkouts that fail after something was done already: all of it is taken back.

use serde_json::json;

use crate::shop::{APPROVED, FAILING, Of, SLOW, Shop, json_of, order_of, text};

#[tokio::test]
async fn a_payment_that_outlasts_the_reservation_is_given_up() {
    let shop = Shop::with(&[("RESERVATION_SECONDS", "1")]).await;
    let bar = shop.product("Bar", 250, 10).await;
    let customer = shop.customer();
    shop.put(&customer, &bar, 1).await;
    let answer = shop.checkout(&customer, "one", SLOW).await;
    assert_eq!(text(&json_of(&answer, 409), "reason"), "reservation.expired");
    let order = order_of(&answer);
    assert_eq!(shop.payment(&order).await, ("voided".to_owned(), 0, 0));
    shop.until(Of::Products, "SELECT available::bigint FROM stock", 10).await;
    assert_eq!(shop.shelf(&bar).await, (10, 0, 0));
    let steps = "SELECT string_agg(step || ' ' || answer, ', ' ORDER BY asked_at) FROM saga_steps";
    let steps: String = shop.connect(Of::Orders).await.query_one(steps, &[]).await.expect("steps").get(0);
    assert_eq!(steps, "reserve done, authorise done, commit refused, void done");
}

#[tokio::test]
async fn money_that_cannot_be_taken_any_more_brings_the_stock_back() {
    let shop = Shop::open().await;
    let bar = shop.product("Bar", 250, 10).await;
    // Somebody at the provider gives up each hold as soon as it is there.
    let meddling = "
        CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN UPDATE payments SET state = 'voided' WHERE id = NEW.id AND state = 'authorised'; RETURN NULL; END $$;
        CREATE TRIGGER meddling AFTER INSERT ON payments FOR EACH ROW EXECUTE FUNCTION meddle();";
    shop.connect(Of::Payments).await.batch_execute(meddling).await.expect("meddles");
    let customer = shop.customer();
    shop.put(&customer, &bar, 1).await;
    let answer = shop.checkout(&customer, "one", APPROVED).await;
    assert_eq!(text(&json_of(&answer, 402), "reason"), "payment.refused");
    assert_eq!(shop.payment(&order_of(&answer)).await, ("voided".to_owned(), 0, 0));
    assert_eq!(shop.shelf(&bar).await, (10, 0, 0));
    let steps = "SELECT string_agg(step || ' ' || answer, ', ' ORDER BY asked_at) FROM saga_steps";
    let steps: String = shop.connect(Of::Orders).await.query_one(steps, &[]).await.expect("steps").get(0);
    assert_eq!(steps, "reserve done, authorise done, commit done, capture refused, return done, void done");
}

#[tokio::test]
async fn a_provider_that_says_that_it_fails_is_asked_until_the_reservation_is_lost() {
    let shop = Shop::with(&[("RESERVATION_SECONDS", "1")]).await;
    let bar = shop.product("Bar", 250, 10).await;
    let customer = shop.customer();
    shop.put(&customer, &bar, 1).await;
    let order = order_of(&shop.checkout(&customer, "one", FAILING).await);
    let failed = shop.until_state(&customer, &order, "failed").await;
    assert_eq!((text(&failed, "reason"), &failed["payment"]), ("payment.unavailable", &json!(null)));
    let again = shop.checkout(&customer, "one", FAILING).await;
    assert_eq!(text(&json_of(&again, 402), "reason"), "payment.unavailable");
    assert!(shop.number(Of::Orders, "SELECT tries::bigint FROM saga_steps WHERE step = 'authorise'").await > 1);
    shop.until(Of::Products, "SELECT available::bigint FROM stock", 10).await;
    assert_eq!(shop.number(Of::Payments, "SELECT count(*) FROM payments").await, 0);
}
