//! The API: from requests to the stores and back. Whatever goes wrong becomes a problem document. Knows no SQL.
//!
//! Where to read on: `routes/products.rs` and `routes/reservations.rs` for the handlers, `description.rs` for what
//! `/openapi.json` says about them.

pub(crate) mod products;
pub(crate) mod reservations;

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::extract::{FromRef, Path};
use axum::http::header;
use axum::routing::{MethodRouter, get, post};
use supplex_kit::{FieldError, Problem};
use uuid::Uuid;

use crate::counters::Counters;
use crate::description;
use crate::guard::Guard;
use crate::inventory::store::Inventory;
use crate::store::Store;

/// What the handlers share.
#[derive(Clone)]
pub(crate) struct Api {
    pub(crate) store: Store,
    pub(crate) inventory: Inventory,
    pub(crate) guard: Guard,
    pub(crate) counters: Counters,
}

impl FromRef<Api> for Guard {
    fn from_ref(api: &Api) -> Self {
        api.guard.clone()
    }
}

/// The routes of the catalogue.
pub(crate) fn routes(api: Api) -> Router {
    let add = |router: Router<Api>, (path, methods)| router.route(path, methods);
    table().into_iter().fold(Router::new(), add).with_state(api)
}

/// Every route. A test compares them with the description.
fn table() -> [(&'static str, MethodRouter<Api>); 8] {
    let description = || async { ([(header::CONTENT_TYPE, "application/json")], description::text()) };
    [
        ("/products", get(products::list).post(products::create)),
        ("/products/{id}", get(products::one).patch(products::change)),
        ("/products/{id}/stock", get(products::stock).put(products::count)),
        ("/reservations", post(reservations::reserve)),
        ("/reservations/{id}", get(reservations::one)),
        ("/reservations/{id}/commit", post(reservations::commit)),
        ("/reservations/{id}/release", post(reservations::release)),
        ("/openapi.json", get(description)),
    ]
}

/// The last part of a path, before anybody knows that it is an id.
type Id = Result<Path<String>, PathRejection>;
/// A body, before anybody knows that it is not too long.
type Body = Result<Bytes, BytesRejection>;

fn id(id: Id, what: &str) -> Result<Uuid, Problem> {
    let Path(text) = id.map_err(|error| invalid("id", error.body_text()))?;
    text.parse().map_err(|_| invalid("id", format!("must be a UUID, the `id` of a {what}")))
}

fn bytes(body: Body) -> Result<Bytes, Problem> {
    body.map_err(|error| invalid("body", error.body_text()))
}

/// One thing that is wrong.
fn invalid(parameter: &str, detail: impl Into<String>) -> Problem {
    Problem::invalid(vec![FieldError::new(parameter, detail)])
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    /// Those that the kit adds.
    const OF_THE_KIT: [&str; 3] = ["/healthz", "/readyz", "/metrics"];

    #[test]
    fn the_description_has_every_route_and_no_other() {
        let description: serde_json::Value = serde_json::from_str(crate::description::text()).expect("JSON");
        let described: BTreeSet<&str> =
            description["paths"].as_object().expect("paths").keys().map(String::as_str).collect();
        let there: BTreeSet<&str> = super::table().into_iter().map(|(path, _)| path).chain(OF_THE_KIT).collect();
        assert_eq!(described, there);
    }
}
