//! `supplex top` where there is nothing to watch.

use socket2::{Domain, Socket, Type};

use super::supplex;

#[test]
fn nobody_there_is_one_clear_line() {
    // Bound but not listening: nobody else can take the port meanwhile, and connecting is refused.
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    socket.bind(&std::net::SocketAddr::from(([127, 0, 0, 1], 0)).into()).expect("a free port");
    let address = socket.local_addr().ok().and_then(|address| address.as_socket()).expect("bound");
    for more in [&["--once"][..], &[]] {
        let admin = format!("http://{address}");
        let answer = supplex(&[&["top", "--admin", &*admin], more].concat());
        assert_eq!((answer.code, &*answer.stdout), (1, ""), "{more:?}");
        let wanted = format!("supplex: the gateway at {address} does not answer: ");
        assert!(answer.stderr.starts_with(&wanted) && answer.stderr.lines().count() == 1, "{}", answer.stderr);
    }
}

#[test]
fn what_cannot_be_asked_is_wrong_usage() {
    for arguments in [
        &["top", "--admin", "https://127.0.0.1:9900"][..],
        &["top", "--admin", "127.0.0.1"],
        &["top", "--interval", "1ms"],
        &["top", "--interval", "soon"],
        &["top", "--admin", "127.0.0.1:1", "--config", "good.yaml"],
    ] {
        let answer = supplex(arguments);
        assert_eq!((answer.code, &*answer.stdout), (2, ""), "{arguments:?}: {}", answer.stderr);
    }
    assert_eq!(supplex(&["top", "--once", "--config", "bad.toml"]).code, 78);
}
