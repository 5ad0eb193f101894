//! The rest of a flight whose questions belong to another node of the cluster.
//!
//! They are asked there once, before the flight's deadline, on the connection that is kept aside. Most of the time all of
//! them are sent to the same node; should there be two, only the first is asked.
//!
//! One slot for all buckets does not keep a question with several of them from `TRYAGAIN`: while the slot is on its way, a
//! node answers a call only if it has all of its keys, and one that has none sends it on to a node that does not begin two
//! at once either. Such a question is neither split, as its buckets are charged together or not at all, nor asked
//! again, as nothing changes before the slot has arrived. `on_store_error` decides.

use std::rc::Rc;

use tokio::time::timeout_at;

use super::manner::Manner;
use super::{Fate, Flight, answer_all};
use crate::link::limits::StoreError;

impl Flight {
    /// Has the questions that were turned away answered.
    pub(super) async fn detour(&mut self) {
        let turned_away = std::mem::take(&mut self.turned_away);
        let endpoint = Rc::clone(&self.pack.endpoint);
        let Some(cluster) = endpoint.cluster() else { return };
        let Some(to) = turned_away.first().map(|(_, redirect)| redirect.to.clone()) else { return };
        if let Some((_, redirect)) = turned_away.iter().find(|(_, redirect)| redirect.moved) {
            self.moved = true;
            cluster.moved_to(redirect.to.clone());
        }
        let (here, elsewhere): (Vec<_>, Vec<_>) = turned_away.into_iter().partition(|(_, redirect)| redirect.to == to);
        // Whoever is given up was not asked.
        answer_all(elsewhere.into_iter().map(|(ask, _)| ask), StoreError::Unreachable);
        let here = here.into_iter().map(|(ask, _)| ask);
        match timeout_at(self.deadline, cluster.aside(&to)).await {
            Ok(Ok(mut connection)) => {
                if self.round_on(&mut connection, here.collect(), Manner::Asking).await != Fate::Answered {
                    cluster.drop_aside().await;
                }
            }
            Ok(Err(why)) => {
                self.pack.speaker.complain(&format!("{to}: {why}"));
                answer_all(here, StoreError::Unreachable);
            }
            Err(_late) => answer_all(here, StoreError::Unreachable),
        }
    }
}
