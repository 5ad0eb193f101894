//! Short connections in quick succession do not disturb each other, though the system gives them the same descriptors.

use std::thread;

use crate::harness::{Client, Config, Gateway, Upstream};

#[test]
fn one_after_another() {
    let upstream = Upstream::answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    let gateway = Gateway::start(&Config::to(&upstream));
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..1000 {
                    let mut client = Client::connect(&gateway);
                    let response = client.request("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
                    assert_eq!(response.text(), "ok");
                }
            });
        }
    });
}
