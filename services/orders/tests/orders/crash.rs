//! The proof: shoppers in parallel, two processes that are killed with SIGKILL again and again in the middle of their
//! work, and afterwards the three databases tell the same story. Nothing is lost and nothing is done twice.
//!
//! How many checkouts there are can be set with ORDERS_TEST_CHECKOUTS, for both tests: 1,000 are the whole of each.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use supplex_stack::http::{self, Answer};
use supplex_stack::service::Process;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::shop::{APPROVED, Customer, DECLINED, NO_FUNDS, Of, Shop, paying};

/// How many checkouts there are, unless somebody says so. With payments that are sick each takes longer, so there are fewer.
const CHECKOUTS: usize = 1000;
/// How many shoppers there are at once.
const SHOPPERS: usize = 20;
/// How often a process is killed.
const KILLS: usize = 8;
/// How long a shopper tries to get an answer.
const PATIENCE: Duration = Duration::from_secs(120);

/// Quick to notice that a process is gone.
const SETTINGS: [(&str, &str); 4] =
    [("CALL_TIMEOUT", "1s"), ("SAGA_LEASE", "2s"), ("SAGA_LONGEST_PAUSE", "500ms"), ("CHECKOUT_WAIT", "4s")];

/// What a shopper was told in the end.
#[derive(Clone, Debug)]
struct Told {
    key: String,
    user: Uuid,
    status: u16,
    order: String,
    /// Whether the shopper changed their mind, and was told that it was done.
    cancelled: bool,
}

/// What all shoppers share.
struct Street {
    nodes: [SocketAddr; 2],
    products: Vec<String>,
    done: AtomicUsize,
}

