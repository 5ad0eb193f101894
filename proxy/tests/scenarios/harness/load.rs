//! Load: clients that ask without a pause, count every answer and keep every failure.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::{GUARD, Message};

/// A client makes a new connection after so many requests, so that accepting is under load too.
const REQUESTS_PER_CONNECTION: u64 = 40;
/// Between two requests of a client: both sides share the processor, and the upstream has to keep up.
const PAUSE: Duration = Duration::from_micros(500);

/// Clients at work, each on a thread of its own.
pub(crate) struct Load {
    stop: Arc<AtomicBool>,
    answered: Arc<AtomicU64>,
    clients: Vec<JoinHandle<Tally>>,
}

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// Requests that got a whole 200 with the right body.
    pub(crate) answered: u64,
    /// What went wrong with the others.
    pub(crate) failures: Vec<String>,
    /// Clients that found the port closed, and left.
    pub(crate) turned_away: usize,
}

impl Load {
    /// Begins. `bodies` are the right ones.
    pub(crate) fn start(address: SocketAddr, clients: usize, bodies: &[&'static str]) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let answered = Arc::new(AtomicU64::new(0));
        let run = |_| {
            let (stop, total, bodies) = (Arc::clone(&stop), Arc::clone(&answered), bodies.to_vec());
            thread::spawn(move || ask(address, &bodies, &stop, &total))
        };
        let clients = (0..clients).map(run).collect();
        Self { stop, answered, clients }
    }

    /// Right answers so far.
    pub(crate) fn answered(&self) -> u64 {
        self.answered.load(Ordering::SeqCst)
    }

    /// Ends it after the requests under way.
    pub(crate) fn stop(self) -> Tally {
        self.stop.store(true, Ordering::SeqCst);
        self.end()
    }

    /// Waits until every client was turned away or has failed.
    pub(crate) fn end(self) -> Tally {
        let mut sum = Tally::default();
        for client in self.clients {
            let tally = client.join().expect("a client does not panic");
            sum.answered += tally.answered;
            sum.failures.extend(tally.failures);
            sum.turned_away += tally.turned_away;
        }
        sum
    }
}

fn ask(address: SocketAddr, bodies: &[&str], stop: &AtomicBool, total: &AtomicU64) -> Tally {
    let mut tally = Tally::default();
    while !stop.load(Ordering::SeqCst) {
        let stream = match TcpStream::connect_timeout(&address, GUARD) {
            Ok(stream) => stream,
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                tally.turned_away += 1;
                return tally;
            }
            Err(error) => {
                tally.failures.push(format!("connect: {error}"));
                return tally;
            }
        };
        let before = tally.answered;
        if let Err(error) = converse(stream, bodies, stop, total, &mut tally.answered) {
            let number = tally.answered - before;
            tally.failures.push(format!("after {number} requests of the connection: {error}"));
            return tally;
        }
    }
    tally
}

/// One connection, up to its end by either side.
fn converse(
    mut stream: TcpStream,
    bodies: &[&str],
    stop: &AtomicBool,
    total: &AtomicU64,
    answered: &mut u64,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(GUARD))?;
    for _ in 0..REQUESTS_PER_CONNECTION {
        if stop.load(Ordering::SeqCst) {
            break;
        }
        stream.write_all(b"GET /load HTTP/1.1\r\nHost: shop.test\r\n\r\n")?;
        let response = read(&mut stream)?;
        let body = String::from_utf8_lossy(&response.body);
        if !response.start.starts_with("HTTP/1.1 200 ") || !bodies.contains(&&*body) {
            return Err(io::Error::other(format!("{} {body}", response.start)));
        }
        *answered += 1;
        total.fetch_add(1, Ordering::SeqCst);
        if response.field("connection") == Some("close") {
            break;
        }
        thread::sleep(PAUSE);
    }
    Ok(())
}

/// A response with a length. Unlike [`super::Wire`] it reports a broken connection instead of panicking.
fn read(stream: &mut TcpStream) -> io::Result<Message> {
    let mut bytes = Vec::new();
    let mut more = |bytes: &mut Vec<u8>| {
        let mut piece = [0; 4096];
        match stream.read(&mut piece)? {
            0 => Err(io::Error::other(format!("the end after {:?}", String::from_utf8_lossy(bytes)))),
            length => {
                bytes.extend_from_slice(&piece[..length]);
                Ok(())
            }
        }
    };
    let head = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        more(&mut bytes)?;
    };
    let mut message = Message::read_head(&bytes[..head]);
    let length = message.field("content-length").and_then(|length| length.parse::<usize>().ok());
    let length = length.ok_or_else(|| io::Error::other(format!("no length: {:?}", message.fields)))?;
    while bytes.len() < head + length {
        more(&mut bytes)?;
    }
    message.body = bytes.split_off(head);
    Ok(message)
}
