//! An HTTP exchange of the sidecar's own and the connection under it, in one task, so that nothing of the exchange outlives
//! whoever awaits it. Decides nothing about requests or answers; `auth/fetch.rs`, `probes/ask.rs` and `otlp/client.rs` do.

use std::future::{Future, poll_fn};
use std::pin::pin;

/// What the exchange comes to. The connection is driven until then, or until it ends by itself.
pub(super) async fn driven<T>(connection: impl Future, exchange: impl Future<Output = T>) -> T {
    let (mut connection, mut exchange) = (pin!(connection), pin!(exchange));
    let mut open = true;
    poll_fn(|cx| {
        if open && connection.as_mut().poll(cx).is_ready() {
            open = false;
        }
        exchange.as_mut().poll(cx)
    })
    .await
}
