//! The admin endpoint: what the gateway tells about itself, and the few things it can be told to do.
//!
//! A small HTTP/1.1 server on the sidecar's thread. It serves at most [`CONNECTIONS_MOST`] connections with limits on
//! everything, and reads no request body. Nothing here touches a worker but through what the sidecar offers.
//! Where to read on: `admin/dispatch.rs` (every path), `admin/gate.rs` (who is let in).

mod adaptive;
mod answer;
mod auth;
mod breakers;
mod config;
mod dashboard;
mod dispatch;
mod explain;
mod gate;
mod health;
mod latency;
mod limits;
mod routes;
mod traces;
mod upstreams;
mod workers;

use std::convert::Infallible;
use std::io;
use std::net::{SocketAddr, TcpListener as StdListener};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_local;
use tokio::time::{sleep, timeout};

use super::Sidecar;

/// Connections served at once; more wait in the system's queue.
pub(crate) const CONNECTIONS_MOST: usize = 64;
/// For a request head, and for how long a connection may stay silent.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// However busy it is: a client that does not take its answers must not keep a place.
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(300);
/// Bytes of a request head.
const HEADER_BYTES: usize = 16 * 1024;
/// Fields of a request head.
const HEADER_FIELDS: usize = 64;

/// Binds the endpoint.
///
/// # Errors
/// When the address cannot be had.
pub(crate) fn bind(address: SocketAddr) -> io::Result<StdListener> {
    let listener = StdListener::bind(address)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Serves for ever. Must run within a local set.
///
/// # Errors
/// When the runtime does not take the socket.
pub(crate) async fn serve(sidecar: Rc<Sidecar>, listener: StdListener) -> io::Result<Infallible> {
    let listener = TcpListener::from_std(listener)?;
    let places = Arc::new(Semaphore::new(CONNECTIONS_MOST));
    loop {
        let place = Arc::clone(&places).acquire_owned().await.map_err(io::Error::other)?;
        match listener.accept().await {
            Ok((stream, _)) => {
                spawn_local(serve_connection(Rc::clone(&sidecar), stream, place));
            }
            Err(error) => {
                // Most likely there is no descriptor left; clients may have closed some when we look again.
                tracing::warn!("the admin endpoint cannot accept: {error}");
                sleep(Duration::from_millis(500)).await;
            }
        }
    }
}

async fn serve_connection(sidecar: Rc<Sidecar>, stream: TcpStream, _place: OwnedSemaphorePermit) {
    let service = service_fn(move |request| {
        let sidecar = Rc::clone(&sidecar);
        async move { Ok::<_, Infallible>(dispatch::answer(&sidecar, &request).await) }
    });
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT);
    server.max_headers(HEADER_FIELDS).max_buf_size(HEADER_BYTES);
    let connection = server.serve_connection(TokioIo::new(stream), service);
    match timeout(CONNECTION_TIMEOUT, connection).await {
        Ok(Ok(())) | Err(_) => {}
        Ok(Err(error)) => tracing::debug!("a connection to the admin endpoint ended early: {error}"),
    }
}

#[cfg(test)]
mod tests;
