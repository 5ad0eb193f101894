//! The table `answers` on a real Postgres: who waits for whom, and what is removed.

use std::time::{Duration, Instant};

use axum::http::{HeaderMap, HeaderValue, StatusCode};
use deadpool_postgres::Pool;
use supplex_kit::database;
use supplex_kit::idempotency::{Answer, Claim, ClaimError, Key, claim, fingerprint, keep, kept, prune};
use supplex_kit::settings::DatabaseSettings;
use supplex_stack::postgres::Temporary;

const TABLE: &str = "
    CREATE TABLE answers (
        key text PRIMARY KEY, fingerprint bytea NOT NULL, status smallint, headers bytea NOT NULL DEFAULT '', body text,
        created_at timestamptz NOT NULL DEFAULT now())";

async fn answers() -> (Temporary, Pool) {
    let postgres = Temporary::start().await.expect("Postgres starts");
    let url = postgres.database("answers").await.expect("a database");
    let database_url = url.parse().expect("a URL");
    let settings = DatabaseSettings { database_url, database_connections: 4, database_wait: Duration::from_secs(60) };
    let pool = database::pool(&settings, Duration::from_secs(60)).expect("a pool");
    pool.get().await.expect("a connection").batch_execute(TABLE).await.expect("a table");
    (postgres, pool)
}

fn key() -> Key {
    Key::of(&HeaderMap::from_iter([("idempotency-key".parse().expect("a name"), HeaderValue::from_static("k"))]))
        .expect("a key")
}

async fn number(pool: &Pool, query: &str) -> i64 {
    pool.get().await.expect("a connection").query_one(query, &[]).await.expect("answers").get(0)
}

/// Claims the key for this work in a transaction that ends at once.
async fn claimed(pool: Pool, work: i32) -> Result<Claim, ClaimError> {
    let mut client = pool.get().await.expect("a connection");
    let transaction = client.transaction().await.expect("begins");
    claim(&transaction, &key(), &fingerprint(&work)).await
}

#[tokio::test]
async fn whoever_comes_second_waits_for_the_first() {
    let (_postgres, pool) = answers().await;
    for commits in [false, true] {
        let mut client = pool.get().await.expect("a connection");
        let transaction = client.transaction().await.expect("begins");
        assert_eq!(claim(&transaction, &key(), &fingerprint(&1)).await.expect("claims"), Claim::New);
        let answer = Answer::json(StatusCode::OK, &"done").expect("JSON");
        keep(&transaction, &key(), &answer).await.expect("keeps");
        let second = tokio::spawn(claimed(pool.clone(), 1));
        let begun = Instant::now();
        while number(&pool, "SELECT count(*) FROM pg_locks WHERE NOT granted").await == 0 {
            assert!(!second.is_finished() && begun.elapsed().as_secs() < 60, "nobody waits");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let ended = if commits { transaction.commit().await } else { transaction.rollback().await };
        ended.expect("ends");
        match second.await.expect("ends").expect("an outcome") {
            Claim::New => assert!(!commits),
            Claim::Done(again) => {
                assert!(commits && again.is_replayed());
                assert_eq!((again.status(), again.body()), (answer.status(), answer.body()));
            }
        }
    }
    assert!(matches!(claimed(pool.clone(), 2).await, Err(ClaimError::Reused)), "other work");
    let client = pool.get().await.expect("a connection");
    assert!(kept(&client, &key(), &fingerprint(&1)).await.expect("looks").is_some());
    client.execute("DELETE FROM answers", &[]).await.expect("deletes");
    assert_eq!(kept(&client, &key(), &fingerprint(&2)).await.expect("looks"), None);
    assert_eq!(claimed(pool.clone(), 2).await.expect("claims"), Claim::New, "once the answer is gone, the key is free");
}

#[tokio::test]
async fn old_answers_are_removed_a_few_at_a_time_and_none_that_somebody_has_in_hand() {
    let (_postgres, pool) = answers().await;
    let mut client = pool.get().await.expect("a connection");
    let thirty = "INSERT INTO answers SELECT 'k' || age, '', 200, '', '{}', now() - age * interval '1 minute'
                  FROM generate_series(0, 29) AS age";
    client.execute(thirty, &[]).await.expect("inserts");
    let transaction = client.transaction().await.expect("begins");
    transaction.execute("SELECT FROM answers WHERE key = 'k29' FOR UPDATE", &[]).await.expect("locks");
    let oldest = "SELECT max(substr(key, 2)::bigint) FROM answers WHERE key <> 'k29'";
    assert_eq!((prune(&pool, 600, 5).await.expect("removes"), number(&pool, oldest).await), (5, 23));
    assert_eq!((prune(&pool, 600, 100).await.expect("removes"), number(&pool, oldest).await), (14, 9));
    assert_eq!(prune(&pool, 600, 100).await.expect("removes"), 0);
    transaction.rollback().await.expect("ends");
    assert_eq!(prune(&pool, 600, 100).await.expect("removes"), 1);
    assert_eq!(number(&pool, "SELECT count(*) FROM answers").await, 10);
}