impl Street {
    /// Sends a request to one node after the other until one of them says what became of it. What was sent to a process
    /// that was killed meanwhile may or may not have been done: hence the keys.
    async fn insist(&self, who: &Customer, method: &str, path: &str, key: &str, body: &str) -> Answer {
        let begun = Instant::now();
        let mut number = fastrand::usize(..2);
        loop {
            let headers = [("authorization", who.bearer.as_str()), ("idempotency-key", key)];
            let answer =
                http::send(self.nodes[number % 2], method, path, &headers, body, Duration::from_secs(10)).await;
            match answer {
                Ok(answer) if answer.status != 202 && answer.status < 500 => return answer,
                other => assert!(begun.elapsed() < PATIENCE, "{method} {path}: {other:?}"),
            }
            number += 1;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn shop(&self, who: Customer, checkouts: usize) -> Vec<Told> {
        let mut told = Vec::new();
        for number in 0..checkouts {
            let first = fastrand::usize(..self.products.len());
            for product in [first, (first + 1) % self.products.len()].iter().take(fastrand::usize(1..=2)) {
                let path = format!("/cart/items/{}", self.products[*product]);
                let quantity = format!(r#"{{"quantity":{}}}"#, fastrand::u32(1..=3));
                let put = self.insist(&who, "PUT", &path, "", &quantity).await;
                assert_eq!(put.status, 200, "{}", put.body);
            }
            let card = match fastrand::u32(..10) {
                0 => DECLINED,
                1 => NO_FUNDS,
                _ => APPROVED,
            };
            let key = format!("{number}");
            let answer = self.insist(&who, "POST", "/orders", &key, &paying(card)).await;
            assert!(matches!(answer.status, 201 | 402 | 409), "{} {}", answer.status, answer.body);
            assert!(answer.status != 409 || answer.body.contains("stock.insufficient"), "{}", answer.body);
            let order = crate::shop::order_of(&answer);
            let cancelled = answer.status == 201 && fastrand::u32(..10) == 0;
            if cancelled {
                let path = format!("/orders/{order}/cancel");
                let answer = self.insist(&who, "POST", &path, "", "").await;
                assert_eq!(answer.status, 200, "{}", answer.body);
            }
            told.push(Told { key, user: who.id, status: answer.status, order, cancelled });
            self.done.fetch_add(1, Ordering::Relaxed);
        }
        told
    }
}

/// Kills a node or both of them while the shoppers shop, each time when so much more is done. Returns how many sagas were
/// in the hands of those that were killed, where that can be told: when nobody was left.
async fn kill_again_and_again(shop: &Shop, street: &Street, nodes: &mut Vec<Process>, checkouts: usize) -> i64 {
    let mut interrupted = 0;
    for kill in 0..KILLS {
        while street.done.load(Ordering::Relaxed) < checkouts * (kill + 1) / (KILLS + 2) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let both = kill % 2 == 1;
        let victims: Vec<Process> = nodes.drain(..if both { 2 } else { 1 }).collect();
        let addresses: Vec<String> = victims.iter().map(|victim| victim.address().to_string()).collect();
        for victim in victims {
            victim.kill().expect("is killed");
        }
        if both {
            interrupted += shop.number(Of::Orders, "SELECT count(*) FROM sagas WHERE lease IS NOT NULL").await;
        }
        for address in addresses {
            nodes.push(shop.again_at(&address).await);
        }
    }
    interrupted
}

async fn busy_day(shop: Shop, faults: &str, checkouts: usize) {
    let mut products = Vec::new();
    for (number, stock) in [100_000; 8].into_iter().chain([40, 25]).enumerate() {
        products
            .push(shop.product(&format!("Bar {number}"), 100 + 7 * i64::try_from(number).expect("few"), stock).await);
    }
    let mut shop = shop;
    let mut nodes = vec![shop.orders.take().expect("orders run"), shop.another().await];
    let street =
        Arc::new(Street { nodes: [nodes[0].address(), nodes[1].address()], products, done: AtomicUsize::new(0) });
    shop.faults(faults).await;
    let mut shoppers = JoinSet::new();
    for number in 0..SHOPPERS {
        let (street, who) = (Arc::clone(&street), shop.customer());
        let share = checkouts / SHOPPERS + usize::from(number < checkouts % SHOPPERS);
        shoppers.spawn(async move { street.shop(who, share).await });
    }
    let begun = Instant::now();
    let interrupted = kill_again_and_again(&shop, &street, &mut nodes, checkouts).await;
    let told: Vec<Told> = shoppers.join_all().await.into_iter().flatten().collect();
    println!("{checkouts} checkouts and {KILLS} kills took {:?}; {interrupted} sagas cut off", begun.elapsed());
    assert!(interrupted > 0, "nothing was in the middle of anything");
    shop.until(Of::Orders, "SELECT count(*) FROM sagas WHERE due_at IS NOT NULL", 0).await;
    shop.faults("{}").await;
    every_answer_is_true(&shop, &told, checkouts).await;
    the_books_agree(&shop).await;
    drop(nodes);
}

/// What shoppers were told is what is so.
async fn every_answer_is_true(shop: &Shop, told: &[Told], checkouts: usize) {
    assert_eq!(told.len(), checkouts);
    assert_eq!(told.iter().map(|told| &told.order).collect::<HashSet<_>>().len(), checkouts, "every order once");
    let client = shop.connect(Of::Orders).await;
    let query = "SELECT user_id, idempotency_key, id::text, state FROM orders";
    let rows = client.query(query, &[]).await.expect("orders");
    assert_eq!(rows.len(), checkouts, "every key has exactly one order");
    let orders: std::collections::HashMap<(Uuid, String), (String, String)> =
        rows.iter().map(|row| ((row.get(0), row.get(1)), (row.get(2), row.get(3)))).collect();
    for told in told {
        let (order, state) = &orders[&(told.user, told.key.clone())];
        let expected = match (told.status, told.cancelled) {
            (201, true) => "cancelled",
            (201, false) => "paid",
            _ => "failed",
        };
        assert_eq!((order, state.as_str()), (&told.order, expected), "{told:?}");
    }
    let count = |status| told.iter().filter(|told| told.status == status).count();
    println!("{} paid, {} declined, {} without stock", count(201), count(402), count(409));
    assert!(count(201) > checkouts / 2 && count(402) > 0, "the day was no ordinary one");
}

/// The three databases tell the same story.
async fn the_books_agree(shop: &Shop) {
    let of_orders = "SELECT coalesce(sum(total_minor), 0)::bigint FROM orders WHERE state = 'paid'";
    let of_payments = "SELECT coalesce(sum(captured_minor - refunded_minor), 0)::bigint FROM payments";
    let (earned, charged) = (shop.number(Of::Orders, of_orders).await, shop.number(Of::Payments, of_payments).await);
    assert_eq!(earned, charged, "what the paid orders cost is what was taken and not given back");

    let ordered = "SELECT product_id, sum(quantity)::bigint FROM order_items JOIN orders ON id = order_id
                   WHERE state = 'paid' GROUP BY product_id ORDER BY product_id";
    let sold = "SELECT product_id, sold FROM stock WHERE sold > 0 ORDER BY product_id";
    let rows = async |of, query: &str| -> Vec<(Uuid, i64)> {
        let rows = shop.connect(of).await.query(query, &[]).await.expect("rows");
        rows.iter().map(|row| (row.get(0), row.get(1))).collect()
    };
    assert_eq!(rows(Of::Orders, ordered).await, rows(Of::Products, sold).await, "what was ordered is what was sold");

    for (of, what, query) in [
        (Of::Products, "stock that is reserved", "SELECT sum(reserved)::bigint FROM stock"),
        (Of::Products, "reservations held", "SELECT count(*) FROM reservations WHERE state = 'held'"),
        (Of::Products, "orders reserved for twice", TWICE_RESERVED),
        (Of::Payments, "money that is held", "SELECT count(*) FROM payments WHERE state = 'authorised'"),
        (Of::Payments, "orders charged twice", "SELECT count(*) - count(DISTINCT order_ref) FROM payments"),
        (Of::Orders, "numbers of cards", "SELECT count(card_number) FROM sagas"),
        (Of::Orders, "steps without an answer", "SELECT count(*) FROM saga_steps WHERE answered_at IS NULL"),
        (
            Of::Orders,
            "paid twice",
            "SELECT count(*) - count(DISTINCT payment_id) FROM orders WHERE payment_id IS NOT NULL",
        ),
    ] {
        assert_eq!(shop.number(of, query).await, 0, "{what}");
    }
    let each = "SELECT id::text, total_minor FROM orders WHERE state = 'paid' ORDER BY 1";
    let each_paid = "SELECT order_ref, captured_minor FROM payments WHERE state = 'captured' ORDER BY 1";
    let rows = async |of, query: &str| -> Vec<(String, i64)> {
        let rows = shop.connect(of).await.query(query, &[]).await.expect("rows");
        rows.iter().map(|row| (row.get(0), row.get(1))).collect()
    };
    assert_eq!(rows(Of::Orders, each).await, rows(Of::Payments, each_paid).await, "order by order");
}

const TWICE_RESERVED: &str = "SELECT count(*) - count(DISTINCT order_ref) FROM reservations";

fn checkouts(unless_set: usize) -> usize {
    match std::env::var("ORDERS_TEST_CHECKOUTS") {
        Ok(text) => text.parse().expect("ORDERS_TEST_CHECKOUTS is a number"),
        Err(_) => unless_set,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_or_done_twice_when_orders_is_killed() {
    busy_day(Shop::with(&SETTINGS).await, "{}", checkouts(CHECKOUTS)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nor_when_payments_is_sick_as_well() {
    let faults = r#"{"latency":{"kind":"long_tail","median_ms":5,"p99_ms":200},"error":{"ratio":0.2,"after":"work"},
        "reset":{"ratio":0.03,"after":"work"},"hang":{"ratio":0.005}}"#;
    busy_day(Shop::with(&SETTINGS).await, faults, checkouts(CHECKOUTS / 4)).await;
}
