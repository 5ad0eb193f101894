//! `supplex healthcheck` against a listener of the test's own.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::thread::{self, JoinHandle};

use socket2::{Domain, Socket, Type};

use super::supplex;

/// Answers one request with `answer`; the handle gives the request.
fn serve(answer: &'static str) -> (SocketAddr, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("bound");
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            let mut piece = [0; 1024];
            match stream.read(&mut piece).expect("a request") {
                0 => break,
                length => request.extend_from_slice(&piece[..length]),
            }
        }
        stream.write_all(answer.as_bytes()).expect("the client reads");
        String::from_utf8(request).expect("a request is text")
    });
    (address, server)
}

#[test]
fn a_gateway_that_says_200_is_healthy() {
    let (address, server) = serve("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nok\n");
    let answer = supplex(&["healthcheck", "--admin", &address.to_string()]);
    assert_eq!((answer.code, answer.stderr.as_str()), (0, ""));
    let request = server.join().expect("the server ends");
    assert!(request.starts_with(&format!("GET /healthz HTTP/1.1\r\nHost: {address}\r\n")), "{request}");
}

#[test]
fn any_other_answer_is_not_healthy() {
    for (reply, wanted) in [
        ("HTTP/1.1 503 Service Unavailable\r\n\r\n", "is not healthy: status 503"),
        ("SSH-2.0-OpenSSH_9.2\r\n", "the answer is not HTTP/1.1"),
        ("", "does not answer"),
    ] {
        let (address, server) = serve(reply);
        let answer = supplex(&["healthcheck", "--admin", &address.to_string()]);
        assert_eq!(answer.code, 1, "{reply}");
        assert!(answer.stderr.contains(wanted), "{reply}: {}", answer.stderr);
        server.join().expect("the server ends");
    }
}

#[test]
fn nobody_there_is_not_healthy() {
    // Bound but not listening: nobody else can take the port meanwhile, and connecting is refused.
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).expect("a free port");
    let address = socket.local_addr().ok().and_then(|address| address.as_socket()).expect("bound");
    let answer = supplex(&["healthcheck", "--admin", &address.to_string()]);
    assert_eq!(answer.code, 1);
    assert!(answer.stderr.contains("does not answer"), "{}", answer.stderr);
}

#[test]
fn the_address_and_the_token_come_from_the_configuration() {
    let (address, server) = serve("HTTP/1.1 200 OK\r\n\r\n");
    let file = tempfile::Builder::new().suffix(".toml").tempfile().expect("a temporary file");
    let everywhere = format!("0.0.0.0:{}", address.port());
    let text = format!(
        "[gateway]\nadmin = \"{everywhere}\"\nadmin_token = \"0123456789abcdef\"\n\
         [[listeners]]\nname = \"public\"\naddress = \"127.0.0.1:0\"\n"
    );
    std::fs::write(file.path(), text).expect("written");
    let answer = supplex(&["healthcheck", "--config", file.path().to_str().expect("a plain path")]);
    assert_eq!((answer.code, answer.stderr.as_str()), (0, ""));
    let request = server.join().expect("the server ends");
    assert!(request.contains("\r\nAuthorization: Bearer 0123456789abcdef\r\n"), "{request}");
    assert_eq!(supplex(&["healthcheck", "--config", "bad.toml"]).code, 78);
}
