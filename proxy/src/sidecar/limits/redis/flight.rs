//! One pipeline on its way: questions go out together, and each gets the answer that is its own.
//!
//! Replies are counted, not named: the library matches them to calls by their order, error replies included. What this
//! file adds is that each question has exactly one answer whatever happens, in time. A question is sent again only when
//! the server said that it did not run it, so that it has surely not charged: it does not know the script, or buckets are
//! at another node of its cluster (`redis/flight/detour.rs`).
//! Where to read on: `redis/flight/manner.rs` for how a batch is put to a server.

mod detour;
mod manner;

use std::rc::Rc;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{RedisError, ServerError, ServerErrorKind, Value};
use tokio::time::{Instant, timeout_at};

use super::super::measure::Measure;
use super::super::script::{self, Runs};
use super::Ask;
use super::link_up::{Endpoint, Link, Redirect, Sight, redirect};
use super::say::Speaker;
use crate::link::limits::StoreError;
use manner::Manner;

/// How a flight ended, for its connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// Every reply came in time.
    Answered,
    /// The replies may still come.
    Late,
    /// The connection broke, or its server is not to be used.
    Lost,
    /// The server sent questions to another node of its cluster, for good.
    Moved,
}

/// What every flight of a line takes along.
#[derive(Clone, Debug)]
pub(super) struct Pack {
    /// The way to other servers.
    pub(super) endpoint: Rc<Endpoint>,
    /// How long an answer may take.
    pub(super) limit: Duration,
    /// Where round trips are counted.
    pub(super) measure: Rc<Measure>,
    /// Who tells what went wrong.
    pub(super) speaker: Speaker,
}

/// Whether the server answers and is still the right one.
///
/// # Errors
/// When the connection is broken.
pub(super) async fn look(link: &mut Link) -> Result<Sight, RedisError> {
    let reply = link.connection.send_packed_command(&link.look.question()).await?;
    Ok(link.look.judge(&reply))
}

/// Asks everything in `batch` and answers it; a flight without questions finds out how the server is.
pub(super) async fn fly(batch: Vec<Ask>, link: Link, pack: Pack) -> Fate {
    let mut flight = Flight::new(link, pack);
    if batch.is_empty() {
        return flight.look().await;
    }
    let mut fate = flight.round(batch, Manner::Plain).await;
    if fate == Fate::Answered && !flight.strangers.is_empty() {
        let strangers = std::mem::take(&mut flight.strangers);
        fate = flight.round(strangers, Manner::Taught).await;
    }
    if fate == Fate::Answered && !flight.divided.is_empty() {
        let divided = std::mem::take(&mut flight.divided);
        fate = flight.round(divided, Manner::Alone).await;
    }
    flight.detour().await;
    answer_all(flight.divided, StoreError::Unreachable);
    match fate {
        Fate::Answered if flight.moved => Fate::Moved,
        Fate::Answered if !flight.usable => Fate::Lost,
        fate => fate,
    }
}

struct Flight {
    link: Link,
    pack: Pack,
    deadline: Instant,
    /// Whether the server can be asked more.
    usable: bool,
    /// Whether the slot is at another node now.
    moved: bool,
    /// Questions for which the server did not know the script.
    strangers: Vec<Ask>,
    /// Questions of calls whose buckets are partly at another node.
    divided: Vec<Ask>,
    /// Questions that another node of the cluster has to answer.
    turned_away: Vec<(Ask, Redirect)>,
}

impl Flight {
    fn new(link: Link, pack: Pack) -> Self {
        let deadline = Instant::now() + pack.limit;
        let (strangers, divided, turned_away) = (Vec::new(), Vec::new(), Vec::new());
        Self { link, pack, deadline, usable: true, moved: false, strangers, divided, turned_away }
    }

    async fn look(&mut self) -> Fate {
        match timeout_at(self.deadline, look(&mut self.link)).await {
            Ok(Ok(Sight::Fit)) => Fate::Answered,
            Ok(Ok(Sight::Moved(to))) => {
                if let (Some(cluster), Some(server)) = (self.pack.endpoint.cluster(), &self.link.server) {
                    cluster.moved(&to, server);
                }
                Fate::Moved
            }
            Ok(Ok(Sight::Unfit(why))) => {
                self.pack.speaker.complain(&why);
                Fate::Lost
            }
            Ok(Err(error)) => self.lost(&error),
            Err(_late) => Fate::Late,
        }
    }

