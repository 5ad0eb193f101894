//! Products and their stock: reading for everybody, changing for admins.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use supplex_kit::Problem;
use supplex_kit::openapi::{Checked, OfOne};
use utoipa::IntoResponses;

use super::{Api, Body, Id, bytes, id, invalid};
use crate::change::{self, Change, DescribedCount, DescribedNew};
use crate::conditional::{Condition, Keep, changed_to, read};
use crate::guard::Admin;
use crate::list::{Described, Filter};
use crate::model::{Page, Product, Stock};

/// What is read is one of these.
const PRODUCT: &str = "product";

/// What reads that depend on an ETag have in common.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "only describes")]
enum Conditional {
    /// It is still the one with that ETag.
    #[response(status = 304)]
    Unchanged,
    /// It is not the one with the ETag in If-Match.
    #[response(status = 412, content_type = "application/problem+json")]
    Another(Problem),
}

/// What operations of admins have in common.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "only describes")]
enum ForAdmins {
    /// There is no good token.
    #[response(status = 401, content_type = "application/problem+json")]
    NoToken(Problem),
    /// The access token is not an admin's, or nobody can be an admin of this process.
    #[response(status = 403, content_type = "application/problem+json")]
    Forbidden(Problem),
}

/// What changes to what somebody has seen have in common.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "only describes")]
enum IfMatch {
    /// It has changed since.
    #[response(status = 412, content_type = "application/problem+json")]
    Changed(Problem),
    /// There is no If-Match.
    #[response(status = 428, content_type = "application/problem+json")]
    Missing(Problem),
}

/// List products
///
/// Pages follow each other by `next`, without gaps or repeats even when products come and go in between.
#[utoipa::path(get, path = "/products", tag = "products", params(Described, ("If-None-Match" = Option<String>, Header)),
    responses(
        (status = 200, description = "A page.", body = Page),
        Checked, Conditional,
    ))]
pub(crate) async fn list(
    State(api): State<Api>,
    query: Result<Query<Vec<(String, String)>>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let Query(pairs) = query.map_err(|error| invalid("query", error.body_text()))?;
    let filter = Filter::parse(pairs).map_err(Problem::invalid)?;
    read(&headers, &api.store.page(&filter).await?, Keep::Briefly)
}

/// Read a product
#[utoipa::path(get, path = "/products/{id}", tag = "products",
    params(("id" = uuid::Uuid, Path), ("If-None-Match" = Option<String>, Header)),
    responses(
        (status = 200, description = "The product, also when it is not sold any more.", body = Product),
        Checked, Conditional, OfOne,
    ))]
pub(crate) async fn one(State(api): State<Api>, path: Id, headers: HeaderMap) -> Result<Response, Problem> {
    read(&headers, &api.store.product(id(path, PRODUCT)?).await?, Keep::Briefly)
}

/// Read how many of a product can be ordered
#[utoipa::path(get, path = "/products/{id}/stock", tag = "products",
    params(("id" = uuid::Uuid, Path), ("If-None-Match" = Option<String>, Header)),
    responses(
        (status = 200, description = "The stock.", body = Stock),
        Checked, Conditional, OfOne,
    ))]
pub(crate) async fn stock(State(api): State<Api>, path: Id, headers: HeaderMap) -> Result<Response, Problem> {
    read(&headers, &api.store.stock(id(path, PRODUCT)?).await?, Keep::WhileRight)
}

/// Add a product
#[utoipa::path(post, path = "/products", tag = "admin", security(("bearer" = []), ("admin_token" = [])),
    request_body = DescribedNew,
    responses(
        (status = 201, description = "The product, with its place in Location.", body = Product),
        (status = 409, description = "There is a product with this id already.",
         content_type = "application/problem+json", body = Problem),
        Checked, ForAdmins,
    ))]
pub(crate) async fn create(State(api): State<Api>, _admin: Admin, body: Body) -> Result<Response, Problem> {
    let product = api.store.create(&change::new_product(&bytes(body)?)?).await?;
    let mut response = changed_to(StatusCode::CREATED, &product)?;
    // Relative to what was asked for, as a gateway may have put something in front of that path.
    let location = HeaderValue::try_from(format!("products/{}", product.id)).map_err(|_| Problem::internal())?;
    response.headers_mut().insert(header::LOCATION, location);
    Ok(response)
}

/// Change a product, take it off sale or put it back
///
/// Fields that are not there stay as they are. A product is never deleted, as orders refer to it.
#[utoipa::path(patch, path = "/products/{id}", tag = "admin", security(("bearer" = []), ("admin_token" = [])),
    request_body = Change,
    params(("id" = uuid::Uuid, Path), ("If-Match" = String, Header, description = "The ETag of the product, or *.")),
    responses(
        (status = 200, description = "What the product has become.", body = Product),
        Checked, ForAdmins, IfMatch, OfOne,
    ))]
pub(crate) async fn change(
    State(api): State<Api>,
    _admin: Admin,
    path: Id,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let id = id(path, PRODUCT)?;
    let change = change::change(&bytes(body)?)?;
    let condition = Condition::required(&headers)?;
    changed_to(StatusCode::OK, &api.store.update(id, change, &condition).await?)
}

/// Say how many of a product can be ordered from now on
///
/// What is reserved stays so and is not among them.
#[utoipa::path(put, path = "/products/{id}/stock", tag = "admin", security(("bearer" = []), ("admin_token" = [])),
    request_body = DescribedCount,
    params(("id" = uuid::Uuid, Path), ("If-Match" = String, Header, description = "The ETag of the stock, or *.")),
    responses(
        (status = 200, description = "The stock from now on.", body = Stock),
        Checked, ForAdmins, IfMatch, OfOne,
    ))]
pub(crate) async fn count(
    State(api): State<Api>,
    _admin: Admin,
    path: Id,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let id = id(path, PRODUCT)?;
    let available = change::count(&bytes(body)?)?;
    let condition = Condition::required(&headers)?;
    changed_to(StatusCode::OK, &api.store.count(id, available, &condition).await?)
}
