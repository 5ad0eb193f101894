//! Orders as they stand: one with its history, or many, the newest first.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{self, Query};
use axum::response::{IntoResponse, Response};
use supplex_kit::Problem;
use supplex_kit::identity::{Identity, Role};
use supplex_kit::openapi::Checked;

use super::{Guarded, OfOrder, State};
use crate::answer::NO_STORE;
use crate::ask::{self, Id, PageWanted, RawPage};
use crate::model::{OrderWithHistory, Page};
use crate::store::Scope;

/// What `who` may read.
fn scope(who: Identity) -> Scope {
    match who.role {
        Role::Admin => Scope::All,
        Role::Customer => Scope::Of(who.user),
    }
}

/// An order with what became of it
#[utoipa::path(get, path = "/orders/{id}", tag = "orders", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The `id` of an order.")), responses(
    (status = 200, description = "The order.", body = OrderWithHistory),
    Checked, Guarded, OfOrder,
))]
pub(crate) async fn one(
    identity: Identity,
    extract::State(state): extract::State<State>,
    path: Id,
) -> Result<Response, Problem> {
    let id = ask::id(path, "an order")?;
    let order = state.store.order(id, scope(identity)).await?.order;
    let history = state.store.history(id).await?;
    Ok(([NO_STORE], Json(OrderWithHistory { order, history })).into_response())
}

/// My orders, the newest first
///
/// Pages neither repeat nor skip orders when there are new ones in between. An admin sees everybody's.
#[utoipa::path(get, path = "/orders", tag = "orders", security(("bearer" = [])),
    params(("limit" = Option<i64>, Query, minimum = 1, maximum = 100, description = "How many at most; 20 if not given."),
     ("after" = Option<Uuid>, Query, description = "The `next` of the page before.")), responses(
    (status = 200, description = "A page of orders.", body = Page),
    Checked, Guarded,
))]
pub(crate) async fn list(
    identity: Identity,
    extract::State(state): extract::State<State>,
    query: Result<Query<RawPage>, QueryRejection>,
) -> Result<Response, Problem> {
    let PageWanted { limit, after } = ask::page(query)?;
    // One more says whether there is a following page.
    let mut items = state.store.orders(scope(identity), after, limit + 1).await?;
    let whole = usize::try_from(limit).unwrap_or(usize::MAX);
    let next = (items.len() > whole).then(|| {
        items.truncate(whole);
        items.last().map(|order| order.id.to_string())
    });
    Ok(([NO_STORE], Json(Page { items, next: next.flatten() })).into_response())
}
