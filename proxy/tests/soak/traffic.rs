//! Keep-alive connections that ask all the time, at their own pace, and on which nothing may ever fail.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Connections, each on a thread of its own.
pub(crate) struct Traffic {
    stop: Arc<AtomicBool>,
    answers: Arc<[AtomicU64]>,
    connections: Vec<JoinHandle<()>>,
}

impl Traffic {
    pub(crate) fn start(address: SocketAddr, connections: usize) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let answers: Arc<[AtomicU64]> = (0..connections).map(|_| AtomicU64::new(0)).collect();
        let run = |number| {
            let (stop, answers) = (Arc::clone(&stop), Arc::clone(&answers));
            // From one request right after the other to one every 10 ms: the worker is to be busy and idle by turns.
            let pause = Duration::from_micros(number as u64 % 8 * 1400);
            thread::spawn(move || converse(address, pause, &answers[number], &stop))
        };
        let connections = (0..connections).map(run).collect();
        Self { stop, answers, connections }
    }

    /// Answers so far, over all connections.
    pub(crate) fn answered(&self) -> u64 {
        self.answers.iter().map(|count| count.load(Ordering::SeqCst)).sum()
    }

    /// Waits until every connection has got one more answer. Returns how long it took.
    ///
    /// # Errors
    /// The connections that got none within `most`, with the answers they had.
    pub(crate) fn everyone_gets_an_answer(&self, most: Duration) -> Result<Duration, Vec<(usize, u64)>> {
        let counts = || self.answers.iter().map(|count| count.load(Ordering::SeqCst));
        let before: Vec<_> = counts().collect();
        let start = Instant::now();
        loop {
            let silent: Vec<_> =
                counts().enumerate().filter(|(number, count)| before.get(*number) == Some(count)).collect();
            if silent.is_empty() {
                return Ok(start.elapsed());
            }
            if start.elapsed() > most {
                return Err(silent);
            }
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// Ends it; panics if anything went wrong on any connection. Returns the answers in all.
    pub(crate) fn stop(self) -> u64 {
        self.stop.store(true, Ordering::SeqCst);
        let failed: Vec<_> = self.connections.into_iter().map(JoinHandle::join).filter(Result::is_err).collect();
        assert!(failed.is_empty(), "{} connections failed, see above", failed.len());
        self.answers.iter().map(|count| count.load(Ordering::SeqCst)).sum()
    }
}

fn converse(address: SocketAddr, pause: Duration, answers: &AtomicU64, stop: &AtomicBool) {
    let mut stream = TcpStream::connect(address).expect("the gateway listens");
    stream.set_nodelay(true).expect("a socket option");
    while !stop.load(Ordering::SeqCst) {
        stream.write_all(b"GET /soak HTTP/1.1\r\nHost: shop.test\r\n\r\n").expect("the gateway takes the request");
        let mut response = Vec::new();
        while !response.windows(6).any(|window| window == b"\r\n\r\nok") {
            let mut piece = [0; 1024];
            let length = stream.read(&mut piece).expect("the gateway keeps the connection");
            assert_ne!(length, 0, "the connection ended after {:?}", String::from_utf8_lossy(&response));
            response.extend_from_slice(&piece[..length]);
        }
        assert!(response.starts_with(b"HTTP/1.1 200 "), "{:?}", String::from_utf8_lossy(&response));
        answers.fetch_add(1, Ordering::SeqCst);
        thread::sleep(pause);
    }
}
