//! Stock when everything happens at once, on two nodes with one database.

use std::sync::Arc;

use supplex_stack::http::Answer;
use supplex_stack::service::Process;
use tokio::task::JoinSet;

use crate::service::{SERVICE, Service, body, wish};

type Nodes = [Arc<Process>; 2];

async fn two_nodes(settings: &[(&'static str, &str)]) -> (Service, Nodes) {
    let service = Service::empty().await;
    let nodes = [service.another_with(settings).await, service.another_with(settings).await];
    (service, nodes.map(Arc::new))
}

/// Sends a POST. A node that says that all its connections are in use is asked again, as a client would.
async fn post(node: &Process, path: &str, key: &str, wanted: &str) -> Answer {
    loop {
        let answer = node.send("POST", path, &[SERVICE, ("idempotency-key", key)], wanted).await.expect("an answer");
        if answer.status != 503 {
            return answer;
        }
    }
}

/// Sends all POSTs at once, each to the next node, and returns the status and the body of each answer.
async fn all_at_once(nodes: &Nodes, requests: Vec<(String, String, String)>) -> Vec<(u16, String)> {
    let mut tasks = JoinSet::new();
    for (number, (path, key, wanted)) in requests.into_iter().enumerate() {
        let node = Arc::clone(&nodes[number % nodes.len()]);
        tasks.spawn(async move {
            let answer = post(&node, &path, &key, &wanted).await;
            (answer.status, answer.body)
        });
    }
    tasks.join_all().await
}

fn count(answers: &[(u16, String)], status: u16) -> usize {
    answers.iter().filter(|answer| answer.0 == status).count()
}

#[tokio::test]
async fn of_200_buyers_of_50_pieces_exactly_50_succeed() {
    let (service, nodes) = two_nodes(&[]).await;
    let bar = service.product("Bar", 190, 50).await;
    let one = wish(&[(&bar, 1)], 600).to_string();
    let buy = |number| ("/reservations".to_owned(), format!("buyer {number}"), one.clone());
    let answers = all_at_once(&nodes, (0..200).map(buy).collect()).await;
    assert_eq!((count(&answers, 201), count(&answers, 409)), (50, 150), "{answers:?}");
    assert_eq!(service.shelf(&bar).await, (0, 50, 0));

    let commit = |(_, reservation): &(u16, String)| {
        let reservation: serde_json::Value = serde_json::from_str(reservation).expect("JSON");
        let path = format!("/reservations/{}/commit", reservation["id"].as_str().expect("an id"));
        (path, String::new(), String::new())
    };
    let held: Vec<_> = answers.iter().filter(|answer| answer.0 == 201).collect();
    // Each is committed twice, at the same time.
    let commits = held.iter().chain(&held).map(|answer| commit(answer)).collect();
    assert_eq!(count(&all_at_once(&nodes, commits).await, 200), 100);
    assert_eq!(service.shelf(&bar).await, (0, 0, 50));
    assert_eq!(service.number("SELECT count(*) FROM reservations WHERE state = 'committed'").await, 50);
}

#[tokio::test]
async fn one_key_at_the_same_time_has_one_effect() {
    let (service, nodes) = two_nodes(&[]).await;
    let bar = service.product("Bar", 190, 50).await;
    let same = ("/reservations".to_owned(), "same".to_owned(), wish(&[(&bar, 2)], 600).to_string());
    let answers = all_at_once(&nodes, vec![same; 60]).await;
    assert!(answers.iter().all(|answer| *answer == answers[0] && answer.0 == 201), "{answers:?}");
    assert_eq!(service.shelf(&bar).await, (48, 2, 0));
}

#[tokio::test]
async fn baskets_that_overlap_in_every_order_never_wait_for_each_other_in_a_circle() {
    let (service, nodes) = two_nodes(&[("SWEEP_INTERVAL_MS", "10"), ("SWEEP_BATCH", "5")]).await;
    let mut products = Vec::new();
    for number in 0..6 {
        products.push(service.product(&format!("Bar {number}"), 100, 40).await);
    }
    let mut shoppers = JoinSet::new();
    for shopper in 0..120_usize {
        let node = Arc::clone(&nodes[shopper % 2]);
        // Three or four of the six, beginning anywhere, forwards or backwards.
        let mut basket: Vec<(String, i32)> =
            (0..3 + shopper % 2).map(|step| (products[(shopper + step * (1 + shopper % 5)) % 6].clone(), 1)).collect();
        basket.sort();
        basket.dedup();
        if shopper % 3 == 0 {
            basket.reverse();
        }
        // A third of the shoppers never comes back, so the sweep puts their baskets back while others are at work.
        let leaves = shopper % 3 == 1;
        let ttl = if leaves { 1 } else { 600 };
        shoppers.spawn(async move {
            let items: Vec<_> = basket.iter().map(|(id, quantity)| (id.as_str(), *quantity)).collect();
            let answer = post(&node, "/reservations", &format!("k {shopper}"), &wish(&items, ttl).to_string()).await;
            if answer.status != 201 || leaves {
                return answer;
            }
            let id = body(&answer, 201)["id"].as_str().expect("an id").to_owned();
            let step = ["commit", "release"][shopper / 2 % 2];
            post(&node, &format!("/reservations/{id}/{step}"), "", "").await
        });
    }
    for answer in shoppers.join_all().await {
        assert!(matches!(answer.status, 200 | 201 | 409), "{}: {}", answer.status, answer.body);
    }
    settled(&service).await;
    let shelves = "SELECT count(*) FROM stock WHERE available + reserved + sold = 40 AND reserved = 0";
    assert_eq!(service.number(shelves).await, 6, "nothing is lost");
    let sold = "SELECT count(*) FROM stock s WHERE sold = (
        SELECT coalesce(sum(quantity), 0) FROM reservation_items i JOIN reservations r ON r.id = i.reservation_id
        WHERE i.product_id = s.product_id AND r.state = 'committed')";
    assert_eq!(service.number(sold).await, 6, "what is sold is what was committed");
    for node in nodes {
        // A sweep that fell victim to a deadlock would only say so here.
        let (_, log) = Arc::into_inner(node).expect("nobody else has it").stop();
        assert!(!log.contains("deadlock") && !log.contains("the sweep failed"), "{log}");
    }
}

/// Waits until no reservation is held any more.
async fn settled(service: &Service) {
    let begun = std::time::Instant::now();
    while service.number("SELECT count(*) FROM reservations WHERE state = 'held'").await > 0 {
        assert!(begun.elapsed().as_secs() < 60, "something is held for ever");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_reservation_is_sold_or_given_back_and_never_both() {
    let (service, nodes) = two_nodes(&[("SWEEP_INTERVAL_MS", "10")]).await;
    let bar = service.product("Bar", 190, 30).await;
    for round in 0..10 {
        let held = post(&nodes[0], "/reservations", &format!("r {round}"), &wish(&[(&bar, 1)], 600).to_string()).await;
        let path = format!("/reservations/{}", body(&held, 201)["id"].as_str().expect("an id"));
        let step = |step: &str| (format!("{path}/{step}"), String::new(), String::new());
        let answers = all_at_once(&nodes, vec![step("commit"), step("release")]).await;
        assert_eq!((count(&answers, 200), count(&answers, 409)), (1, 1), "{answers:?}");
    }
    let (available, reserved, sold) = service.shelf(&bar).await;
    assert_eq!((available + sold, reserved), (30, 0));
    let committed = service.number("SELECT count(*) FROM reservations WHERE state = 'committed'").await;
    assert_eq!(sold, committed);
}

#[tokio::test]
async fn what_was_sold_comes_back_once_however_often_it_is_returned() {
    let (service, nodes) = two_nodes(&[]).await;
    let bar = service.product("Bar", 190, 60).await;
    let buy = |number| ("/reservations".to_owned(), format!("buyer {number}"), wish(&[(&bar, 3)], 600).to_string());
    let held = all_at_once(&nodes, (0..20).map(buy).collect()).await;
    let step = |(_, reservation): &(u16, String), step: &str| {
        let reservation: serde_json::Value = serde_json::from_str(reservation).expect("JSON");
        let id = reservation["id"].as_str().expect("an id");
        (format!("/reservations/{id}/{step}"), String::new(), String::new())
    };
    let commits = held.iter().map(|reservation| step(reservation, "commit")).collect();
    assert_eq!(count(&all_at_once(&nodes, commits).await, 200), 20);
    assert_eq!(service.shelf(&bar).await, (0, 0, 60));

    // Half of them come back, each five times at the same time, while somebody buys what is back already.
    let back = held.iter().take(10).cycle().take(50).map(|reservation| step(reservation, "return"));
    let again = (100..110).map(buy);
    let answers = all_at_once(&nodes, back.chain(again).collect()).await;
    assert_eq!(count(&answers, 200), 50, "{answers:?}");
    let bought = count(&answers, 201);
    assert_eq!(bought + count(&answers, 409), 10, "{answers:?}");
    let bought = 3 * i64::try_from(bought).expect("a few");
    assert_eq!(service.shelf(&bar).await, (30 - bought, bought, 30));
    assert_eq!(service.number("SELECT count(*) FROM reservations WHERE state = 'returned'").await, 10);
}

#[tokio::test]
async fn a_return_comes_before_the_sale_or_after_it_and_is_never_half_done() {
    let (service, nodes) = two_nodes(&[]).await;
    let bar = service.product("Bar", 190, 10).await;
    for round in 0..10 {
        let held = post(&nodes[0], "/reservations", &format!("r {round}"), &wish(&[(&bar, 1)], 600).to_string()).await;
        let path = format!("/reservations/{}", body(&held, 201)["id"].as_str().expect("an id"));
        let step = |step: &str| (format!("{path}/{step}"), String::new(), String::new());
        let answers = all_at_once(&nodes, vec![step("commit"), step("return")]).await;
        assert!(
            count(&answers, 200) >= 1,
            "the sale is granted, whether or not the return came too early: {answers:?}"
        );
    }
    let (available, reserved, sold) = service.shelf(&bar).await;
    let returned = service.number("SELECT count(*) FROM reservations WHERE state = 'returned'").await;
    assert_eq!((available, reserved, sold), (returned, 0, 10 - returned));
}
