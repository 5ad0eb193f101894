//! Refresh tokens: single use, families, concurrency, expiry. Several processes share one database.

use std::sync::Arc;

use serde_json::json;
use supplex_stack::service::Process;

use crate::service::{Grant, Service};

/// Sends the same refresh token many times at once, to these processes in turn.
async fn all_at_once(nodes: &[Arc<Process>], token: &str, times: usize) -> Vec<(u16, String)> {
    let body = json!({ "refresh_token": token }).to_string();
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..times {
        let (node, body) = (Arc::clone(&nodes[number % nodes.len()]), body.clone());
        tasks.spawn(async move {
            loop {
                let answer = node.send("POST", "/users/refresh", &[], &body).await.expect("an answer");
                // All connections in use: nothing was decided.
                if answer.status != 503 {
                    return (answer.status, answer.body);
                }
            }
        });
    }
    tasks.join_all().await
}

fn winners(answers: &[(u16, String)]) -> Vec<&String> {
    assert!(answers.iter().all(|answer| matches!(answer.0, 200 | 401)), "{answers:?}");
    answers.iter().filter(|answer| answer.0 == 200).map(|answer| &answer.1).collect()
}

#[tokio::test]
async fn each_token_gets_the_next_one_and_only_its_hash_is_kept() {
    let service = Service::start().await;
    let mut grant = service.granted("one@example.com").await;
    for _ in 0..3 {
        let next = Grant::of(&service.refresh(&grant.refresh).await);
        assert_ne!((&next.refresh, &next.access), (&grant.refresh, &grant.access));
        assert_eq!(service.send("GET", "/users/me", &next.access, "").await.status, 200);
        grant = next;
    }
    assert_eq!(service.number("SELECT count(*) FROM refresh_tokens WHERE used_at IS NULL").await, 1);
    let readable =
        format!("SELECT count(*) FROM refresh_tokens WHERE hash = convert_to('{}', 'latin1')", grant.refresh);
    assert_eq!(service.number(&readable).await, 0);
    assert_eq!(service.number("SELECT count(*) FROM refresh_tokens WHERE octet_length(hash) = 32").await, 4);
}

#[tokio::test]
async fn a_used_token_revokes_its_family_and_no_other() {
    let service = Service::start().await;
    let first = service.granted("one@example.com").await;
    let elsewhere = service.granted("one@example.com").await;
    let second = Grant::of(&service.refresh(&first.refresh).await);
    let third = Grant::of(&service.refresh(&second.refresh).await);
    assert_eq!(service.refresh(&first.refresh).await.status, 401);
    assert_eq!(service.refresh(&third.refresh).await.status, 401, "the newest is revoked as well");
    assert_eq!(service.refresh(&elsewhere.refresh).await.status, 200, "another login is not concerned");
    assert_eq!(service.number("SELECT count(*) FROM families WHERE revoked_for = 'reuse'").await, 1);
    let metrics = service.process.get("/metrics").await.body;
    assert!(metrics.contains("svc_users_events_total{event=\"reuse\"} 1"), "{metrics}");
}

#[tokio::test]
async fn of_many_at_once_exactly_one_wins_on_whichever_process() {
    let service = Service::start().await;
    let nodes = [service.another(&[]).await, service.another(&[]).await].map(Arc::new);
    for round in 0..10 {
        let grant = service.granted(&format!("user-{round}@example.com")).await;
        let answers = all_at_once(&nodes, &grant.refresh, 20).await;
        let [winner] = winners(&answers)[..] else { panic!("one wins: {answers:?}") };
        // The others were repetitions, so the family is gone: there is no grace by default.
        let next: serde_json::Value = serde_json::from_str(winner).expect("JSON");
        assert_eq!(service.refresh(next["refresh_token"].as_str().expect("text")).await.status, 401);
        assert_eq!(service.number("SELECT count(*) FROM families WHERE revoked_for = 'reuse'").await, round + 1);
    }
    assert_eq!(service.number("SELECT count(*) FROM refresh_tokens WHERE used_at IS NOT NULL").await, 10);
}

