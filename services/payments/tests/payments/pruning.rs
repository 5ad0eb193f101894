//! Answers are kept for a while and not for ever.

use std::time::{Duration, Instant};

use crate::service::{APPROVED, Service, authorisation};

#[tokio::test]
async fn an_answer_is_forgotten_when_its_time_is_over() {
    let service = Service::with(&[("ANSWERS_KEPT_SECONDS", "2"), ("ANSWERS_PRUNE_INTERVAL_MS", "20")]).await;
    let body = authorisation(5, APPROVED);
    let first = service.send("POST", "/payments", "k", &body).await;
    assert_eq!(first.status, 201, "{}", first.body);
    let begun = Instant::now();
    while service.number("SELECT count(*) FROM answers").await > 0 {
        assert!(begun.elapsed().as_secs() < 60, "it is kept for ever");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let later = service.send("POST", "/payments", "k", &body).await;
    assert!(later.status == 201 && !later.headers.contains_key("idempotency-replayed"), "{}", later.body);
    assert_eq!(service.number("SELECT count(*) FROM payments").await, 2, "a repetition this late is new work");
}
