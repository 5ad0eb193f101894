//! A scriptable upstream: what each of its connections does is written in the scenario.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::ops::{Deref, DerefMut};
use std::os::unix::net::{UnixListener, UnixStream};
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use super::{GUARD, Kind, Message, Wire};

/// A server whose connections each run the scenario's script on a thread of their own.
pub(crate) struct Upstream {
    place: Place,
    seen: Receiver<Seen>,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

/// A request with the number of the connection that it came on, from 0.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) connection: usize,
    pub(crate) message: Message,
}

/// One connection from the gateway, as its script sees it.
pub(crate) struct Peer {
    /// Its number, from 0.
    pub(crate) connection: usize,
    wire: Option<Wire>,
    seen: Sender<Seen>,
}

enum Place {
    Tcp(SocketAddr),
    Unix(PathBuf),
}

#[derive(Default)]
struct Shared {
    stopping: AtomicBool,
    connections: AtomicUsize,
    running: Mutex<Vec<JoinHandle<()>>>,
}

impl Upstream {
    /// Runs `script` for every connection; the connection closes when it returns.
    pub(crate) fn run(script: impl Fn(&mut Peer) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let place = Place::Tcp(listener.local_addr().expect("a bound socket has an address"));
        Self::start(place, script, move || listener.accept().map(|(stream, _)| Wire::tcp(stream)).ok())
    }

    /// As [`Upstream::run`], on a unix socket.
    pub(crate) fn run_unix(path: &Path, script: impl Fn(&mut Peer) + Send + Sync + 'static) -> Self {
        let listener = UnixListener::bind(path).expect("a socket in the folder");
        let accept = move || listener.accept().map(|(stream, _)| Wire::unix(stream)).ok();
        Self::start(Place::Unix(path.to_owned()), script, accept)
    }

    /// Answers every request with `response`, as written.
    pub(crate) fn answering(response: impl AsRef<[u8]> + Send + Sync + 'static) -> Self {
        Self::run(move |peer| {
            while peer.request().is_some() {
                peer.send(response.as_ref());
            }
        })
    }

    /// Answers every request with 200 and `body`.
    pub(crate) fn saying(body: &str) -> Self {
        Self::answering(ok(body))
    }

    /// Answers every request with 200, the number of the connection, the method and the target, and after a space the
    /// body of the request.
    pub(crate) fn echoing() -> Self {
        Self::run(|peer| {
            while let Some(request) = peer.request() {
                let line = request.start.strip_suffix(" HTTP/1.1").expect("the gateway speaks HTTP/1.1");
                let body = format!("{} {line} {}", peer.connection, request.text());
                peer.answer(&body);
            }
        })
    }

    fn start(
        place: Place,
        script: impl Fn(&mut Peer) + Send + Sync + 'static,
        accept: impl Fn() -> Option<Wire> + Send + 'static,
    ) -> Self {
        let (sender, seen) = channel();
        let shared = Arc::new(Shared::default());
        let (own, script) = (Arc::clone(&shared), Arc::new(script));
        let accepting = thread::spawn(move || {
            while let Some(wire) = accept() {
                if own.stopping.load(Ordering::SeqCst) {
                    return;
                }
                let connection = own.connections.fetch_add(1, Ordering::SeqCst);
                let (script, seen) = (Arc::clone(&script), sender.clone());
                let running = thread::spawn(move || script(&mut Peer { connection, wire: Some(wire), seen }));
                own.running.lock().expect("nobody panics with the lock held").push(running);
            }
        });
        Self { place, seen, shared, accepting: Some(accepting) }
    }

    /// Its address as it stands in a configuration.
    pub(crate) fn address(&self) -> String {
        match &self.place {
            Place::Tcp(address) => address.to_string(),
            Place::Unix(path) => format!("unix:{}", path.display()),
        }
    }

    /// The next request in the order of arrival.
    pub(crate) fn seen(&self) -> Seen {
        self.seen.recv_timeout(GUARD).expect("the gateway forwards a request")
    }

    /// The requests that arrived and were not asked for yet.
    pub(crate) fn seen_so_far(&self) -> Vec<Seen> {
        self.seen.try_iter().collect()
    }

    /// How many connections the gateway has made.
    pub(crate) fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.shared.stopping.store(true, Ordering::SeqCst);
        // A connection of our own, so that it stops to wait for one.
        let woken = match &self.place {
            Place::Tcp(address) => TcpStream::connect(address).is_ok(),
            Place::Unix(path) => UnixStream::connect(path).is_ok(),
        };
        if thread::panicking() || !woken {
            return;
        }
        let accepting = self.accepting.take().map(JoinHandle::join);
        assert!(accepting.is_some_and(|joined| joined.is_ok()), "the upstream accepts until it is stopped");
        let running = std::mem::take(&mut *self.shared.running.lock().expect("nobody panics with the lock held"));
        for script in running {
            if let Err(panicked) = panic::catch_unwind(AssertUnwindSafe(|| script.join())).expect("joining is safe") {
                panic::resume_unwind(panicked);
            }
        }
    }
}

impl Peer {
    /// The next request, whole; `None` when the gateway has closed the connection.
    pub(crate) fn request(&mut self) -> Option<Message> {
        let message = self.message(Kind::Request)?;
        self.report(&message);
        Some(message)
    }

    /// The next request's head; `None` when the gateway has closed the connection.
    pub(crate) fn request_head(&mut self) -> Option<Message> {
        let message = self.head()?;
        self.report(&message);
        Some(message)
    }

    /// Shows a request to whoever asks the upstream what it has seen.
    fn report(&self, message: &Message) {
        // The scenario may be over.
        let _ = self.seen.send(Seen { connection: self.connection, message: message.clone() });
    }

    /// Answers with 200 and `body`.
    pub(crate) fn answer(&mut self, body: &str) {
        self.send(ok(body));
    }

    /// Closes with a reset. The script must not use the connection after it.
    pub(crate) fn reset(&mut self) {
        self.wire.take().expect("a connection is closed once").reset();
    }
}

impl Deref for Peer {
    type Target = Wire;

    fn deref(&self) -> &Wire {
        self.wire.as_ref().expect("the connection was reset")
    }
}

impl DerefMut for Peer {
    fn deref_mut(&mut self) -> &mut Wire {
        self.wire.as_mut().expect("the connection was reset")
    }
}

/// A 200 with a body of known length.
pub(crate) fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}
