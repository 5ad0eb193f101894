//! A running catalogue for a test: the real program on a Postgres of its own. Both end with the value.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use supplex_kit::contract::{Contract, Reply};
use supplex_stack::http::Answer;
use supplex_stack::postgres;
use supplex_stack::service::Process;

const PROGRAM: &str = env!("CARGO_BIN_EXE_svc-products");

/// The field that makes a request an admin's.
pub(crate) const ADMIN: (&str, &str) = ("authorization", "Bearer 0123456789-of-a-test");

/// The field that makes a request one of a service.
pub(crate) const SERVICE: (&str, &str) = ("authorization", "Bearer abcdefghij-of-a-test");

/// The settings that let them do so.
const TOKENS: [(&str, &str); 2] = [("ADMIN_TOKEN", "0123456789-of-a-test"), ("SERVICE_TOKEN", "abcdefghij-of-a-test")];

pub(crate) struct Service {
    pub(crate) process: Process,
    pub(crate) postgres: postgres::Temporary,
    url: String,
    pub(crate) contract: Contract,
}

async fn start(url: &str, settings: &[(&'static str, &str)]) -> Process {
    let always = [("DATABASE_URL", url), ("SWEEP_INTERVAL_MS", "3600000")];
    let all = always.iter().chain(settings).map(|(name, value)| (*name, (*value).to_owned()));
    Process::start(Path::new(PROGRAM), all.collect()).await.expect("starts")
}

impl Service {
    pub(crate) async fn empty() -> Self {
        let postgres = postgres::Temporary::start().await.expect("Postgres starts");
        let url = postgres.database("products").await.expect("a database");
        let process = start(&url, &TOKENS).await;
        let described = process.get("/openapi.json").await;
        let contract = Contract::new(serde_json::from_str(&described.body).expect("JSON"));
        Self { process, postgres, url, contract }
    }

    pub(crate) async fn seeded() -> Self {
        let service = Self::empty().await;
        assert!(service.seed(&[]).contains("200 new"));
        service
    }

    /// Another process on the same database.
    pub(crate) async fn another(&self) -> Process {
        self.another_with(&[]).await
    }

    /// Another one, with these settings.
    pub(crate) async fn another_with(&self, settings: &[(&'static str, &str)]) -> Process {
        start(&self.url, &[&TOKENS, settings].concat()).await
    }

    /// Another one, which knows no admin and no service, but for these settings.
    pub(crate) async fn another_without_tokens(&self, settings: &[(&'static str, &str)]) -> Process {
        start(&self.url, settings).await
    }

    /// Runs `svc-products seed` and says what it wrote.
    pub(crate) fn seed(&self, arguments: &[&str]) -> String {
        let output = Command::new(PROGRAM).arg("seed").args(arguments).env("DATABASE_URL", &self.url).output();
        let output = output.expect("runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    }

    /// Connects to the service's database.
    pub(crate) async fn connect(&self) -> tokio_postgres::Client {
        let connected = tokio_postgres::connect(&self.url, tokio_postgres::NoTls).await;
        let (client, connection) = connected.expect("connects");
        tokio::spawn(connection);
        client
    }

    /// The only number that a query of the service's database gives.
    pub(crate) async fn number(&self, query: &str) -> i64 {
        self.connect().await.query_one(query, &[]).await.expect("answers").get(0)
    }

    /// Sends a request and holds the answer against the description. Reservations are asked for as a service does, unless
    /// `headers` say who is asking.
    pub(crate) async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let anonymous = path.starts_with("/reservations") && !headers.iter().any(|field| field.0 == "authorization");
        let all: Vec<_> = headers.iter().copied().chain(anonymous.then_some(SERVICE)).collect();
        let answer = self.process.send(method, path, &all, body).await.expect("an answer");
        self.check(method, path, &answer);
        answer
    }

    /// Holds an answer against the description.
    pub(crate) fn check(&self, method: &str, path: &str, answer: &Answer) {
        let content_type = answer.headers.get("content-type").map(|field| field.to_str().expect("text"));
        let reply = Reply { status: answer.status, content_type, body: &answer.body };
        self.contract.check(method, path, reply).unwrap_or_else(|error| panic!("{error}"));
    }

    pub(crate) async fn request(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send(method, path, headers, "").await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.request("GET", path, &[]).await
    }

    /// The body of a good answer.
    pub(crate) async fn ok(&self, path: &str) -> Value {
        body(&self.get(path).await, 200)
    }

    /// Adds a product as an admin. Returns its id.
    pub(crate) async fn product(&self, name: &str, minor: i64, stock: i32) -> String {
        let product = json!({
            "name": name, "brand": "Tideline", "category": "bars", "flavours": ["Peanut"], "servings": 12,
            "price": { "minor": minor, "currency": "EUR" }, "description": "A bar.", "stock": stock,
        });
        let answer = self.send("POST", "/products", &[ADMIN], &product.to_string()).await;
        body(&answer, 201)["id"].as_str().expect("an id").to_owned()
    }

    /// How many of a product are available, reserved and sold.
    pub(crate) async fn shelf(&self, product: &str) -> (i64, i64, i64) {
        let query =
            format!("SELECT available::bigint, reserved::bigint, sold FROM stock WHERE product_id = '{product}'");
        let row = self.connect().await.query_one(&query, &[]).await.expect("a shelf");
        (row.get(0), row.get(1), row.get(2))
    }

    /// Reserves under a key.
    pub(crate) async fn reserve(&self, key: &str, wish: &Value) -> Answer {
        self.send("POST", "/reservations", &[("idempotency-key", key)], &wish.to_string()).await
    }

    /// Stops the service. Says whether it ended well, and what it logged.
    pub(crate) fn stop(self) -> (bool, String) {
        self.process.stop()
    }
}

/// The JSON of an answer that has this status.
pub(crate) fn body(answer: &Answer, status: u16) -> Value {
    assert_eq!(answer.status, status, "{}", answer.body);
    serde_json::from_str(&answer.body).expect("JSON")
}

/// A wish for so many pieces of each of these products.
pub(crate) fn wish(items: &[(&str, i32)], ttl_seconds: u32) -> Value {
    let items: Vec<_> = items.iter().map(|(id, count)| json!({ "product": id, "quantity": count })).collect();
    json!({ "order": "o-1", "items": items, "ttl_seconds": ttl_seconds })
}

/// The parameters that a problem complains about.
pub(crate) fn named(problem: &Value) -> Vec<&str> {
    let errors = problem["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
    errors.iter().filter_map(|error| error["parameter"].as_str()).collect()
}
