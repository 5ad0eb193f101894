//! Nobody listens at the endpoint: 502 with `upstream.connect`, and the client's connection goes on.

use std::net::TcpListener;

use crate::harness::{Client, Config, Gateway, assert_problem};

#[test]
fn connect_refused() {
    // Bound and not listening on: the port is nobody else's, and connecting is refused.
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).expect("a socket");
    socket.bind(&std::net::SocketAddr::from(([127, 0, 0, 1], 0)).into()).expect("a port");
    let address = TcpListener::from(socket);
    let port = address.local_addr().expect("a bound socket has an address");
    let gateway = Gateway::start(&Config::to_address(&port.to_string()));
    let mut client = Client::connect(&gateway);
    for _ in 0..3 {
        let response = client.get("/");
        assert_problem(&response, 502, "upstream.connect");
        assert_eq!(response.field("connection"), None);
    }
    // With a body under way the next request's start is not known.
    let response = client.request("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nhi");
    assert_problem(&response, 502, "upstream.connect");
    assert_eq!(response.field("connection"), Some("close"));
    client.expect_end();
}
