//! The API: from requests to the stores and back. Whatever goes wrong becomes a problem document. Knows no SQL.
//!
//! Where to read on: `routes/products.rs` and `routes/reservations.rs` for the handlers.

pub(crate) mod products;
pub(crate) mod reservations;

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::extract::{FromRef, Path};
use supplex_kit::openapi::{self, routes};
use supplex_kit::service_token::ServiceToken;
use supplex_kit::{FieldError, Problem};
use uuid::Uuid;

use crate::counters::Counters;
use crate::guard::Guard;
use crate::inventory::store::Inventory;
use crate::store::Store;

/// What the description says first.
const DESCRIPTION: &str = "The catalogue of the marketplace, and its stock with reservations.

Products are for everybody to read, with an ETag and Cache-Control; reads honour If-None-Match and If-Match. Admins change \
them: `Authorization: Bearer` with an access token whose role is admin, or with the token in ADMIN_TOKEN. Reservations are \
for other services of the marketplace, which prove who they are with SERVICE_TOKEN:

```text
  reserve            commit, in time                 return
 ────────▶ held ─────────────────────▶ committed ─────────────▶ returned
            │ └───────release────────▶ released
            └────its time is over────▶ expired
```";

/// What the handlers share.
#[derive(Clone)]
pub(crate) struct Api {
    pub(crate) store: Store,
    pub(crate) inventory: Inventory,
    pub(crate) guard: Guard,
    pub(crate) service_token: Option<ServiceToken>,
    pub(crate) counters: Counters,
}

impl FromRef<Api> for Guard {
    fn from_ref(api: &Api) -> Self {
        api.guard.clone()
    }
}

impl FromRef<Api> for Option<ServiceToken> {
    fn from_ref(api: &Api) -> Self {
        api.service_token.clone()
    }
}

/// Every route, described.
pub(crate) fn api() -> openapi::Api<Api> {
    openapi::Api::new("Products", DESCRIPTION)
        .routes(routes!(products::list, products::create))
        .routes(routes!(products::one, products::change))
        .routes(routes!(products::stock, products::count))
        .routes(routes!(reservations::reserve))
        .routes(routes!(reservations::one))
        .routes(routes!(reservations::commit))
        .routes(routes!(reservations::release))
        .routes(routes!(reservations::take_back))
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
