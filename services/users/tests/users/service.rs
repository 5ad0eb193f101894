//! Running users for a test: the real program on a Postgres of its own. Both end with the value.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use supplex_kit::contract::{Contract, Reply};
use supplex_stack::http::Answer;
use supplex_stack::postgres;
use supplex_stack::service::Process;

const PROGRAM: &str = env!("CARGO_BIN_EXE_svc-users");

/// A password that is taken.
pub(crate) const PASSWORD: &str = "correct horse battery";

pub(crate) struct Service {
    pub(crate) process: Process,
    pub(crate) postgres: postgres::Temporary,
    pub(crate) contract: Contract,
    url: String,
}

async fn start(url: &str, settings: &[(&'static str, &str)]) -> Process {
    let given = settings.iter().map(|(name, value)| (*name, (*value).to_owned()));
    let environment = given.chain([("DATABASE_URL", url.to_owned())]).collect();
    Process::start(Path::new(PROGRAM), environment).await.expect("starts")
}

/// What has an answer's body, which must be JSON.
pub(crate) fn json_of(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).expect("JSON")
}

impl Service {
    pub(crate) async fn start() -> Self {
        Self::with(&[]).await
    }

    /// One with other settings.
    pub(crate) async fn with(settings: &[(&'static str, &str)]) -> Self {
        let postgres = postgres::Temporary::start().await.expect("Postgres starts");
        let url = postgres.database("users").await.expect("a database");
        let process = start(&url, settings).await;
        let contract = Contract::new(json_of(&process.get("/openapi.json").await));
        Self { process, postgres, contract, url }
    }

    /// Another process on the same database.
    pub(crate) async fn another(&self, settings: &[(&'static str, &str)]) -> Process {
        start(&self.url, settings).await
    }

    /// Runs the program with these words, and says whether it ended well and what it wrote.
    pub(crate) fn run(&self, words: &[&str], environment: &[(&str, &str)]) -> (bool, String) {
        let mut command = Command::new(PROGRAM);
        command.args(words).env("DATABASE_URL", &self.url).envs(environment.iter().copied());
        let output = command.output().expect("runs");
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        (output.status.success(), said)
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

    /// Sends a request, with an access token unless that is empty, and holds the answer against the description.
    pub(crate) async fn send(&self, method: &str, path: &str, token: &str, body: &str) -> Answer {
        let bearer = format!("Bearer {token}");
        let mut headers = vec![("content-type", "application/json")];
        if !token.is_empty() {
            headers.push(("authorization", &bearer));
        }
        let answer = self.process.send(method, path, &headers, body).await.expect("an answer");
        let content_type = answer.headers.get("content-type").map(|field| field.to_str().expect("text"));
        let reply = Reply { status: answer.status, content_type, body: &answer.body };
        self.contract.check(method, path, reply).unwrap_or_else(|error| panic!("{error}"));
        answer
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.send("POST", path, "", &body.to_string()).await
    }

    /// Registers somebody with [`PASSWORD`].
    pub(crate) async fn register(&self, email: &str) -> Value {
        let body = json!({ "email": email, "password": PASSWORD, "name": "Some One" });
        let answer = self.post("/users/register", body).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        json_of(&answer)
    }

    pub(crate) async fn login(&self, email: &str, password: &str) -> Answer {
        self.post("/users/login", json!({ "email": email, "password": password })).await
    }

    /// The tokens of somebody who was registered just now, unless they are there.
    pub(crate) async fn granted(&self, email: &str) -> Grant {
        let mut answer = self.login(email, PASSWORD).await;
        if answer.status == 401 {
            self.register(email).await;
            answer = self.login(email, PASSWORD).await;
        }
        assert_eq!(answer.status, 200, "{}", answer.body);
        Grant::of(&answer)
    }

    pub(crate) async fn refresh(&self, token: &str) -> Answer {
        self.post("/users/refresh", json!({ "refresh_token": token })).await
    }

    /// The tokens of an admin.
    pub(crate) async fn admin(&self) -> Grant {
        let (well, said) = self.run(&["admin", "--email", "Admin@example.com"], &[("ADMIN_PASSWORD", PASSWORD)]);
        assert!(well, "{said}");
        self.granted("admin@example.com").await
    }
}

/// What a login or a refresh gave.
#[derive(Clone, Debug)]
pub(crate) struct Grant {
    pub(crate) access: String,
    pub(crate) refresh: String,
}

impl Grant {
    pub(crate) fn of(answer: &Answer) -> Self {
        let grant = json_of(answer);
        let part = |name: &str| grant[name].as_str().expect("text").to_owned();
        Self { access: part("access_token"), refresh: part("refresh_token") }
    }
}
