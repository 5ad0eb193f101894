//! The listening sockets: one per listener and worker, all on one address (SO_REUSEPORT), all listening before any worker
//! serves, so that the kernel spreads connections from the first one on.
//!
//! Nothing here accepts. The [`Book`] remembers what is bound, so that a reload binds only what is new.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;

use socket2::{Domain, Protocol, Socket, Type};
use supplex_engine::config::{Listener, ListenerId};

use super::preflight;

/// Connections that wait to be accepted, per socket. The system's `net.core.somaxconn` may lower it.
const BACKLOG: i32 = 4096;

/// A listener that could not be bound.
#[derive(Debug)]
pub(crate) struct BindError {
    listener: Box<str>,
    address: SocketAddr,
    cause: io::Error,
}

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = format!("listener `{}` cannot listen on {}", self.listener, self.address);
        f.write_str(&preflight::describe(&what, &self.cause))?;
        match self.cause.kind() {
            io::ErrorKind::PermissionDenied if self.address.port() < 1024 => f.write_str(
                ". Ports below 1024 need the capability CAP_NET_BIND_SERVICE or the sysctl net.ipv4.ip_unprivileged_port_start",
            ),
            io::ErrorKind::AddrNotAvailable => f.write_str(". No interface of this host has that address"),
            _ => Ok(()),
        }
    }
}

impl std::error::Error for BindError {}

/// Listeners whose sockets the workers have (or are about to get), by name and configured address.
#[derive(Debug, Default)]
pub(crate) struct Book {
    bound: BTreeMap<(Box<str>, SocketAddr), SocketAddr>,
}

/// Fresh sockets of new listeners, not yet in the book. Dropping it closes them.
#[derive(Debug, Default)]
pub(crate) struct Fresh {
    addresses: Vec<((Box<str>, SocketAddr), SocketAddr)>,
    /// By worker.
    sockets: Vec<Vec<(ListenerId, OwnedFd)>>,
}

impl Book {
    /// Binds what the book does not have yet: all of it, or nothing.
    ///
    /// # Errors
    /// The first listener that cannot be bound.
    pub(crate) fn bind(&self, listeners: &[Listener], workers: usize) -> Result<Fresh, BindError> {
        let mut fresh = Fresh { addresses: Vec::new(), sockets: (0..workers).map(|_| Vec::new()).collect() };
        for (id, listener) in (0..=u16::MAX).map(ListenerId).zip(listeners) {
            let key = (listener.name.clone(), listener.address);
            if self.bound.contains_key(&key) {
                continue;
            }
            let ours = self.bound.values().any(|address| address.port() == listener.address.port());
            let group = group(listener.address, workers, ours).map_err(|cause| BindError {
                listener: listener.name.clone(),
                address: listener.address,
                cause,
            })?;
            fresh.addresses.push((key, group.address));
            for (sockets, socket) in fresh.sockets.iter_mut().zip(group.sockets) {
                sockets.push((id, socket.into()));
            }
        }
        Ok(fresh)
    }

    /// Takes over what was bound, forgets listeners that are gone, and returns the sockets by worker.
    pub(crate) fn commit(&mut self, fresh: Fresh, listeners: &[Listener]) -> Vec<Vec<(ListenerId, OwnedFd)>> {
        self.bound.retain(|(name, address), _| {
            listeners.iter().any(|listener| listener.name == *name && listener.address == *address)
        });
        self.bound.extend(fresh.addresses);
        fresh.sockets
    }

    /// Where a listener really listens: as configured, with the port the system chose for port 0.
    #[must_use]
    pub(crate) fn address(&self, listener: &Listener) -> SocketAddr {
        self.bound.get(&(listener.name.clone(), listener.address)).copied().unwrap_or(listener.address)
    }
}

struct Group {
    address: SocketAddr,
    sockets: Vec<Socket>,
}

/// `ours` is whether a listener of this process may have the port already.
fn group(address: SocketAddr, workers: usize, ours: bool) -> io::Result<Group> {
    if address.port() != 0 && !ours {
        // SO_REUSEPORT would quietly share the port with another gateway of the same user.
        open(address, false)?;
    }
    let mut address = address;
    let mut sockets = Vec::with_capacity(workers);
    for _ in 0..workers {
        let socket = open(address, true)?;
        let bound = socket.local_addr()?.as_socket();
        address = bound.ok_or_else(|| io::Error::other("the socket has no internet address"))?;
        sockets.push(socket);
    }
    for socket in &sockets {
        socket.listen(BACKLOG)?;
    }
    Ok(Group { address, sockets })
}

