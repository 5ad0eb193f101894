//! An endpoint that cannot be reached, or breaks the connection: the retry goes to another one.

use crate::harness::{Client, Config, Gateway, Upstream};

/// A port that nobody listens on, for as long as the socket lives.
fn closed() -> (socket2::Socket, String) {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).expect("a socket");
    socket.bind(&std::net::SocketAddr::from(([127, 0, 0, 1], 0)).into()).expect("a port");
    let address = socket.local_addr().ok().and_then(|address| address.as_socket()).expect("a bound socket");
    (socket, address.to_string())
}

const BUDGET: &str = "retry_budget = { min_per_second = 1000 }\nbalance = \"round_robin\"";

#[test]
fn what_cannot_connect_goes_elsewhere_whatever_the_method() {
    let (_socket, nobody) = closed();
    let upstream = Upstream::echoing();
    let config = Config::to_endpoints(&[nobody, upstream.address()]);
    let gateway = Gateway::start(&config.route("retries = { on = [\"connect\"] }").upstream(BUDGET));
    let mut client = Client::connect(&gateway);
    for number in 0..6 {
        assert_eq!(client.get(&format!("/{number}")).text(), format!("0 GET /{number} "));
        let response = client.request("POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody");
        assert_eq!(response.text(), "0 POST /p body");
    }
    // Whatever the balancer begins with, half of the turns are those of the endpoint that is not there.
    let retried = gateway.metric("supplex_retries_total{result=\"success\",upstream=\"up\"}");
    assert!(retried.is_some_and(|retried| retried >= 6.0), "{retried:?}");
}

#[test]
fn what_breaks_goes_elsewhere_with_its_body() {
    let breaking = Upstream::run(|peer| drop(peer.request()));
    let upstream = Upstream::echoing();
    let config = Config::to_endpoints(&[breaking.address(), upstream.address()]);
    let gateway = Gateway::start(&config.route("retries = {}").upstream(BUDGET));
    let mut client = Client::connect(&gateway);
    for _ in 0..4 {
        let response = client.request("PUT /p HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody");
        // After a connection that broke the next one is new.
        assert!(response.text().ends_with(" PUT /p body"), "{}", response.text());
    }
    assert!(!breaking.seen_so_far().is_empty());
}

#[test]
fn without_the_key_a_failed_connect_is_final() {
    let (_socket, nobody) = closed();
    let upstream = Upstream::saying("ok");
    let config = Config::to_endpoints(&[nobody, upstream.address()]);
    let gateway = Gateway::start(&config.upstream(BUDGET));
    let mut client = Client::connect(&gateway);
    let mut statuses: Vec<_> = (0..4).map(|_| client.get("/").status()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 200, 502, 502]);
}
