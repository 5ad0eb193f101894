//! A worker that cannot keep up refuses low priorities, then normal ones, and never high ones; when it keeps up again,
//! nothing is refused.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::thread::{self, JoinHandle};

use crate::harness::{Client, Config, Gateway, Upstream, assert_problem, wait_for};

/// Clients that send more than a worker can serve: each request is compared with many patterns and matches none.
struct Flood {
    streams: Vec<TcpStream>,
    threads: Vec<JoinHandle<()>>,
}

impl Flood {
    fn start(address: SocketAddr) -> Self {
        let request = format!("GET /{} HTTP/1.1\r\nHost: h\r\n\r\n", "a".repeat(7_000));
        let (mut streams, mut threads) = (Vec::new(), Vec::new());
        for _ in 0..16 {
            let stream = TcpStream::connect(address).expect("the gateway listens");
            let (mut writing, mut reading) =
                (stream.try_clone().expect("a handle"), stream.try_clone().expect("a handle"));
            let request = request.clone();
            threads.push(thread::spawn(move || while writing.write_all(request.as_bytes()).is_ok() {}));
            threads.push(thread::spawn(move || {
                let mut sink = [0; 64 * 1024];
                while matches!(reading.read(&mut sink), Ok(1..)) {}
            }));
            streams.push(stream);
        }
        Self { streams, threads }
    }
}

impl Drop for Flood {
    fn drop(&mut self) {
        for stream in &self.streams {
            let _ = stream.shutdown(Shutdown::Both);
        }
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

#[test]
fn priorities() {
    let upstream = Upstream::saying("ok");
    let mut routes = String::new();
    for priority in ["low", "normal", "high"] {
        routes += &format!(
            "[[routes]]\nname = \"{priority}\"\nmatch = {{ exact = \"/{priority}\" }}\nupstream = \"up\"\npriority = \"{priority}\"\n"
        );
    }
    for number in 0..150 {
        routes +=
            &format!("[[routes]]\nname = \"slow{number}\"\nmatch = {{ regex = \"/a*{number}\" }}\nupstream = \"up\"\n");
    }
    routes += &format!("[upstreams.up]\nendpoints = [\"{}\"]\n", upstream.address());
    let gateway = Gateway::start(&Config::of(&routes).gateway("shed = { queue_delay = \"1ms\" }"));
    let mut client = Client::connect(&gateway);
    let mut is_refused = |path: &str| {
        let response = client.get(path);
        let refused = response.status() != 200;
        if refused {
            assert_problem(&response, 503, "gateway.overloaded");
            assert_eq!(response.field("retry-after"), Some("1"));
        }
        refused
    };
    for path in ["/low", "/normal", "/high"] {
        assert!(!is_refused(path), "{path}");
    }
    let flood = Flood::start(gateway.address());
    for path in ["/low", "/normal"] {
        wait_for(path, || {
            assert!(!is_refused("/high"));
            is_refused(path).then_some(())
        });
    }
    drop(flood);
    for path in ["/normal", "/low"] {
        wait_for(path, || (!is_refused(path)).then_some(()));
    }
}
