//! The API: from requests to the store and back.
//!
//! `GET /products`, `GET /products/{id}`, `GET /products/{id}/stock`. Whatever goes wrong becomes a problem document.
//! Knows no SQL.

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::routing::get;
use axum::{Json, Router};
use supplex_kit::{FieldError, Problem};
use uuid::Uuid;

use crate::filter::Filter;
use crate::model::{Page, Product, Stock};
use crate::store::Store;

/// The routes of the catalogue.
pub(crate) fn routes(store: Store) -> Router {
    Router::new()
        .route("/products", get(list))
        .route("/products/{id}", get(one))
        .route("/products/{id}/stock", get(stock))
        .with_state(store)
}

async fn list(
    State(store): State<Store>,
    query: Result<Query<Vec<(String, String)>>, QueryRejection>,
) -> Result<Json<Page>, Problem> {
    let Query(pairs) = query.map_err(|error| invalid("query", error.body_text()))?;
    let filter = Filter::parse(pairs).map_err(Problem::invalid)?;
    Ok(Json(store.page(&filter).await?))
}

async fn one(State(store): State<Store>, path: Result<Path<String>, PathRejection>) -> Result<Json<Product>, Problem> {
    let id = product_id(path)?;
    store.product(id).await?.map(Json).ok_or_else(|| no_product(id))
}

async fn stock(State(store): State<Store>, path: Result<Path<String>, PathRejection>) -> Result<Json<Stock>, Problem> {
    let id = product_id(path)?;
    store.stock(id).await?.map(Json).ok_or_else(|| no_product(id))
}

fn product_id(path: Result<Path<String>, PathRejection>) -> Result<Uuid, Problem> {
    let Path(text) = path.map_err(|error| invalid("id", error.body_text()))?;
    text.parse().map_err(|_| invalid("id", "must be a UUID, such as the `id` of a product in the list"))
}

fn invalid(parameter: &str, detail: impl Into<String>) -> Problem {
    Problem::invalid(vec![FieldError::new(parameter, detail)])
}

fn no_product(id: Uuid) -> Problem {
    Problem::not_found(format!("There is no product {id}."))
}
