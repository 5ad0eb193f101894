//! Who comes to the marketplace, and what they ask for.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{AUTHORIZATION, HeaderValue};
use serde_json::Value;
use supplex_stack::http;

use crate::load::{Order, Request};

/// Requests per second for payments, which three nodes share.
pub const PAYMENTS_RATE: f64 = 300.0;
/// Requests per second for products.
pub const PRODUCTS_RATE: f64 = 200.0;
/// How many clients each of these groups is, so that none comes near the limit for one client.
const CLIENTS: u64 = 20;
/// One request for payments in so many authorises one; the others look at one.
const AUTHORISES: u64 = 10;
/// How many products and payments are looked at.
const LOOKED_AT: u64 = 20;
/// How long it may take to prepare one of them.
const LIMIT: Duration = Duration::from_secs(10);

const AUTHORISATION: &str =
    r#"{"order":"chaos","amount":{"minor":2490,"currency":"EUR"},"card":{"number":"4242424242424242"}}"#;

/// People who look at products.
///
/// # Errors
/// In words, when there are no products.
pub async fn products(gateway: SocketAddr) -> Result<Order, String> {
    let path = format!("/api/products?limit={LOOKED_AT}");
    let answer = http::get(gateway, &path, LIMIT).await?;
    let page: Value = serde_json::from_str(&answer.body).map_err(|error| format!("{path}: {error}"))?;
    let items = page.get("items").and_then(Value::as_array);
    let ids =
        items.into_iter().flatten().filter_map(|item| Some(format!("/api/products/{}", item.get("id")?.as_str()?)));
    let paths: Vec<_> = ids.collect();
    if paths.is_empty() {
        return Err(format!("{path} has no products: {}", answer.body));
    }
    let make = move |number: u64| get(&pick(&paths, number), &client(1, number % CLIENTS));
    Ok(Order { name: "products", rate: PRODUCTS_RATE, targets: vec![gateway], make: Arc::new(make) })
}

/// A service with this token that has people pay, each with an `Idempotency-Key`, and looks at payments.
///
/// # Errors
/// In words, when no payment can be made.
pub async fn payments(gateway: SocketAddr, token: &str) -> Result<Order, String> {
    let bearer = format!("Bearer {token}");
    let field = HeaderValue::from_str(&bearer).map_err(|error| format!("the token of the services: {error}"))?;
    let mut paths = Vec::new();
    for number in 0..LOOKED_AT {
        let key = format!("chaos-before-{number}");
        let headers = [("authorization", bearer.as_str()), ("idempotency-key", key.as_str())];
        let answer = http::send(gateway, "POST", "/api/payments", &headers, AUTHORISATION, LIMIT).await?;
        let payment: Value = serde_json::from_str(&answer.body).map_err(|error| format!("payments: {error}"))?;
        let id = payment.get("id").and_then(Value::as_str).ok_or(format!("no payment was made: {}", answer.body))?;
        paths.push(format!("/api/payments/{id}"));
    }
    let make = move |number: u64| {
        let client = client(2, number % CLIENTS);
        let authorises = number.is_multiple_of(AUTHORISES);
        let mut request = if authorises { authorise(number, &client) } else { get(&pick(&paths, number), &client) };
        request.headers_mut().insert(AUTHORIZATION, field.clone());
        request
    };
    Ok(Order { name: "payments", rate: PAYMENTS_RATE, targets: vec![gateway], make: Arc::new(make) })
}

/// One client, or several that take turns, on a route under `/limited` or on `/alive`, which need no database.
#[must_use]
pub fn limited(name: &'static str, route: &str, targets: Vec<SocketAddr>, rate: f64, clients: Vec<String>) -> Order {
    let path = format!("{route}/healthz");
    let make = move |number: u64| get(&path, &pick(&clients, number));
    Order { name, rate, targets, make: Arc::new(make) }
}

/// The address of a client in a network of clients, of which there are 250 each.
#[must_use]
pub fn client(network: u64, number: u64) -> String {
    format!("10.77.{}.{}", network % 250, number % 250 + 1)
}

fn pick(paths: &[String], number: u64) -> String {
    let count = paths.len().max(1) as u64;
    paths.get((number % count) as usize).cloned().unwrap_or_default()
}

fn get(path: &str, client: &str) -> Request {
    request("GET", path, client, "")
}

fn authorise(number: u64, client: &str) -> Request {
    let mut request = request("POST", "/api/payments", client, AUTHORISATION);
    if let Ok(key) = HeaderValue::from_str(&format!("chaos-{number}")) {
        request.headers_mut().insert("idempotency-key", key);
    }
    request
}

fn request(method: &str, path: &str, client: &str, body: &str) -> Request {
    let builder = hyper::Request::builder().method(method).uri(path).header("host", "shop.test");
    let built = builder.header("x-forwarded-for", client).body(Full::new(Bytes::copy_from_slice(body.as_bytes())));
    // Paths are made of ids that the services gave; one that is none would be answered with 404.
    built.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_take_turns_and_are_told_apart() {
        let order = limited("few", "/limited/few", vec![], 1.0, vec![client(3, 0), client(3, 1)]);
        let from = |number| (order.make)(number).headers()["x-forwarded-for"].to_str().expect("text").to_owned();
        assert_eq!([from(0), from(1), from(2)], ["10.77.3.1", "10.77.3.2", "10.77.3.1"]);
        assert_eq!((order.make)(0).uri(), "/limited/few/healthz");
    }

    #[test]
    fn every_authorisation_has_a_key_of_its_own() {
        let key = |number| authorise(number, "10.0.0.1").headers()["idempotency-key"].clone();
        assert_ne!(key(10), key(20));
        assert_eq!(authorise(1, "10.0.0.1").method(), "POST");
    }
}
