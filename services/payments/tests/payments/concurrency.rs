//! Keys and money when everything happens at once, on three nodes with one database.

use std::sync::Arc;

use supplex_stack::service::Process;
use tokio::task::JoinSet;

use crate::service::{APPROVED, SERVICE, Service, authorisation, part};

/// Sends all requests at once, each to the next node, and returns the status of each answer. A node that says that all
/// its connections are in use is asked again, as a client would.
async fn all_at_once(nodes: &[Arc<Process>], requests: Vec<(String, String, String)>) -> Vec<(u16, String)> {
    let mut tasks = JoinSet::new();
    for (number, (path, key, body)) in requests.into_iter().enumerate() {
        let node = Arc::clone(&nodes[number % nodes.len()]);
        tasks.spawn(async move {
            loop {
                let answer =
                    node.send("POST", &path, &[SERVICE, ("idempotency-key", &key)], &body).await.expect("an answer");
                if answer.status != 503 {
                    return (answer.status, answer.body);
                }
            }
        });
    }
    tasks.join_all().await
}

async fn three_nodes() -> (Service, [Arc<Process>; 3]) {
    let service = Service::start().await;
    let nodes = [service.another().await, service.another().await, service.another().await];
    (service, nodes.map(Arc::new))
}

#[tokio::test]
async fn one_key_at_the_same_time_has_one_effect() {
    let (service, nodes) = three_nodes().await;
    let same = ("/payments".to_owned(), "same".to_owned(), authorisation(500, APPROVED));
    let answers = all_at_once(&nodes, vec![same; 60]).await;
    assert!(answers.iter().all(|answer| *answer == answers[0] && answer.0 == 201), "{answers:?}");
    assert_eq!(service.number("SELECT count(*) FROM payments").await, 1);

    let path = service.authorised(500).await;
    let capture = (format!("{path}/capture"), "capture".to_owned(), part(100));
    let answers = all_at_once(&nodes, vec![capture; 60]).await;
    assert!(answers.iter().all(|answer| *answer == answers[0] && answer.0 == 200), "{answers:?}");
    assert_eq!(service.json("GET", &path, "").await["captured"]["minor"], 100);
}

#[tokio::test]
async fn one_key_for_different_requests_at_the_same_time_stands_for_one_of_them() {
    let (service, nodes) = three_nodes().await;
    let request = |minor| ("/payments".to_owned(), "same".to_owned(), authorisation(minor, APPROVED));
    let answers = all_at_once(&nodes, (1..=30).map(request).collect()).await;
    let count = |status| answers.iter().filter(|answer| answer.0 == status).count();
    assert_eq!((count(201), count(422)), (1, 29), "{answers:?}");
    assert_eq!(service.number("SELECT count(*) FROM payments").await, 1);
}

#[tokio::test]
async fn no_more_is_taken_than_held_and_no_more_given_back_than_taken() {
    let (service, nodes) = three_nodes().await;
    let path = service.authorised(1000).await;
    let requests = |what: &str, amount: i64| -> Vec<_> {
        let of = |number| (format!("{path}/{what}"), format!("{what} {number}"), part(amount));
        (0..60).map(of).collect()
    };
    let done = |answers: &[(u16, String)]| answers.iter().filter(|answer| answer.0 == 200).count();
    // 14 times 70 fit into 1000.
    assert_eq!(done(&all_at_once(&nodes, requests("capture", 70)).await), 14);
    // 10 times 90 fit into 980.
    assert_eq!(done(&all_at_once(&nodes, requests("refund", 90)).await), 10);
    let payment = service.json("GET", &path, "").await;
    assert_eq!((&payment["captured"]["minor"], &payment["refunded"]["minor"]), (&980.into(), &900.into()));
    let sum = "SELECT sum(amount_minor)::bigint FROM movements WHERE kind =";
    assert_eq!(service.number(&format!("{sum} 'capture'")).await, 980);
    assert_eq!(service.number(&format!("{sum} 'refund'")).await, 900);
}

#[tokio::test]
async fn a_hold_is_taken_or_given_up_and_never_both() {
    let (service, nodes) = three_nodes().await;
    for round in 0..10 {
        let path = service.authorised(100).await;
        let request = |what: &str| (format!("{path}/{what}"), format!("{what} {round}"), String::new());
        let answers = all_at_once(&nodes, vec![request("capture"), request("void")]).await;
        let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.0).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409], "{answers:?}");
    }
}
