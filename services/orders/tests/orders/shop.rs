//! A shop for a test: orders, products and payments as real programs on one Postgres with a database for each. All of them
//! end with the value.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use supplex_kit::contract::{Contract, Reply};
use supplex_kit::identity::Role;
use supplex_stack::http::Answer;
use supplex_stack::service::Process;
use supplex_stack::{port, postgres};
use uuid::Uuid;

use crate::tokens::Tokens;

const SERVICE_TOKEN: &str = "0123456789-of-the-services";
const ADMIN_TOKEN: &str = "0123456789-of-an-admin";

/// Cards that decide what becomes of a payment.
pub(crate) const APPROVED: &str = "4242424242424242";
pub(crate) const DECLINED: &str = "4000000000000002";
pub(crate) const NO_FUNDS: &str = "4000000000009995";
pub(crate) const SLOW: &str = "4000000000003006";
pub(crate) const FAILING: &str = "4000000000005001";

/// How long a state may take to be reached.
const PATIENCE: Duration = Duration::from_secs(120);

/// The programs, each with its variables, so that it can be started again as it was.
pub(crate) struct Shop {
    pub(crate) orders: Option<Process>,
    pub(crate) products: Option<Process>,
    pub(crate) payments: Option<Process>,
    pub(crate) contract: Contract,
    pub(crate) tokens: Tokens,
    orders_environment: Vec<(&'static str, String)>,
    products_environment: Vec<(&'static str, String)>,
    payments_environment: Vec<(&'static str, String)>,
    // The last to go.
    postgres: postgres::Temporary,
}

/// Somebody who buys.
#[derive(Clone)]
pub(crate) struct Customer {
    pub(crate) id: Uuid,
    pub(crate) bearer: String,
}

/// The databases.
#[derive(Clone, Copy)]
pub(crate) enum Of {
    Orders,
    Products,
    Payments,
}

/// A program that `cargo build --workspace` makes.
fn built(name: &str) -> PathBuf {
    let us = std::env::current_exe().expect("this program");
    let profile = us.parent().and_then(Path::parent).expect("target/PROFILE/deps/THIS");
    let program = profile.join(name);
    assert!(program.is_file(), "{} is not built; `cargo build --workspace` does it", program.display());
    program
}

/// An address that a program can have again after it was stopped.
fn address() -> String {
    port::local(port::free().expect("a port")).to_string()
}

/// Starts a program. A port that was free a moment ago may be somebody's for a moment.
async fn start(program: &Path, environment: &[(&'static str, String)]) -> Process {
    let begun = Instant::now();
    loop {
        match Process::start(program, environment.to_vec()).await {
            Ok(process) => return process,
            Err(error) => assert!(begun.elapsed() < PATIENCE, "{error}"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

impl Shop {
    pub(crate) async fn open() -> Self {
        Self::with(&[]).await
    }

    /// One whose orders have these settings.
    pub(crate) async fn with(settings: &[(&'static str, &str)]) -> Self {
        let postgres = postgres::Temporary::start().await.expect("Postgres starts");
        let tokens = Tokens::start().await;
        let (products_at, payments_at) = (address(), address());
        let common = |address: &str, url: String| {
            let fixed = [("DATABASE_CONNECTIONS", "6"), ("SERVICE_TOKEN", SERVICE_TOKEN), ("LISTEN", address)];
            let fixed = fixed.map(|(name, value)| (name, value.to_owned())).into_iter();
            fixed.chain([("DATABASE_URL", url)]).collect::<Vec<_>>()
        };
        let mut products_environment = common(&products_at, postgres.database("products").await.expect("a database"));
        products_environment.push(("ADMIN_TOKEN", ADMIN_TOKEN.to_owned()));
        products_environment.push(("SWEEP_INTERVAL_MS", "100".to_owned()));
        let payments_environment = common(&payments_at, postgres.database("payments").await.expect("a database"));
        let mut orders_environment = common(&address(), postgres.database("orders").await.expect("a database"));
        orders_environment.push(("JWKS_URL", tokens.jwks_url.clone()));
        orders_environment.push(("PRODUCTS_URL", format!("http://{products_at}")));
        orders_environment.push(("PAYMENTS_URL", format!("http://{payments_at}")));
        orders_environment.push(("SAGA_INTERVAL", "50ms".to_owned()));
        orders_environment.push(("SAGA_LONGEST_PAUSE", "1s".to_owned()));
        // However slow the machine is, what is well ends within its request.
        let patient =
            [("REQUEST_TIMEOUT_MS", "60000"), ("CHECKOUT_WAIT", "30s"), ("CALL_TIMEOUT", "20s"), ("SAGA_LEASE", "60s")];
        orders_environment.extend(patient.map(|(name, value)| (name, value.to_owned())));
        // Of a variable that is given twice, the later one counts.
        orders_environment.extend(settings.iter().map(|(name, value)| (*name, (*value).to_owned())));
        let (products, payments, orders) = (built("svc-products"), built("svc-payments"), built("svc-orders"));
        let (products, payments, orders) = tokio::join!(
            start(&products, &products_environment),
            start(&payments, &payments_environment),
            start(&orders, &orders_environment),
        );
        let document = serde_json::from_str(&orders.get("/openapi.json").await.body).expect("JSON");
        let (orders, products, payments) = (Some(orders), Some(products), Some(payments));
        let contract = Contract::new(document);
        Self {
            orders,
            products,
            payments,
            contract,
            tokens,
            orders_environment,
            products_environment,
            payments_environment,
            postgres,
        }
    }

    /// Another process of orders on the same database, at an address of its own.
    pub(crate) async fn another(&self) -> Process {
        let elsewhere = [("LISTEN", address())];
        let environment: Vec<_> = self.orders_environment.iter().cloned().chain(elsewhere).collect();
        start(&built("svc-orders"), &environment).await
    }

    /// Starts orders at this address again.
    pub(crate) async fn again_at(&self, address: &str) -> Process {
        let there = [("LISTEN", address.to_owned())];
        let environment: Vec<_> = self.orders_environment.iter().cloned().chain(there).collect();
        start(&built("svc-orders"), &environment).await
    }

    /// Starts what is not running, each at the address it had.
    pub(crate) async fn start_again(&mut self) {
        if self.products.is_none() {
            self.products = Some(start(&built("svc-products"), &self.products_environment).await);
        }
        if self.payments.is_none() {
            self.payments = Some(start(&built("svc-payments"), &self.payments_environment).await);
        }
        if self.orders.is_none() {
            self.orders = Some(start(&built("svc-orders"), &self.orders_environment).await);
        }
    }

    pub(crate) fn orders(&self) -> &Process {
        self.orders.as_ref().expect("orders run")
    }

    pub(crate) fn postgres(&mut self) -> &mut postgres::Temporary {
        &mut self.postgres
    }

    pub(crate) fn customer(&self) -> Customer {
        let id = Uuid::now_v7();
        Customer { id, bearer: format!("Bearer {}", self.tokens.token(id, Role::Customer)) }
    }

    pub(crate) fn admin(&self) -> Customer {
        let id = Uuid::now_v7();
        Customer { id, bearer: format!("Bearer {}", self.tokens.token(id, Role::Admin)) }
    }

    /// Sends a request to orders and holds the answer against the description.
    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        who: &Customer,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let headers: Vec<_> = headers.iter().copied().chain([("authorization", who.bearer.as_str())]).collect();
        let answer = self.orders().send(method, path, &headers, body).await.expect("an answer");
        self.check(method, path, &answer);
        answer
    }

    pub(crate) fn check(&self, method: &str, path: &str, answer: &Answer) {
        let content_type = answer.headers.get("content-type").map(|field| field.to_str().expect("text"));
        let reply = Reply { status: answer.status, content_type, body: &answer.body };
        self.contract.check(method, path, reply).unwrap_or_else(|error| panic!("{error}"));
    }

    pub(crate) async fn get(&self, path: &str, who: &Customer) -> Value {
        json_of(&self.send("GET", path, who, &[], "").await, 200)
    }

    /// Puts so many pieces into somebody's cart.
    pub(crate) async fn put(&self, who: &Customer, product: &str, quantity: i32) -> Answer {
        let body = json!({ "quantity": quantity }).to_string();
        self.send("PUT", &format!("/cart/items/{product}"), who, &[], &body).await
    }

    /// Checks somebody's cart out.
    pub(crate) async fn checkout(&self, who: &Customer, key: &str, card: &str) -> Answer {
        self.send("POST", "/orders", who, &[("idempotency-key", key)], &paying(card)).await
    }

    /// An order of one piece that is paid.
    pub(crate) async fn paid(&self, who: &Customer, product: &str) -> Value {
        assert_eq!(self.put(who, product, 1).await.status, 200);
        json_of(&self.checkout(who, &Uuid::now_v7().to_string(), APPROVED).await, 201)
    }

    /// Waits until an order has this state.
    pub(crate) async fn until_state(&self, who: &Customer, order: &str, state: &str) -> Value {
        let begun = Instant::now();
        loop {
            let found = self.get(&format!("/orders/{order}"), who).await;
            if found["state"] == state {
                return found;
            }
            assert!(begun.elapsed() < PATIENCE, "not {state}: {found}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Adds a product to the catalogue.
    pub(crate) async fn product(&self, name: &str, minor: i64, stock: i32) -> String {
        let product = json!({
            "name": name, "brand": "Tideline", "category": "bars", "flavours": ["Peanut"], "servings": 12,
            "price": { "minor": minor, "currency": "EUR" }, "description": "A bar.", "stock": stock,
        });
        let answer = self.of_products("POST", "/products", &product.to_string()).await;
        json_of(&answer, 201)["id"].as_str().expect("an id").to_owned()
    }

    /// Asks products for something as an admin.
    pub(crate) async fn of_products(&self, method: &str, path: &str, body: &str) -> Answer {
        let headers = [("authorization", &*format!("Bearer {ADMIN_TOKEN}")), ("if-match", "*")];
        let products = self.products.as_ref().expect("products run");
        products.send(method, path, &headers, body).await.expect("an answer")
    }

    /// Makes payments sick.
    pub(crate) async fn faults(&self, faults: &str) {
        let payments = self.payments.as_ref().expect("payments run");
        let answer = payments.send("PUT", "/faults", &[], faults).await.expect("an answer");
        assert_eq!(answer.status, 200, "{}", answer.body);
    }

    /// Connects to a database.
    pub(crate) async fn connect(&self, of: Of) -> tokio_postgres::Client {
        let name = match of {
            Of::Orders => "orders",
            Of::Products => "products",
            Of::Payments => "payments",
        };
        let url = self.postgres.database(name).await.expect("a database");
        let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.expect("connects");
        tokio::spawn(connection);
        client
    }

    /// The only number that a query gives.
    pub(crate) async fn number(&self, of: Of, query: &str) -> i64 {
        self.connect(of).await.query_one(query, &[]).await.expect("answers").get(0)
    }

    /// Waits until a query gives this number.
    pub(crate) async fn until(&self, of: Of, query: &str, wanted: i64) {
        let begun = Instant::now();
        let client = self.connect(of).await;
        loop {
            let number: i64 = client.query_one(query, &[]).await.expect("answers").get(0);
            if number == wanted {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "{number} instead of {wanted}: {query}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// How many of a product are available, reserved and sold.
    pub(crate) async fn shelf(&self, product: &str) -> (i64, i64, i64) {
        let query = "SELECT available::bigint, reserved::bigint, sold FROM stock WHERE product_id::text = $1";
        let row = self.connect(Of::Products).await.query_one(query, &[&product]).await.expect("a shelf");
        (row.get(0), row.get(1), row.get(2))
    }

    /// The state of the only payment of an order, what was captured and what was given back.
    pub(crate) async fn payment(&self, order: &str) -> (String, i64, i64) {
        let query = "SELECT state, captured_minor, refunded_minor FROM payments WHERE order_ref = $1";
        let row = self.connect(Of::Payments).await.query_one(query, &[&order]).await.expect("one payment");
        (row.get(0), row.get(1), row.get(2))
    }
}

/// The body of a checkout with this card.
pub(crate) fn paying(card: &str) -> String {
    json!({ "card": { "number": card } }).to_string()
}

/// The JSON of an answer that has this status.
pub(crate) fn json_of(answer: &Answer, status: u16) -> Value {
    assert_eq!(answer.status, status, "{}", answer.body);
    serde_json::from_str(&answer.body).expect("JSON")
}

/// A text in JSON.
pub(crate) fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("{name} is no text in {value}"))
}

/// The id of the order that an answer is about, by its Location.
pub(crate) fn order_of(answer: &Answer) -> String {
    let location = answer.headers.get("location").expect("a place").to_str().expect("text");
    location.strip_prefix("orders/").expect("an order").to_owned()
}
