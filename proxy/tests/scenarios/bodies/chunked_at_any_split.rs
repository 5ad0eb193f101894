//! A chunked body keeps its content and its chunks however it is cut into packets.

use crate::harness::{Client, Config, Gateway, Pattern, Upstream};

/// Chunks of growing sizes, written with both cases of hexadecimal digits and leading zeros.
fn chunked() -> (String, Vec<usize>) {
    let sizes = [1, 2, 10, 15, 16, 171, 255, 1000];
    let mut text = String::new();
    for (number, size) in sizes.into_iter().enumerate() {
        let letter = char::from(b'a' + number as u8);
        let head = if number % 2 == 0 { format!("{size:x}") } else { format!("00{size:X}") };
        text += &format!("{head}\r\n{}\r\n", letter.to_string().repeat(size));
    }
    (text + "0\r\n\r\n", sizes.to_vec())
}

fn content(sizes: &[usize]) -> String {
    let letters = (b'a'..).map(char::from).map(String::from);
    sizes.iter().zip(letters).map(|(size, letter)| letter.repeat(*size)).collect()
}

#[test]
fn up() {
    let upstream = Upstream::saying("thanks");
    let gateway = Gateway::start(&Config::to(&upstream));
    let mut client = Client::connect(&gateway);
    let (body, sizes) = chunked();
    let request = format!("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n{body}");
    for split in [1, 2, 3, 7, 100, 100_000] {
        client.send_in(split, &request);
        assert_eq!(client.response().text(), "thanks");
        let seen = upstream.seen().message;
        assert_eq!(seen.chunks, sizes);
        assert_eq!(seen.text(), content(&sizes));
        assert_eq!(seen.field("transfer-encoding"), Some("chunked"));
    }
}

#[test]
fn down() {
    let (body, sizes) = chunked();
    let upstream = Upstream::run(move |peer| {
        while let Some(request) = peer.request() {
            let split = request.target()[1..].parse().expect("the target is the split");
            peer.send_in(split, format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{body}"));
        }
    });
    let gateway = Gateway::start(&Config::to(&upstream));
    let mut client = Client::connect(&gateway);
    for split in [1, 2, 3, 7, 100, 100_000] {
        let response = client.get(&format!("/{split}"));
        assert_eq!(response.chunks, sizes);
        assert_eq!(response.text(), content(&sizes));
    }
    assert_eq!(upstream.connections(), 1);
}

#[test]
fn one_large_chunk() {
    let upstream = Upstream::run(|peer| {
        while let Some(request) = peer.request() {
            let head = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n", request.body.len());
            peer.send([head.as_bytes(), &request.body, b"\r\n0\r\n\r\n"].concat());
        }
    });
    let gateway = Gateway::start(&Config::to(&upstream));
    let mut client = Client::connect(&gateway);
    let body = Pattern::new().take(1_500_000);
    let head = format!("PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n", body.len());
    let response = client.request([head.as_bytes(), &body, b"\r\n0\r\n\r\n"].concat());
    assert_eq!(response.body.len(), body.len());
    Pattern::new().check(&response.body);
    assert_eq!(upstream.seen().message.chunks, [1_500_000]);
}
