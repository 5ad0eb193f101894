//! Connections and the endpoints at their other ends: they answer, dawdle, reset, refuse, talk nonsense and close what
//! is idle, while the worker does not know yet.

use crate::ledger::{ExchangeId, Ledger};
use crate::random::Random;
use crate::schedule::{Event, MILLISECOND, Schedule};

/// A connection's position in the network; never used again.
pub(crate) type ConnectionId = usize;

/// What reaches the worker on a connection.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Message {
    Connected,
    Refused,
    /// The beginning of a response head.
    FirstBytes,
    /// A whole interim response.
    Interim,
    /// The end of the final response's head.
    Head,
    Piece,
    /// The response is complete; `keep` is false for `Connection: close`.
    End {
        keep: bool,
    },
    /// The response's body breaks its framing.
    Broken,
    /// A whole response with status 503, which may be given up for another attempt.
    Unavailable {
        keep: bool,
    },
    /// Not HTTP.
    Malformed,
    /// The connection was closed or reset.
    Closed,
}

impl Message {
    /// Whether the connection must never carry another exchange.
    fn is_fault(self) -> bool {
        use Message::{Broken, Closed, Malformed, Refused};
        matches!(self, Refused | Broken | Malformed | Closed)
    }
}

/// One connection, as both sides see it.
pub(crate) struct Connection {
    pub(crate) endpoint: usize,
    /// The worker closed it: nothing reaches the worker any more.
    pub(crate) closed: bool,
    /// Something went wrong on it, and the worker was told.
    pub(crate) faulty: bool,
    /// The endpoint closed it; the worker may not know.
    gone: bool,
    /// Requests that reached the endpoint.
    requests: u32,
    /// What the endpoint has said or will say that has not reached the worker.
    pub(crate) on_the_way: u32,
    /// Pieces of the last request's body that were sent.
    body_pieces: usize,
    /// All of the last request has been sent.
    pub(crate) request_complete: bool,
}

/// How one endpoint behaves, in percent.
pub(crate) struct Endpoint {
    /// Connects that are refused.
    pub(crate) refuses: u64,
    /// Connects that are never answered.
    pub(crate) swallows: u64,
    /// Requests that go wrong.
    pub(crate) fails: u64,
}

/// All connections and endpoints of a world.
#[derive(Default)]
pub(crate) struct Network {
    pub(crate) connections: Vec<Connection>,
    pub(crate) endpoints: Vec<Endpoint>,
}

impl Network {
    /// Begins to connect.
    pub(crate) fn connect(&mut self, endpoint: usize, schedule: &mut Schedule, random: &mut Random) -> ConnectionId {
        let (closed, faulty, gone, request_complete) = (false, false, false, false);
        let (requests, on_the_way, body_pieces) = (0, 0, 0);
        let connection =
            Connection { endpoint, closed, faulty, gone, requests, on_the_way, body_pieces, request_complete };
        self.connections.push(connection);
        let id = self.connections.len() - 1;
        let Endpoint { refuses, swallows, .. } = self.endpoints[endpoint];
        if random.chance(swallows) {
            return id;
        }
        let message = if random.chance(refuses) { Message::Refused } else { Message::Connected };
        self.say(id, None, latency(random), message, schedule);
        id
    }

    /// The worker sends a request head, with or without a body to follow.
    pub(crate) fn send_head(
        &mut self,
        id: ConnectionId,
        exchange: ExchangeId,
        has_body: bool,
        schedule: &mut Schedule,
        random: &mut Random,
    ) {
        let connection = &mut self.connections[id];
        assert!(!connection.closed && !connection.faulty, "a request on a broken connection");
        connection.request_complete = !has_body;
        connection.body_pieces = 0;
        schedule.after(latency(random), Event::RequestArrives { connection: id, exchange });
    }

    /// The worker sends a piece of a body, which the client sent as its `number`th.
    pub(crate) fn send_body(&mut self, id: ConnectionId, number: usize, last: bool) {
        let connection = &mut self.connections[id];
        assert!(!connection.request_complete, "a body without end");
        assert_eq!(number, connection.body_pieces, "a body with a hole");
        connection.body_pieces += 1;
        connection.request_complete = last;
    }

