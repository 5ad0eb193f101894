//! The gateway is done with a response before a slow client is: what is still on its way must not be lost when the
//! connection is to end.

use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use crate::harness::{Client, Config, Gateway, Pattern, Upstream};

/// Where within the system's buffers the last bytes of a response fall is chance: each length is another one.
const LENGTHS: std::ops::Range<usize> = 0..16;
/// Longer than the gateway waits for a client to close in its turn.
const PAUSE: Duration = Duration::from_millis(2_500);

/// Reads responses so slowly that the system's buffers towards the client are always full, until the gateway has passed
/// on the last byte as far as it is concerned; then not at all for `pause`; then the rest. Nothing may be missing.
fn is_whole(known: bool, request: &str, half_close: bool, pause: Duration) {
    let (released, release) = channel();
    let upstream = Upstream::run(move |peer| {
        let Some(request) = peer.request() else { return };
        let number: usize = request.target()[1..].parse().expect("the target is a number");
        let length = length(number);
        let framing = if known { format!("Content-Length: {length}\r\n") } else { String::new() };
        peer.send(format!("HTTP/1.1 200 OK\r\nConnection: close\r\n{framing}\r\n"));
        peer.send(Pattern::new().take(length));
        peer.finish();
        // The gateway lets go of a connection that says `close` when it has the whole response.
        peer.expect_gone();
        released.send(number).expect("the scenario waits for it");
    });
    let gateway = Gateway::start(&Config::to(&upstream));
    let mut downloads: Vec<Download> =
        LENGTHS.map(|number| Download::start(&gateway, number, request, half_close)).collect();
    let mut going = LENGTHS.len();
    while going > 0 {
        downloads.iter_mut().filter(|download| !download.released).for_each(Download::read_a_little);
        while let Ok(number) = release.recv_timeout(Duration::from_millis(1)) {
            downloads[number].released = true;
            going -= 1;
        }
    }
    thread::sleep(pause);
    downloads.into_iter().for_each(Download::finish);
}

fn length(number: usize) -> usize {
    (6 << 20) + number * 50_000
}

struct Download {
    client: Client,
    pattern: Pattern,
    left: usize,
    /// The gateway has passed on all of it.
    released: bool,
}

impl Download {
    fn start(gateway: &Gateway, number: usize, request: &str, half_close: bool) -> Self {
        let mut client = Client::connect(gateway);
        client.keep_buffers_small();
        client.send(request.replace("NUMBER", &number.to_string()));
        if half_close {
            client.finish();
        }
        assert_eq!(client.head().expect("a head").status(), 200);
        Self { client, pattern: Pattern::new(), left: length(number), released: false }
    }

    fn read_a_little(&mut self) {
        let piece = self.client.exactly(self.left.min(16 << 10));
        self.pattern.check(&piece);
        self.left -= piece.len();
    }

    fn finish(mut self) {
        while self.left > 0 {
            self.read_a_little();
        }
        self.client.expect_end();
    }
}

#[test]
fn the_client_has_closed_its_half() {
    is_whole(true, "GET /NUMBER HTTP/1.1\r\nHost: h\r\n\r\n", true, Duration::ZERO);
}

#[test]
fn the_body_lasts_until_the_close() {
    is_whole(false, "GET /NUMBER HTTP/1.1\r\nHost: h\r\n\r\n", false, PAUSE);
}
