//! Accepted connections that can be cut on purpose, by a TCP reset instead of an orderly end.
//!
//! A reset belongs to a connection and a request only knows a router, so each request carries a [`Cut`] of its connection
//! (as axum's `ConnectInfo`). Once it is used, the next thing the server does with the connection fails, it drops the
//! socket, and the kernel sends RST: SO_LINGER with a time of zero makes it so. Decides nothing; `faults/layer.rs` does.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};

/// Cuts the connection that a request came on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cut(Arc<AtomicBool>);

impl Cut {
    /// From now on nothing more is sent. The caller must give the server something to send, which is how it notices.
    pub(crate) fn reset(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn is_due(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// What sockets of different kinds do in their own ways.
pub(crate) trait Socket: AsyncRead + AsyncWrite + Unpin + Send + 'static {
    /// Once, when it was accepted.
    fn prepare(&self);
    /// Has the closing of the socket be a reset, where there is such a thing.
    fn close_by_reset(&self);
}

impl Socket for TcpStream {
    fn prepare(&self) {
        if let Err(error) = self.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY was refused");
        }
    }

    fn close_by_reset(&self) {
        if let Err(error) = self.set_zero_linger() {
            tracing::warn!(%error, "SO_LINGER was refused: the connection ends without a reset");
        }
    }
}

impl Socket for UnixStream {
    fn prepare(&self) {}

    fn close_by_reset(&self) {}
}

/// A listener whose connections can be cut.
pub(crate) struct Cuttable<L>(pub(crate) L);

impl<L> Listener for Cuttable<L>
where
    L: Listener,
    L::Io: Socket,
{
    type Io = Stream<L::Io>;
    type Addr = L::Addr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let (socket, address) = self.0.accept().await;
        socket.prepare();
        (Stream { socket, cut: Cut::default() }, address)
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.0.local_addr()
    }
}

impl<L> Connected<IncomingStream<'_, Cuttable<L>>> for Cut
where
    L: Listener,
    L::Io: Socket,
{
    fn connect_info(stream: IncomingStream<'_, Cuttable<L>>) -> Self {
        stream.io().cut.clone()
    }
}

/// A connection that can be cut.
pub(crate) struct Stream<S> {
    socket: S,
    cut: Cut,
}

impl<S: Socket> Stream<S> {
    fn intact(&mut self) -> io::Result<Pin<&mut S>> {
        if self.cut.is_due() {
            self.socket.close_by_reset();
            return Err(io::Error::new(io::ErrorKind::ConnectionReset, "cut on purpose"));
        }
        Ok(Pin::new(&mut self.socket))
    }
}

impl<S: Socket> AsyncRead for Stream<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.get_mut().intact()?.poll_read(cx, buffer)
    }
}

impl<S: Socket> AsyncWrite for Stream<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.get_mut().intact()?.poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.get_mut().intact()?.poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().intact()?.poll_flush(cx)
    }

    // An orderly shutdown would send FIN first, and a client would see that.
    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().intact()?.poll_shutdown(cx)
    }
}
