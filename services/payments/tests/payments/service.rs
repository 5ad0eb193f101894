//! Running payments for a test: the real program on a Postgres of its own. Both end with the value.

use std::path::Path;

use serde_json::Value;
use supplex_kit::contract::{Contract, Reply};
use supplex_stack::http::Answer;
use supplex_stack::postgres;
use supplex_stack::service::Process;

const PROGRAM: &str = env!("CARGO_BIN_EXE_svc-payments");

/// The field that makes a request one of a service.
pub(crate) const SERVICE: (&str, &str) = ("authorization", "Bearer 0123456789-of-a-test");

/// The setting that lets it do so.
const SERVICE_TOKEN: (&str, &str) = ("SERVICE_TOKEN", "0123456789-of-a-test");

/// The card that is approved.
pub(crate) const APPROVED: &str = "4242424242424242";

pub(crate) struct Service {
    pub(crate) process: Process,
    pub(crate) postgres: postgres::Temporary,
    pub(crate) contract: Contract,
    url: String,
}

async fn start(url: &str, settings: &[(&'static str, &str)]) -> Process {
    let all = [("DATABASE_URL", url)].into_iter().chain(settings.iter().copied());
    let environment = all.map(|(name, value)| (name, value.to_owned())).collect();
    Process::start(Path::new(PROGRAM), environment).await.expect("starts")
}

/// The body of an authorisation of so many cents on this card.
pub(crate) fn authorisation(minor: i64, card: &str) -> String {
    format!(r#"{{"order":"o-1","amount":{{"minor":{minor},"currency":"EUR"}},"card":{{"number":"{card}"}}}}"#)
}

/// The body of a capture or refund of so many cents.
pub(crate) fn part(minor: i64) -> String {
    format!(r#"{{"amount":{{"minor":{minor},"currency":"EUR"}}}}"#)
}

impl Service {
    pub(crate) async fn start() -> Self {
        Self::with(&[]).await
    }

    /// One with other settings.
    pub(crate) async fn with(settings: &[(&'static str, &str)]) -> Self {
        let postgres = postgres::Temporary::start().await.expect("Postgres starts");
        let url = postgres.database("payments").await.expect("a database");
        let process = start(&url, &[&[SERVICE_TOKEN], settings].concat()).await;
        // Not from a process that may be sick.
        let described = start(&url, &[]).await.get("/openapi.json").await;
        let contract = Contract::new(serde_json::from_str(&described.body).expect("JSON"));
        Self { process, postgres, contract, url }
    }

    /// Another node on the same database.
    pub(crate) async fn another(&self) -> Process {
        start(&self.url, &[SERVICE_TOKEN]).await
    }

    /// Another node on the same database, which knows no service.
    pub(crate) async fn another_without_token(&self) -> Process {
        start(&self.url, &[]).await
    }

    /// The only number that a query of the service's database gives.
    pub(crate) async fn number(&self, query: &str) -> i64 {
        let connected = tokio_postgres::connect(&self.url, tokio_postgres::NoTls).await;
        let (client, connection) = connected.expect("connects");
        tokio::spawn(connection);
        client.query_one(query, &[]).await.expect("answers").get(0)
    }

    /// Sends a request under an idempotency key and holds the answer against the description.
    pub(crate) async fn send(&self, method: &str, path: &str, key: &str, body: &str) -> Answer {
        let headers = [SERVICE, ("idempotency-key", key), ("content-type", "application/json")];
        let answer = self.process.send(method, path, &headers, body).await.expect("an answer");
        self.check(method, path, &answer);
        answer
    }

    /// Holds an answer against the description.
    pub(crate) fn check(&self, method: &str, path: &str, answer: &Answer) {
        let content_type = answer.headers.get("content-type").map(|field| field.to_str().expect("text"));
        let reply = Reply { status: answer.status, content_type, body: &answer.body };
        self.contract.check(method, path, reply).unwrap_or_else(|error| panic!("{error}"));
    }

    /// Reads as a service does.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.process.send("GET", path, &[SERVICE], "").await.expect("an answer")
    }

    /// The JSON of a good answer to a request under a key that nobody had before.
    pub(crate) async fn json(&self, method: &str, path: &str, body: &str) -> Value {
        let key = format!("{path} {:?}", std::time::Instant::now());
        let answer = self.send(method, path, &key, body).await;
        assert!((200..300).contains(&answer.status), "{method} {path}: {} {}", answer.status, answer.body);
        serde_json::from_str(&answer.body).expect("JSON")
    }

    /// A new payment of so many cents, and its path.
    pub(crate) async fn authorised(&self, minor: i64) -> String {
        let payment = self.json("POST", "/payments", &authorisation(minor, APPROVED)).await;
        format!("/payments/{}", payment["id"].as_str().expect("an id"))
    }
}
