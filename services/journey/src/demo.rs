//! One shopper walks through everything, and every step is shown: what was asked, what came back, what the gateway added.
//!
//! Makes an account of its own, so it can be repeated as often as one likes. Where to read on: `demo/page.rs` for how it
//! looks, `shopper.rs` for the steps.

mod page;

use std::time::Instant;

use serde_json::Value;
use uuid::Uuid;

use self::page::Page;
use crate::client::Client;
use crate::options::{DemoOptions, TargetOptions};
use crate::shopper::journey::order_id;
use crate::shopper::{DECLINED_CARD, GOOD_CARD, Sale, Shopper};
use crate::step::{Broken, Reply, Step};
use crate::target::Target;

/// Walks. Says whether every step was answered as it should be.
///
/// # Errors
/// In words, when there is no gateway to walk through.
pub async fn run(target: &TargetOptions, options: &DemoOptions) -> Result<bool, String> {
    let target = Target::find(target).await?;
    let page = Page::new(options.no_color);
    page.title(&format!("A shopper at http://{}", target.host));
    let begun = Instant::now();
    let mut shopper = Shopper::new(Client::new(&target, None), 0, page);
    let outcome = walk(&mut shopper).await;
    let page = &shopper.witness;
    match outcome {
        Ok(()) => {
            page.succeeded(begun.elapsed());
            Ok(true)
        }
        Err(broken) => {
            page.failed(&broken);
            Ok(false)
        }
    }
}

type Demo = Shopper<Page>;

async fn walk(shopper: &mut Demo) -> Result<(), Broken> {
    shopper.witness.chapter("Who it is");
    shopper.register().await?;
    shopper.witness.note(&shopper.email);
    let reply = shopper.login().await?;
    let seconds = reply.body.pointer("/expires_in").and_then(Value::as_u64).unwrap_or_default();
    shopper.witness.note(&format!("an access token, good for {seconds} s; the gateway checks it from now on"));
    let reply = shopper.me().await?;
    shopper.witness.note(&format!("{}, {}", text(&reply.body, "/name"), text(&reply.body, "/role")));
    shopper.stranger().await?;
    shopper.witness.note("without a token the gateway lets nobody through to the orders");

    let (first, second) = browse(shopper).await?;
    fill(shopper, &first, &second).await?;
    let paid = buy(shopper).await?;
    look(shopper, &paid).await?;
    give_back(shopper, &second).await?;
    decline(shopper, &first).await?;

    shopper.witness.chapter("Leaving");
    shopper.orders().await?;
    shopper.logout().await?;
    Ok(())
}

/// Finds two products that are there in numbers.
async fn browse(shopper: &mut Demo) -> Result<(Value, Value), Broken> {
    shopper.witness.chapter("Looking around");
    let found = shopper.list(Step::Search, "q=whey&in_stock=true&sort=price&limit=20").await?;
    for product in found.iter().take(3) {
        shopper.witness.note(&line(product));
    }
    let also_found =
        shopper.list(Step::Filter, "category=vitamins&max_price=5000&sort=price&in_stock=true&limit=20").await?;
    for product in also_found.iter().take(3) {
        shopper.witness.note(&line(product));
    }
    let plenty = |products: Vec<Value>| {
        let stock = |product: &Value| product.get("stock").and_then(Value::as_u64).unwrap_or_default();
        products.into_iter().max_by_key(stock)
    };
    let (Some(first), Some(second)) = (plenty(found), plenty(also_found)) else {
        return Err(empty());
    };
    let (reply, tag) = shopper.product(text(&first, "/id")).await?;
    shopper.witness.note(&format!("{}; ETag {tag}", text(&reply.body, "/name")));
    let reply = shopper.look_again(text(&first, "/id"), &tag).await?;
    shopper.witness.note(match reply.status {
        304 => "not changed, so nothing is sent again",
        _ => "somebody bought some of it in between",
    });
    Ok((first, second))
}

async fn fill(shopper: &mut Demo, first: &Value, second: &Value) -> Result<(), Broken> {
    shopper.witness.chapter("The cart");
    shopper.fill(text(first, "/id"), 3).await?;
    shopper.fill(text(first, "/id"), 2).await?;
    shopper.witness.note("two are enough");
    shopper.fill(text(second, "/id"), 1).await?;
    shopper.remove(text(second, "/id")).await?;
    let cart = shopper.cart().await?;
    show_items(shopper, &cart.body);
    Ok(())
}

/// Checks out and pays, twice with the same key. Says which order it was.
async fn buy(shopper: &mut Demo) -> Result<String, Broken> {
    shopper.witness.chapter("Paying");
    let key = Uuid::now_v7().to_string();
    shopper.witness.note(&format!("idempotency-key: {key}"));
    let id = checkout(shopper, &key).await?;
    let (_, again) = shopper.checkout(Step::Replay, &key, GOOD_CARD).await?;
    let same = order_id(&again)?;
    if same != id {
        return Err(wrong(Step::Replay, &again, format!("the same key made another order: {id}, then {same}")));
    }
    let replayed = again.header("idempotency-replayed").map_or("", |_| "; idempotency-replayed: true");
    shopper.witness.note(&format!("the same key, so the same order, and nothing is paid twice{replayed}"));
    Ok(id)
}

