//! What products says of a product: for carts, which show names and prices as they are now.

use axum::http::{Method, StatusCode};
use hyper::body::Bytes;
use serde::Deserialize;
use supplex_kit::Problem;
use tokio::task::JoinSet;
use uuid::Uuid;

use super::again::Patience;
use super::send::Call;
use super::{Calls, Trace};
use crate::model::Money;
use crate::saga::answers;

/// How many products are asked for at once.
const AT_ONCE: usize = 8;

/// A product.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(crate) struct Product {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) price: Money,
    pub(crate) archived: bool,
}

/// Products does not say. In words, for the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unavailable(String);

impl From<Unavailable> for Problem {
    fn from(unavailable: Unavailable) -> Self {
        tracing::warn!(error = unavailable.0, "products does not say what a product is");
        Problem::unavailable("products.unavailable", "The catalogue does not answer.")
    }
}

impl Calls {
    /// The product with this id. `None` when there is none.
    ///
    /// # Errors
    /// When products does not say.
    pub(crate) async fn product(&self, id: Uuid, trace: &Trace) -> Result<Option<Product>, Unavailable> {
        let call = Call {
            operation: "product",
            method: Method::GET,
            path: format!("/products/{id}"),
            key: None,
            body: Bytes::new(),
            trace,
            patience: Patience::Reading,
        };
        let reply = self.send(&self.products, call).await.map_err(Unavailable)?;
        let unclear = || Unavailable(format!("products: status {} with an unknown body", reply.status));
        match StatusCode::from_u16(reply.status) {
            Ok(StatusCode::OK) => serde_json::from_slice(&reply.body).map(Some).map_err(|_| unclear()),
            Ok(StatusCode::NOT_FOUND) => {
                // A gateway without a route says 404 as well.
                let problem: answers::Problem = serde_json::from_slice(&reply.body).unwrap_or_default();
                if problem.reason == "resource.none" { Ok(None) } else { Err(unclear()) }
            }
            _ => Err(unclear()),
        }
    }

    /// Those of the products `ids` that there are, in any order.
    ///
    /// # Errors
    /// When products does not say of one of them.
    pub(crate) async fn products(&self, ids: &[Uuid], trace: &Trace) -> Result<Vec<Product>, Unavailable> {
        let mut found = Vec::with_capacity(ids.len());
        for some in ids.chunks(AT_ONCE) {
            let mut asked = JoinSet::new();
            for id in some.iter().copied() {
                let (calls, trace) = (self.clone(), trace.clone());
                asked.spawn(async move { calls.product(id, &trace).await });
            }
            while let Some(answer) = asked.join_next().await {
                let answer = answer.map_err(|error| Unavailable(error.to_string()))?;
                found.extend(answer?);
            }
        }
        Ok(found)
    }
}