    fn lost(&self, error: &RedisError) -> Fate {
        self.pack.speaker.complain(&format!("the connection broke: {error}"));
        Fate::Lost
    }

    /// One round trip on the line's own connection.
    async fn round(&mut self, batch: Vec<Ask>, manner: Manner) -> Fate {
        let mut connection = self.link.connection.clone();
        self.round_on(&mut connection, batch, manner).await
    }

    /// One round trip. Whoever is not answered by it is in `strangers`, `divided` or `turned_away`.
    async fn round_on(&mut self, on: &mut MultiplexedConnection, batch: Vec<Ask>, manner: Manner) -> Fate {
        let put = manner.put(&batch);
        let sent = Instant::now();
        let replies = on.send_packed_commands(&put.pipeline, 0, put.replies());
        let (error, fate) = match timeout_at(self.deadline, replies).await {
            Ok(Ok(replies)) if replies.len() == put.replies() => {
                self.pack.measure.round_trip(sent.elapsed());
                let mut asks = batch.into_iter();
                for (runs, reply) in put.of_calls(replies) {
                    self.deliver(asks.by_ref().take(runs.questions()).collect(), &runs, &reply, manner);
                }
                return Fate::Answered;
            }
            Ok(Ok(_)) => (StoreError::Unreachable, Fate::Lost),
            Ok(Err(error)) => (StoreError::Unreachable, self.lost(&error)),
            Err(_late) => (StoreError::Timeout, Fate::Late),
        };
        answer_all(batch, error);
        fate
    }

    /// Answers the questions of one call, or keeps them to be asked once more.
    fn deliver(&mut self, asks: Vec<Ask>, runs: &Runs, reply: &Value, manner: Manner) {
        let Value::ServerError(error) = reply else { return self.deliver_verdicts(asks, runs, reply) };
        match error.kind() {
            Some(ServerErrorKind::NoScript) if manner == Manner::Plain => return self.strangers.extend(asks),
            Some(ServerErrorKind::TryAgain) if manner.is_joint() && asks.len() > 1 => return self.divided.extend(asks),
            _ => {}
        }
        if let (true, Some(_), Some(server)) = (manner.is_own(), self.pack.endpoint.cluster(), &self.link.server)
            && let Some(redirect) = redirect(error, server)
        {
            return self.turned_away.extend(asks.into_iter().map(|ask| (ask, redirect.clone())));
        }
        self.usable &= !manner.is_own() || !means_elsewhere(error);
        self.pack.speaker.refused(&words(error));
        answer_all(asks, StoreError::Refused);
    }

    fn deliver_verdicts(&self, asks: Vec<Ask>, runs: &Runs, reply: &Value) {
        if let Some(verdicts) = script::verdicts(reply, runs, asks.iter().map(|ask| &ask.question)) {
            for (ask, verdict) in asks.into_iter().zip(verdicts) {
                ask.caller.answer(Ok(verdict));
            }
        } else {
            self.pack.speaker.refused("the script's reply is not what it should be");
            answer_all(asks, StoreError::Refused);
        }
    }
}

fn answer_all(asks: impl IntoIterator<Item = Ask>, error: StoreError) {
    for ask in asks {
        ask.caller.answer(Err(error));
    }
}

/// Whether the error says that this server is not the one to ask now: a new connection may lead to another, or to the
/// same when it is ready.
fn means_elsewhere(error: &ServerError) -> bool {
    use ServerErrorKind::{BusyLoading, ClusterDown, MasterDown, Moved, ReadOnly};
    matches!(error.kind(), Some(ReadOnly | BusyLoading | MasterDown | ClusterDown | Moved))
}

/// The error in one line. What follows the code may name a bucket's key; the code is what matters, and its first words.
fn words(error: &ServerError) -> String {
    let details: String = error.details().unwrap_or_default().chars().take(160).collect();
    format!("{} {details}", error.code()).trim_end().to_owned()
}
