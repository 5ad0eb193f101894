//! Bodies that trickle.

use std::num::NonZeroU32;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::response::Response;
use http_body_util::BodyExt;
use hyper::body::{Frame, SizeHint};
use tokio::time::{Sleep, sleep};

/// How often something comes, if the rate allows it: a byte at a time at 20 bytes a second or less.
const PER_SECOND: u32 = 20;

/// Has the body of `response` come at `rate` bytes a second. Its length stays announced as it was.
pub(super) fn trickle(response: Response, rate: NonZeroU32) -> Response {
    let portion = (rate.get() / PER_SECOND).max(1);
    let pause = Duration::from_secs_f64(f64::from(portion) / f64::from(rate.get()));
    response.map(|body| {
        Body::new(Trickle {
            body,
            pending: Bytes::new(),
            portion: portion as usize,
            pause,
            sleep: Box::pin(sleep(pause)),
        })
    })
}

struct Trickle {
    body: Body,
    /// What came from the body and is not passed on yet.
    pending: Bytes,
    portion: usize,
    pause: Duration,
    sleep: Pin<Box<Sleep>>,
}

impl HttpBody for Trickle {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = self.get_mut();
        while this.pending.is_empty() {
            let mut next = this.body.frame();
            match ready!(Pin::new(&mut next).poll(cx)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => this.pending = data,
                    Err(other) => return Poll::Ready(Some(Ok(other))),
                },
                end => return Poll::Ready(end),
            }
        }
        ready!(this.sleep.as_mut().poll(cx));
        this.sleep.set(sleep(this.pause));
        let portion = this.pending.split_to(this.portion.min(this.pending.len()));
        Poll::Ready(Some(Ok(Frame::data(portion))))
    }

    fn is_end_stream(&self) -> bool {
        self.pending.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let pending = self.pending.len() as u64;
        let inner = self.body.size_hint();
        let mut hint = SizeHint::new();
        hint.set_lower(inner.lower() + pending);
        if let Some(upper) = inner.upper() {
            hint.set_upper(upper + pending);
        }
        hint
    }
}
