//! The cart of whoever asks. What it shows is as products says it now.

use std::collections::HashMap;

use axum::Json;
use axum::extract;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use supplex_kit::Problem;
use supplex_kit::identity::Identity;
use supplex_kit::openapi::Checked;
use uuid::Uuid;

use super::{Bounded, Guarded, State};
use crate::answer::NO_STORE;
use crate::ask::{self, Body, Id, RawQuantity};
use crate::calls::{Product, Trace};
use crate::model::{Cart, CartItem};
use crate::store::Line;

/// What the ids in paths are of.
const PRODUCT: &str = "a product";

/// My cart
///
/// Names and prices are those of now. The ETag can be given to a checkout in If-Match.
#[utoipa::path(get, path = "/cart", tag = "cart", security(("bearer" = [])), responses(
    (status = 200, description = "The cart.", body = Cart,
     headers(("etag" = String, description = "Another one after each change."))),
    Guarded,
))]
pub(crate) async fn show(
    identity: Identity,
    extract::State(state): extract::State<State>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (version, lines) = state.store.cart(identity.user).await?;
    let ids: Vec<Uuid> = lines.iter().map(|line| line.product).collect();
    let products = state.calls.products(&ids, &Trace::of(&headers)).await?;
    let mut products: HashMap<Uuid, Product> = products.into_iter().map(|product| (product.id, product)).collect();
    let items = lines.into_iter().map(|line| item(line.clone(), products.remove(&line.product))).collect();
    let etag = HeaderValue::try_from(format!("\"{version}\"")).map_err(|_| Problem::internal())?;
    Ok(([NO_STORE, (header::ETAG, etag)], Json(Cart::of(items))).into_response())
}

/// Put a product into my cart, or change how many
#[utoipa::path(put, path = "/cart/items/{product}", tag = "cart", security(("bearer" = [])),
    params(("product" = Uuid, Path, description = "The `id` of a product.")), request_body = RawQuantity, responses(
    (status = 200, description = "What is in the cart of it now.", body = CartItem),
    (status = 404, description = "There is no such product.", content_type = "application/problem+json", body = Problem),
    (status = 409, description = "It is not sold any more, or there are fifty others in the cart.",
     content_type = "application/problem+json", body = Problem),
    Checked, Guarded, Bounded,
))]
pub(crate) async fn put(
    identity: Identity,
    extract::State(state): extract::State<State>,
    path: Id,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let id = ask::id(path, PRODUCT)?;
    let quantity = ask::quantity(body)?;
    let product = state.calls.product(id, &Trace::of(&headers)).await?;
    let product = product.ok_or_else(|| Problem::not_found(format!("There is no product {id}.")))?;
    if product.archived {
        return Err(Problem::new(StatusCode::CONFLICT, "product.archived", "This product is not sold any more."));
    }
    let line = Line { product: id, name: product.name.clone(), quantity };
    state.store.put(identity.user, &line).await?;
    Ok(([NO_STORE], Json(item(line, Some(product)))).into_response())
}

/// Take a product out of my cart
#[utoipa::path(delete, path = "/cart/items/{product}", tag = "cart", security(("bearer" = [])),
    params(("product" = Uuid, Path, description = "The `id` of a product.")), responses(
    (status = 204, description = "It is not in the cart, now or already before."),
    Checked, Guarded,
))]
pub(crate) async fn remove(
    identity: Identity,
    extract::State(state): extract::State<State>,
    path: Id,
) -> Result<StatusCode, Problem> {
    state.store.remove(identity.user, Some(ask::id(path, PRODUCT)?)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Take everything out of my cart
#[utoipa::path(delete, path = "/cart", tag = "cart", security(("bearer" = [])), responses(
    (status = 204, description = "The cart is empty."),
    Guarded,
))]
pub(crate) async fn clear(
    identity: Identity,
    extract::State(state): extract::State<State>,
) -> Result<StatusCode, Problem> {
    state.store.remove(identity.user, None).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn item(line: Line, product: Option<Product>) -> CartItem {
    let Line { product: id, name, quantity } = line;
    match product {
        Some(now) => {
            CartItem { product: id, name: now.name, quantity, price: Some(now.price).filter(|_| !now.archived) }
        }
        None => CartItem { product: id, name, quantity, price: None },
    }
}
