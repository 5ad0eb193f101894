//! A gateway that goes away while it is watched is waited for.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::Stdio;

use super::top;
use crate::harness::{Config, Gateway, Upstream};

#[test]
fn keeps_trying() {
    let upstream = Upstream::saying("ok");
    let port = {
        let free = TcpListener::bind("127.0.0.1:0").expect("a free port");
        free.local_addr().expect("bound").port()
    };
    let config = Config::to(&upstream).admin(&format!("127.0.0.1:{port}"));
    let gateway = Gateway::start(&config);
    let mut child = top(&gateway, &["--interval", "100ms"]).stdout(Stdio::piped()).spawn().expect("it starts");
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines().map(|line| line.expect("text"));
    assert!(lines.any(|line| line.starts_with("all ")), "the first frame");
    drop(gateway);
    let said = format!("the gateway at 127.0.0.1:{port} does not answer: ");
    assert!(lines.any(|line| line.starts_with(&said) && line.ends_with("; trying again")), "it says so");
    assert!(lines.any(|line| line.starts_with("all ")), "what was known is still shown");
    let _gateway = Gateway::start(&config);
    let mut silent = 0;
    let back = lines.find(|line| {
        // A whole frame without the complaint: its title is followed by the numbers.
        silent = if line.starts_with("Supplex Gateway") { 1 } else { silent + 1 };
        silent == 2 && line.contains(" requests/s")
    });
    assert!(back.is_some(), "it is watched again");
    drop(lines);
    // Nobody reads any more, so it ends by itself.
    let ended = crate::harness::wait_for("the end", || child.try_wait().ok().flatten());
    assert_eq!(ended.code(), Some(0));
}