#[tokio::test]
async fn a_grace_refuses_repetitions_without_revoking_what_the_winner_has() {
    let grace = [("REFRESH_GRACE_SECONDS", "60")];
    let service = Service::with(&grace).await;
    let nodes = [service.another(&grace).await, service.another(&grace).await].map(Arc::new);
    let grant = service.granted("one@example.com").await;
    let answers = all_at_once(&nodes, &grant.refresh, 20).await;
    let [winner] = winners(&answers)[..] else { panic!("one wins: {answers:?}") };
    let next: serde_json::Value = serde_json::from_str(winner).expect("JSON");
    assert_eq!(service.refresh(next["refresh_token"].as_str().expect("text")).await.status, 200);
    // Later it is a theft after all.
    let database = service.connect().await;
    let age = "UPDATE refresh_tokens SET used_at = used_at - interval '61 seconds' WHERE used_at IS NOT NULL";
    database.batch_execute(age).await.expect("ages");
    assert_eq!(service.refresh(&grant.refresh).await.status, 401);
    assert_eq!(service.number("SELECT count(*) FROM families WHERE revoked_for = 'reuse'").await, 1);
}

#[tokio::test]
async fn logging_out_ends_the_family() {
    let service = Service::start().await;
    let grant = service.granted("one@example.com").await;
    let elsewhere = service.granted("one@example.com").await;
    let next = Grant::of(&service.refresh(&grant.refresh).await);
    let logout = async |token: &str| service.post("/users/logout", json!({ "refresh_token": token })).await;
    assert_eq!(logout(&next.refresh).await.status, 204);
    assert_eq!(service.refresh(&next.refresh).await.status, 401);
    assert_eq!(service.refresh(&elsewhere.refresh).await.status, 200);
    for again in [next.refresh.as_str(), "nonsense"] {
        let answer = logout(again).await;
        assert_eq!((answer.status, answer.body.as_str()), (204, ""), "nobody learns whether it was good");
    }
}

#[tokio::test]
async fn tokens_expire_unused_and_families_expire_used_or_not() {
    let service = Service::start().await;
    let database = service.connect().await;
    for table in ["refresh_tokens", "families"] {
        let grant = service.granted("one@example.com").await;
        let expire = format!("UPDATE {table} SET expires_at = now() - interval '1 second'");
        database.batch_execute(&expire).await.expect("expires");
        assert_eq!(service.refresh(&grant.refresh).await.status, 401, "{table}");
    }
    assert_eq!(service.number("SELECT count(*) FROM families WHERE revoked_at IS NOT NULL").await, 0, "no theft");
    // A family never outlives its session, however often it is refreshed.
    let short = service.another(&[("SESSION_SECONDS", "100")]).await;
    let body = json!({ "email": "one@example.com", "password": crate::service::PASSWORD }).to_string();
    let answer = short.send("POST", "/users/login", &[], &body).await.expect("an answer");
    let seconds = crate::service::json_of(&answer)["refresh_expires_in"].as_u64().expect("a number");
    assert!((90..=100).contains(&seconds), "{seconds}");
    let next = service.refresh(&Grant::of(&answer).refresh).await;
    assert!(crate::service::json_of(&next)["refresh_expires_in"].as_u64().is_some_and(|left| left <= seconds));
}

#[tokio::test]
async fn what_ended_long_ago_is_forgotten_when_a_process_starts() {
    let service = Service::start().await;
    service.granted("one@example.com").await;
    service.granted("one@example.com").await;
    let database = service.connect().await;
    let age = "UPDATE families SET expires_at = now() - interval '2 days' WHERE id = (SELECT min(id::text)::uuid FROM families)";
    database.batch_execute(age).await.expect("ages");
    let _another = service.another(&[]).await;
    while service.number("SELECT count(*) FROM families").await > 1 {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(service.number("SELECT count(*) FROM refresh_tokens").await, 1);
}
