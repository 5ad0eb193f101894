//! What there is to buy, as products lists it.

use std::time::Duration;

use axum::http::{Request, StatusCode, Uri};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::Deserialize;
use uuid::Uuid;

/// How long a page may take.
const LIMIT: Duration = Duration::from_secs(10);

/// The longest page that is read, in bytes. A hundred products have about 80,000.
const LONGEST: usize = 1 << 20;

/// A product.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Product {
    pub(super) id: Uuid,
    pub(super) name: String,
    pub(super) stock: i64,
}

#[derive(Deserialize)]
struct Page {
    items: Vec<Product>,
    next: Option<String>,
}

/// All products, by name.
///
/// # Errors
/// In words, when products does not say.
pub(super) async fn products(url: &str) -> Result<Vec<Product>, String> {
    let base = url.split(',').next().unwrap_or_default().trim().trim_end_matches('/');
    let client = Client::builder(TokioExecutor::new()).build(HttpConnector::new());
    let mut all = Vec::new();
    let mut cursor = None::<String>;
    loop {
        let place = cursor.map_or(String::new(), |cursor| format!("&cursor={cursor}"));
        let page = page(&client, &format!("{base}/products?sort=name&limit=100{place}")).await?;
        all.extend(page.items);
        match page.next {
            Some(next) => cursor = Some(next),
            None => return Ok(all),
        }
    }
}

async fn page(client: &Client<HttpConnector, Empty<Bytes>>, url: &str) -> Result<Page, String> {
    let because = |error: &dyn std::fmt::Display| format!("{url}: {error}");
    let uri: Uri = url.parse().map_err(|error| because(&error))?;
    let request = Request::get(uri).header("accept", "application/json").body(Empty::new());
    let request = request.map_err(|error| because(&error))?;
    let exchange = async {
        let response = client.request(request).await.map_err(|error| because(&error))?;
        if response.status() != StatusCode::OK {
            return Err(because(&response.status()));
        }
        let body = Limited::new(response.into_body(), LONGEST).collect().await.map_err(|error| because(&error))?;
        serde_json::from_slice(&body.to_bytes()).map_err(|error| because(&error))
    };
    tokio::time::timeout(LIMIT, exchange).await.map_err(|_| because(&"no answer"))?
}