    /// The worker closes the connection.
    pub(crate) fn close(&mut self, id: ConnectionId) {
        assert!(!self.connections[id].closed, "closed twice");
        self.connections[id].closed = true;
    }

    /// A request reaches the endpoint, which makes up its mind.
    pub(crate) fn request_arrives(
        &mut self,
        id: ConnectionId,
        exchange: ExchangeId,
        schedule: &mut Schedule,
        random: &mut Random,
        ledger: &mut Ledger,
    ) {
        let connection = &mut self.connections[id];
        if connection.gone {
            self.say(id, Some(exchange), latency(random), Message::Closed, schedule);
            return;
        }
        connection.requests += 1;
        let (requests, endpoint) = (connection.requests, connection.endpoint);
        ledger.reaches(exchange, endpoint);
        let script = script(self.endpoints[endpoint].fails, random);
        let mut delay = latency(random);
        for message in script {
            delay += dawdling(random);
            self.say(id, Some(exchange), delay, message, schedule);
            self.connections[id].gone |= matches!(
                message,
                Message::Closed | Message::End { keep: false } | Message::Unavailable { keep: false }
            );
            if matches!(message, Message::End { keep: true } | Message::Unavailable { keep: true }) {
                let patience = random.between(1, 400) * MILLISECOND;
                schedule.after(delay + patience, Event::EndpointTires { connection: id, requests });
            }
        }
    }

    /// The endpoint closes an idle connection, unless a request came first.
    pub(crate) fn endpoint_tires(
        &mut self,
        id: ConnectionId,
        requests: u32,
        schedule: &mut Schedule,
        random: &mut Random,
    ) {
        let connection = &mut self.connections[id];
        if connection.requests == requests && !connection.closed && !connection.gone {
            connection.gone = true;
            // Not counted as on the way: the worker cannot know of it. It may take its time, too, so that requests are
            // sent on connections that are closed already.
            let (delay, message) = (random.between(0, 30 * MILLISECOND), Message::Closed);
            schedule.after(delay, Event::Delivery { connection: id, exchange: None, message });
        }
    }

    /// Something has travelled to the worker's side; false when the worker is no longer there.
    pub(crate) fn delivered(&mut self, id: ConnectionId, exchange: Option<ExchangeId>, message: Message) -> bool {
        let connection = &mut self.connections[id];
        if exchange.is_some() {
            connection.on_the_way -= 1;
        }
        connection.faulty |= message.is_fault();
        !connection.closed
    }

    fn say(
        &mut self,
        id: ConnectionId,
        exchange: Option<ExchangeId>,
        delay: u64,
        message: Message,
        schedule: &mut Schedule,
    ) {
        self.connections[id].on_the_way += u32::from(exchange.is_some());
        schedule.after(delay, Event::Delivery { connection: id, exchange, message });
    }
}

/// What an endpoint says to one request.
fn script(fails: u64, random: &mut Random) -> Vec<Message> {
    use Message::{Broken, Closed, End, FirstBytes, Head, Interim, Malformed, Piece, Unavailable};
    if random.chance(fails) {
        return match random.between(0, 12) {
            0 => vec![],
            1 => vec![Closed],
            2 => vec![FirstBytes, Closed],
            3 => vec![Malformed],
            4 => vec![Head, Piece, Broken],
            5 => vec![Head, Piece, Closed],
            6 => vec![Head, Piece],
            7 => vec![Interim, Closed],
            8 => vec![Interim, Unavailable { keep: true }],
            9 | 10 => vec![Unavailable { keep: random.chance(80) }],
            _ => vec![Head, Broken],
        };
    }
    let mut script = Vec::new();
    if random.chance(10) {
        script.push(Interim);
    }
    if random.chance(20) {
        script.push(FirstBytes);
    }
    script.push(Head);
    script.extend((0..random.between(0, 4)).map(|_| Piece));
    script.push(End { keep: random.chance(90) });
    script
}

/// How long a message travels.
fn latency(random: &mut Random) -> u64 {
    random.between(20_000, 3 * MILLISECOND)
}

/// How long an endpoint thinks before it says the next thing.
fn dawdling(random: &mut Random) -> u64 {
    if random.chance(5) { random.between(50, 600) * MILLISECOND } else { random.between(1, 5 * MILLISECOND) }
}
