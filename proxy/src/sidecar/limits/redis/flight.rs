//! One pipeline on its way: questions go out together, and each gets the answer that is its own.
//!
//! Replies are counted, not named: the library matches them to calls by their order, error replies included. What this
//! file adds is that each question has exactly one answer whatever happens, in time. A question is sent a second time in
//! one case: the server said that it does not know the script, so it has surely not charged.

use std::rc::Rc;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{Pipeline, RedisError, ServerError, ServerErrorKind, Value, cmd};
use tokio::time::{Instant, timeout_at};

use super::super::measure::Measure;
use super::super::script;
use super::Ask;
use super::say::Speaker;
use crate::link::limits::StoreError;

/// How a flight ended, for its connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// Every reply came in time.
    Answered,
    /// The replies may still come.
    Late,
    /// The connection broke, or its server takes no writes.
    Lost,
}

/// Whether the server answers.
///
/// # Errors
/// When the connection is broken.
pub(super) async fn ping(connection: &mut MultiplexedConnection) -> Result<(), RedisError> {
    connection.send_packed_command(&cmd("PING")).await.map(|_| ())
}

/// Asks everything in `batch` and answers it; a flight without questions finds out whether anybody is there.
pub(super) async fn fly(
    batch: Vec<Ask>,
    mut connection: MultiplexedConnection,
    limit: Duration,
    measure: Rc<Measure>,
    speaker: Speaker,
) -> Fate {
    let deadline = Instant::now() + limit;
    if batch.is_empty() {
        return match timeout_at(deadline, ping(&mut connection)).await {
            Ok(Ok(())) => Fate::Answered,
            Ok(Err(error)) => lost(&speaker, &error),
            Err(_late) => Fate::Late,
        };
    }
    let mut flight = Flight { connection, deadline, measure, speaker, usable: true };
    let strangers = match flight.round(batch, false).await {
        Ok(strangers) => strangers,
        Err(fate) => return fate,
    };
    if !strangers.is_empty()
        && let Err(fate) = flight.round(strangers, true).await
    {
        return fate;
    }
    if flight.usable { Fate::Answered } else { Fate::Lost }
}

fn lost(speaker: &Speaker, error: &RedisError) -> Fate {
    speaker.complain(&format!("the connection broke: {error}"));
    Fate::Lost
}

struct Flight {
    connection: MultiplexedConnection,
    deadline: Instant,
    measure: Rc<Measure>,
    speaker: Speaker,
    /// Whether the server can be asked more.
    usable: bool,
}

impl Flight {
    /// One round trip. Gives back the questions for which the server did not know the script, unless `again`: then it was
    /// told the script in the same round.
    async fn round(&mut self, batch: Vec<Ask>, again: bool) -> Result<Vec<Ask>, Fate> {
        let calls = script::calls(batch.iter().map(|ask| &ask.question));
        let skipped = usize::from(again);
        let mut pipeline = Pipeline::with_capacity(calls.len() + skipped);
        if again {
            pipeline.add_command(script::load());
        }
        let lengths: Vec<usize> = calls.iter().map(|call| call.questions.len()).collect();
        for call in calls {
            pipeline.add_command(call.command);
        }
        let (expected, sent) = (skipped + lengths.len(), Instant::now());
        let replies = self.connection.send_packed_commands(&pipeline, 0, expected);
        let failure = match timeout_at(self.deadline, replies).await {
            Ok(Ok(replies)) if replies.len() == expected => {
                self.measure.round_trip(sent.elapsed());
                let mut asks = batch.into_iter();
                let mut strangers = Vec::new();
                for (length, reply) in lengths.into_iter().zip(replies.into_iter().skip(skipped)) {
                    strangers.extend(self.deliver(asks.by_ref().take(length).collect(), &reply, again));
                }
                return Ok(strangers);
            }
            Ok(Ok(_)) => (StoreError::Unreachable, Fate::Lost),
            Ok(Err(error)) => (StoreError::Unreachable, lost(&self.speaker, &error)),
            Err(_late) => (StoreError::Timeout, Fate::Late),
        };
        answer_all(batch, failure.0);
        Err(failure.1)
    }

    /// Answers the questions of one call, or gives them back to be asked once more.
    fn deliver(&mut self, asks: Vec<Ask>, reply: &Value, again: bool) -> Vec<Ask> {
        let error = match reply {
            Value::ServerError(error) if error.kind() == Some(ServerErrorKind::NoScript) && !again => return asks,
            Value::ServerError(error) => error,
            reply => {
                if let Some(verdicts) = script::verdicts(reply, asks.iter().map(|ask| &ask.question)) {
                    for (ask, verdict) in asks.into_iter().zip(verdicts) {
                        ask.caller.answer(Ok(verdict));
                    }
                } else {
                    self.speaker.refused("the script's reply is not what it should be");
                    answer_all(asks, StoreError::Refused);
                }
                return Vec::new();
            }
        };
        self.usable &= !means_elsewhere(error);
        self.speaker.refused(&words(error));
        answer_all(asks, StoreError::Refused);
        Vec::new()
    }
}

fn answer_all(asks: Vec<Ask>, error: StoreError) {
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