fn open(address: SocketAddr, shared: bool) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // A restart need not wait for old connections to leave TIME_WAIT.
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(shared)?;
    if address.is_ipv6() {
        // `[::]:80` and `0.0.0.0:80` are two listeners that do not get into each other's way.
        socket.set_only_v6(true)?;
    }
    // Accepted sockets inherit it; small messages must not wait for an acknowledgement.
    socket.set_tcp_nodelay(true)?;
    socket.bind(&address.into())?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};
    use std::time::Duration;

    use super::*;

    fn listener(name: &str, address: &str) -> Listener {
        Listener {
            name: name.into(),
            address: address.parse().expect("an address"),
            header_timeout: Duration::from_secs(5),
            idle_timeout: Duration::from_secs(60),
            max_header_bytes: 16 << 10,
            max_header_fields: 100,
            max_body_bytes: 10 << 20,
            max_connections: 100,
        }
    }

    #[test]
    fn all_sockets_of_a_listener_share_the_port_the_system_chose() {
        let listeners = [listener("a", "127.0.0.1:0"), listener("b", "127.0.0.1:0")];
        let mut book = Book::default();
        let fresh = book.bind(&listeners, 3).expect("bound");
        let sockets = book.commit(fresh, &listeners);
        assert_eq!(sockets.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2, 2]);
        let (a, b) = (book.address(&listeners[0]), book.address(&listeners[1]));
        assert!(a.port() != 0 && b.port() != 0 && a != b);
        TcpStream::connect(a).expect("listening");
        TcpStream::connect(b).expect("listening");
    }

    #[test]
    fn what_is_bound_is_kept_and_what_is_gone_is_forgotten() {
        let first = [listener("a", "127.0.0.1:0"), listener("b", "127.0.0.1:0")];
        let mut book = Book::default();
        let fresh = book.bind(&first, 1).expect("bound");
        let held = book.commit(fresh, &first);
        let before = book.address(&first[0]);
        let second = [listener("c", "127.0.0.1:0"), listener("a", "127.0.0.1:0")];
        let fresh = book.bind(&second, 1).expect("bound");
        let sockets = book.commit(fresh, &second);
        assert_eq!(sockets[0].iter().map(|(id, _)| id.0).collect::<Vec<_>>(), [0], "only `c` is new");
        assert_eq!(book.address(&second[1]), before);
        assert_eq!(book.address(&first[1]), first[1].address, "`b` is gone");
        drop(held);
    }

    #[test]
    fn a_port_of_somebody_else_is_refused_even_if_shared_and_nothing_stays_bound() {
        let taken = open("127.0.0.1:0".parse().expect("an address"), true).expect("bound");
        taken.listen(1).expect("listening");
        let address = taken.local_addr().expect("an address").as_socket().expect("an internet address");
        let listeners = [listener("free", "127.0.0.1:0"), listener("public", &address.to_string())];
        let error = Book::default().bind(&listeners, 2).expect_err("taken").to_string();
        assert!(error.contains("`public`") && error.contains(&address.to_string()), "{error}");
        assert!(error.contains("ss -ltnp"), "{error}");
    }

    #[test]
    fn a_new_name_may_take_over_the_address_of_an_old_one() {
        let port = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a port").port();
        let address = format!("127.0.0.1:{port}");
        let mut book = Book::default();
        let first = [listener("old", &address)];
        let fresh = book.bind(&first, 1).expect("bound");
        let _held = book.commit(fresh, &first);
        let second = [listener("new", &address)];
        let fresh = book.bind(&second, 1).expect("beside the old one");
        assert_eq!(book.commit(fresh, &second)[0].len(), 1);
    }

    #[test]
    fn version_6_leaves_version_4_alone() {
        let Ok(six) = group("[::]:0".parse().expect("an address"), 1, false) else { return };
        let port = six.address.port();
        group(SocketAddr::from(([127, 0, 0, 1], port)), 1, false).expect("the same port over version 4");
    }
}
