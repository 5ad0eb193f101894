//! Calls to products and payments: one client with one pool of connections, and what is sent with it.
//!
//! Decides nothing about an order; `saga/answers.rs` says what answers mean. Where to read on: `calls/send.rs` for one
//! call with its deadline and its tries, `calls/again.rs` for which failures are tried again, `calls/steps.rs` for the
//! steps of a saga, `calls/catalogue.rs` for what carts show.

use std::time::Duration;

use axum::http::HeaderMap;
use http_body_util::Full;
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use crate::counters::Counters;
use crate::settings::Others;

mod again;
mod catalogue;
mod nodes;
mod send;
mod steps;
mod token;

pub(crate) use catalogue::Product;
pub(crate) use nodes::Nodes;
pub(crate) use steps::Said;
pub(crate) use token::Token;

/// How long opening a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// How long an unused connection is kept: less than what others keep it for.
const IDLE: Duration = Duration::from_secs(20);

/// The other services, as they are called.
#[derive(Clone, Debug)]
pub(crate) struct Calls {
    client: Client<HttpConnector, Full<Bytes>>,
    products: Peer,
    payments: Peer,
    token: Token,
    timeout: Duration,
    counters: Counters,
}

/// One of the other services.
#[derive(Clone, Debug)]
struct Peer {
    /// In metrics and in logs.
    name: &'static str,
    nodes: Nodes,
}

/// What ties a call to the request that began it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Trace {
    pub(crate) request_id: Option<String>,
    pub(crate) traceparent: Option<String>,
}

impl Trace {
    /// Of a request with these fields.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let id = headers.get("x-request-id").and_then(|id| id.to_str().ok());
        let request_id = id.filter(|id| (1..=200).contains(&id.len())).map(str::to_owned);
        Self { request_id, traceparent: supplex_kit::traceparent(headers).map(str::to_owned) }
    }
}

impl Calls {
    /// Calls as `settings` say, counted in `counters`. Opens no connection yet.
    pub(crate) fn new(settings: &Others, counters: Counters) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(CONNECT_TIMEOUT.min(settings.call_timeout)));
        let client = Client::builder(TokioExecutor::new())
            .pool_idle_timeout(IDLE)
            .pool_timer(TokioTimer::new())
            .build(connector);
        Self {
            client,
            products: Peer { name: "products", nodes: settings.products_url.clone() },
            payments: Peer { name: "payments", nodes: settings.payments_url.clone() },
            token: settings.service_token.clone(),
            timeout: settings.call_timeout,
            counters,
        }
    }
}
