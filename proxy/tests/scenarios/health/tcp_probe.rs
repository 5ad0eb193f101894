//! A TCP probe only connects: an endpoint that nobody listens at is out, whatever another one would answer.

use std::net::{TcpListener, TcpStream};

use super::states::wait_until;
use crate::harness::{Client, Config, Gateway, Upstream, wait_for};

#[test]
fn nobody_listens() {
    // Bound and not listened at: connecting is refused until somebody listens.
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).expect("a socket");
    socket.bind(&std::net::SocketAddr::from(([127, 0, 0, 1], 0)).into()).expect("a port");
    let dead = socket.local_addr().expect("an address").as_socket().expect("an IP address").to_string();
    // Answers requests badly, which a TCP probe does not notice.
    let good = Upstream::answering("HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n");
    let config = Config::to_endpoints(&[dead.clone(), good.address()]).upstream("balance = \"round_robin\"");
    let gateway =
        Gateway::start(&config.upstream("health = { kind = \"tcp\", interval = \"10ms\", timeout = \"5s\" }"));
    let metric = format!("supplex_endpoint_healthy{{endpoint=\"{dead}\",upstream=\"up\"}}");
    gateway.wait_for_metric(&metric, 0.0);
    let mut client = Client::connect(&gateway);
    wait_for("only the other one is used", || (0..10).all(|_| client.get("/").status() == 500).then_some(()));
    wait_until(&gateway, &good, true);

    socket.listen(1024).expect("it listens");
    let listener = TcpListener::from(socket);
    gateway.wait_for_metric(&metric, 1.0);
    drop(listener);
    assert!(TcpStream::connect(&dead).is_err());
    gateway.wait_for_metric(&metric, 0.0);
}