/// Pays for what is in the cart, and waits until that stands.
async fn checkout(shopper: &mut Demo, key: &str) -> Result<String, Broken> {
    let (sale, reply) = shopper.checkout(Step::Checkout, key, GOOD_CARD).await?;
    if !matches!(sale, Sale::Paid | Sale::Pending) {
        return Err(wrong(Step::Checkout, &reply, format!("the order is not paid: {}", reply.reason())));
    }
    let id = order_id(&reply)?;
    if sale == Sale::Pending {
        shopper.witness.note("it takes longer than a request may, and goes on by itself");
        let (state, order) = shopper.settled(&id).await?;
        if state != "paid" {
            return Err(wrong(Step::Order, &order, format!("the order is {state}")));
        }
    }
    shopper.witness.note(&format!("order {id}, {}", money(reply.body.get("total"))));
    Ok(id)
}

async fn look(shopper: &mut Demo, id: &str) -> Result<(), Broken> {
    shopper.witness.chapter("Looking at the order");
    let order = shopper.order(id).await?;
    show_items(shopper, &order.body);
    for entry in order.body.get("history").and_then(Value::as_array).into_iter().flatten() {
        shopper.witness.note(&format!("{}  {}  {}", text(entry, "/at"), text(entry, "/state"), text(entry, "/note")));
    }
    expect_state(Step::Order, &order, "paid")
}

/// Buys something else and gives it back.
async fn give_back(shopper: &mut Demo, product: &Value) -> Result<(), Broken> {
    shopper.witness.chapter("Changing one's mind");
    shopper.fill(text(product, "/id"), 1).await?;
    let id = checkout(shopper, &Uuid::now_v7().to_string()).await?;
    let reply = shopper.cancel(&id).await?;
    if reply.text("/state") != Some("cancelled") {
        let (_, order) = shopper.settled(&id).await?;
        expect_state(Step::Order, &order, "cancelled")?;
    }
    shopper.witness.note("cancelled: the money is refunded and the stock is back on the shelf");
    Ok(())
}

async fn decline(shopper: &mut Demo, product: &Value) -> Result<(), Broken> {
    shopper.witness.chapter("A card that is declined");
    shopper.fill(text(product, "/id"), 1).await?;
    let (sale, reply) = shopper.checkout(Step::Checkout, &Uuid::now_v7().to_string(), DECLINED_CARD).await?;
    match sale {
        Sale::Declined => {
            shopper.witness.note(&format!("{}: nothing is sold and nothing is paid", reply.reason()));
            Ok(())
        }
        Sale::Pending => {
            let (_, order) = shopper.settled(&order_id(&reply)?).await?;
            expect_state(Step::Order, &order, "failed")
        }
        Sale::Paid | Sale::SoldOut => Err(wrong(Step::Checkout, &reply, "the card was not declined".to_owned())),
    }
}

fn expect_state(step: Step, order: &Reply, state: &str) -> Result<(), Broken> {
    match order.text("/state") {
        Some(is) if is == state => Ok(()),
        is => Err(wrong(step, order, format!("the order is {}, and not {state}", is.unwrap_or("in no state")))),
    }
}

fn show_items(shopper: &mut Demo, of: &Value) {
    for item in of.get("items").and_then(Value::as_array).into_iter().flatten() {
        let quantity = item.get("quantity").and_then(Value::as_u64).unwrap_or_default();
        shopper.witness.note(&format!("{quantity} x {}, {} each", text(item, "/name"), money(item.get("price"))));
    }
    shopper.witness.note(&format!("total {}", money(of.get("total"))));
}

fn line(product: &Value) -> String {
    let stock = product.get("stock").and_then(Value::as_u64).unwrap_or_default();
    format!("{}, {}, {stock} there", text(product, "/name"), money(product.get("price")))
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// An amount as people write it. All currencies here have a hundred smaller units.
fn money(amount: Option<&Value>) -> String {
    let minor = amount.and_then(|amount| amount.get("minor")?.as_i64());
    let currency = amount.and_then(|amount| amount.get("currency")?.as_str());
    match (minor, currency) {
        (Some(minor), Some(currency)) => format!("{}.{:02} {currency}", minor / 100, minor % 100),
        _ => "nothing".to_owned(),
    }
}

fn wrong(step: Step, reply: &Reply, what: String) -> Broken {
    Broken { step, request: "the answer".into(), status: reply.status, reason: "answer.wrong".into(), what }
}

fn empty() -> Broken {
    Broken {
        step: Step::Search,
        request: "GET /api/products".into(),
        status: 200,
        reason: "catalogue.empty".into(),
        what: "the catalogue is empty; fill it with `make seed`".into(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn amounts_are_written_as_people_do() {
        assert_eq!(money(Some(&json!({"minor": 2490, "currency": "EUR"}))), "24.90 EUR");
        assert_eq!(money(Some(&json!({"minor": 5, "currency": "EUR"}))), "0.05 EUR");
        assert_eq!(money(Some(&Value::Null)), "nothing");
    }
}
