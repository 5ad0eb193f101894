//! Stands in for the gateway in the tests of the stack runner, which are about starting and stopping, not about proxying.
//!
//! Takes the command line of `supplex run`, writes the ready file, and passes what comes on its listener on to the
//! service in the configuration, one request a connection. With `STAND_IN=broken` it complains and ends, with
//! `STAND_IN=silent` it never writes the ready file. It ends at SIGTERM like any program. Never part of anything that is
//! installed.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, run, config_flag, config, ready_flag, ready] = arguments.as_slice() else {
        eprintln!("usage: stand_in_gateway run --config FILE --ready-file FILE");
        return ExitCode::from(2);
    };
    assert_eq!([run, config_flag, ready_flag], ["run", "--config", "--ready-file"]);
    match std::env::var("STAND_IN").as_deref() {
        Ok("broken") => {
            eprintln!("the stand-in is broken on purpose");
            return ExitCode::from(70);
        }
        Ok("silent") => loop {
            std::thread::park();
        },
        _ => {}
    }
    let config: toml::Table = std::fs::read_to_string(config).expect("a configuration").parse().expect("TOML");
    let text = |value: &toml::Value| value.as_str().expect("text").to_owned();
    let listener = TcpListener::bind(text(&config["listeners"][0]["address"])).expect("the listener's address");
    let admin = TcpListener::bind(text(&config["gateway"]["admin"])).expect("the admin address");
    let service: SocketAddr = text(&config["upstreams"]["products"]["endpoints"][0]).parse().expect("an address");
    let addresses = (listener.local_addr().expect("bound"), admin.local_addr().expect("bound"));
    std::thread::spawn(move || {
        serve(&admin, |_request| b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_vec())
    });
    let json = format!(
        r#"{{"pid":{},"admin":"{}","listeners":{{"public":"{}"}}}}"#,
        std::process::id(),
        addresses.1,
        addresses.0
    );
    std::fs::write(ready, json).expect("the ready file");
    serve(&listener, |request| forward(request, service));
    ExitCode::SUCCESS
}

fn serve(listener: &TcpListener, answer: impl Fn(&str) -> Vec<u8>) {
    for stream in listener.incoming() {
        let Ok(mut stream) = stream else { continue };
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|count| count > 0) {
            head.extend_from_slice(&byte);
        }
        // Whoever asked and left does not want the answer.
        let _gone = stream.write_all(&answer(&String::from_utf8_lossy(&head)));
    }
}

fn forward(request: &str, service: SocketAddr) -> Vec<u8> {
    let request = request.replacen(" /api", " ", 1).replacen("\r\n", "\r\nconnection: close\r\n", 1);
    let mut answer = Vec::new();
    let asked = TcpStream::connect(service).and_then(|mut stream| {
        stream.write_all(request.as_bytes())?;
        stream.read_to_end(&mut answer)
    });
    match asked {
        Ok(_) => answer,
        Err(_) => b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n".to_vec(),
    }
}
