//! How a cancellation begins: in one transaction, under the lock of the saga.

use std::time::Duration;

use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::{Failure, Refusal, Store, sagas};
use crate::calls::Trace;
use crate::case::Case;
use crate::model::OrderState;
use crate::saga::State;

const LOCK: &str = "
    SELECT s.state FROM sagas s JOIN orders o ON o.id = s.order_id
    WHERE s.order_id = $1 AND o.user_id = $2
    FOR UPDATE OF s";

const BEGIN: &str = "
    UPDATE sagas SET state = $2, lease = $3, due_at = now() + $4 * interval '1 second', tries = 0, unanswered = $5,
        request_id = $6, traceparent = $7, began_at = now()
    WHERE order_id = $1";

const MARK: &str = "UPDATE orders SET state = $2, updated_at = clock_timestamp() WHERE id = $1";

impl Store {
    /// Begins to cancel somebody's order. `None` if that was begun before. With a `lease` the caller has it for that long.
    pub(crate) async fn cancel(
        &self,
        order: Uuid,
        user: Uuid,
        trace: &Trace,
        lease: Option<Duration>,
    ) -> Result<Option<Case>, Failure> {
        let mut client = self.pool.get().await?;
        let transaction = client.transaction().await?;
        let statement = transaction.prepare_cached(LOCK).await?;
        let row = transaction.query_opt(&statement, &[&order, &user]).await?;
        let row = row.ok_or(Failure::Refused(Refusal::NoOrder(order)))?;
        match State::from_word(row.try_get(0)?).ok_or(Failure::Damaged)? {
            State::Paid => {}
            State::Refunding | State::GivingBack | State::Cancelled => return Ok(None),
            other => return Err(Failure::Refused(Refusal::State(other.of_order()))),
        }
        let token = Uuid::now_v7();
        let (held, seconds, unanswered) = match lease {
            Some(lease) => (Some(token), lease.as_secs_f64(), 1),
            None => (None, 0.0, 0),
        };
        let statement = transaction.prepare_cached(BEGIN).await?;
        let state = State::Refunding.word();
        let values: [&(dyn ToSql + Sync); 7] =
            [&order, &state, &held, &seconds, &unanswered, &trace.request_id, &trace.traceparent];
        transaction.execute(&statement, &values).await?;
        let statement = transaction.prepare_cached(MARK).await?;
        transaction.execute(&statement, &[&order, &OrderState::Cancelling.word()]).await?;
        sagas::history(&transaction, order, OrderState::Cancelling, None).await?;
        let case = sagas::one(&transaction, order).await?;
        let case = Case { lease: token, ..case };
        sagas::next_step(&transaction, &case).await?;
        transaction.commit().await?;
        Ok(Some(case))
    }
}
