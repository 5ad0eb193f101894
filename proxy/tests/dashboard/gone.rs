//! A gateway that goes away: the page says so, keeps what it knew, and is live again by itself when the gateway is back.

use std::net::TcpListener;

use crate::browser::Browser;
use crate::harness::{Client, Config, Gateway, Upstream};

#[test]
fn gone_and_back() {
    let upstream = Upstream::saying("ok");
    let port = {
        let free = TcpListener::bind("127.0.0.1:0").expect("a free port");
        free.local_addr().expect("bound").port()
    };
    let config = |name: &str| {
        let text = format!(
            "[[routes]]\nname = \"{name}\"\nmatch = {{ prefix = \"/\" }}\nupstream = \"up\"\n[upstreams.up]\nendpoints = [\"{}\"]\n",
            upstream.address()
        );
        Config::of(&text).admin(&format!("127.0.0.1:{port}"))
    };
    let gateway = Gateway::start(&config("former"));
    let mut client = Client::connect(&gateway);
    (0..3).for_each(|_| assert_eq!(client.get("/").status(), 200));
    let mut browser = Browser::open(&format!("http://127.0.0.1:{port}/"));
    browser.wait("the count", |browser| browser.number("routes", "former", "Total").filter(|total| *total == 3.0));
    assert_eq!(browser.complaints(), [""; 0]);
    drop((client, gateway));

    browser.until("the page says that it is gone", "document.getElementById('state').dataset.state === 'gone'");
    let said = browser.text("#state");
    assert!(
        said.starts_with("The gateway does not answer. What is shown is of ") && said.ends_with("Trying again …"),
        "{said}"
    );
    assert_eq!(browser.value("document.title"), "Not answering – Supplex Gateway");
    assert_eq!(browser.number("routes", "former", "Total"), Some(3.0), "what was known is still shown");
    browser.picture("gone");
    browser.forget_complaints();

    let gateway = Gateway::start(&config("later"));
    assert_eq!(Client::connect(&gateway).get("/").status(), 200);
    browser.wait("the new gateway", |browser| browser.number("routes", "later", "Total").filter(|total| *total == 1.0));
    assert_eq!(browser.text("#state"), "Live");
    assert_eq!(browser.value("document.querySelectorAll('#routes tr[data-key=former]').length"), 0);
    assert_eq!(browser.value("document.title"), "Supplex Gateway");
}
