//! What the page has to show: a gateway with two workers and three routes, one of them limited and one with an open breaker.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::browser::Browser;
use crate::harness::{Client, Config, Gateway, Upstream};

/// Requests to each route by [`World::start`].
pub(crate) const SHOP: u64 = 40;
/// Of these, how many the limit lets pass.
pub(crate) const BURST: u64 = 5;
pub(crate) const LIMITED: u64 = 12;
/// What opens the breaker, and what it then refuses.
pub(crate) const FAILED: u64 = 6;
pub(crate) const REFUSED: u64 = 4;
/// To no route.
pub(crate) const LOST: u64 = 3;

/// A gateway that has seen a known number of requests.
pub(crate) struct World {
    pub(crate) gateway: Gateway,
    pub(crate) well: Upstream,
    pub(crate) sick: Upstream,
}

impl World {
    /// Starts it and sends the requests.
    pub(crate) fn start(settings: &[&str]) -> Self {
        let well = Upstream::saying("ok");
        let sick = Upstream::answering("HTTP/1.1 503 Sick\r\nContent-Length: 0\r\n\r\n");
        let gateway = Gateway::start(&config(&well, &sick, settings));
        let mut client = Client::connect(&gateway);
        let mut ask = |target: &str, statuses: &[(u16, u64)]| {
            for (status, times) in statuses {
                (0..*times).for_each(|_| assert_eq!(client.get(target).status(), *status, "{target}"));
            }
        };
        ask("/shop/1", &[(200, SHOP)]);
        ask("/limited", &[(200, BURST), (429, LIMITED - BURST)]);
        ask("/sick", &[(503, FAILED + REFUSED)]);
        ask("/nowhere", &[(404, LOST)]);
        Self { gateway, well, sick }
    }

    /// The page in a browser.
    pub(crate) fn open(&self) -> Browser {
        let mut browser = Browser::open(&self.url());
        browser.until("the page is live", "document.getElementById('state').dataset.state === 'live'");
        browser.until("numbers are shown", "document.querySelectorAll('#routes tbody tr').length > 0");
        browser
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.gateway.admin_address())
    }
}

pub(crate) fn config(well: &Upstream, sick: &Upstream, settings: &[&str]) -> Config {
    let route = |name: &str, upstream: &str, more: &str| {
        format!(
            "[[routes]]\nname = \"{name}\"\nmatch = {{ prefix = \"/{name}\" }}\nupstream = \"{upstream}\"\n{more}\n"
        )
    };
    let routes =
        [route("shop", "well", ""), route("limited", "well", "limits = [\"per-client\"]"), route("sick", "sick", "")];
    let config = Config::of(&format!(
        "{}[limits.per-client]\nrate = \"1/h\"\nburst = {BURST}\nkey = \"client_ip\"\nstore = \"local\"\nprecision = \"exact\"\n\
         [upstreams.well]\nendpoints = [\"{}\"]\n[upstreams.well.breaker]\n\
         [upstreams.sick]\nendpoints = [\"{}\"]\n[upstreams.sick.breaker]\nmin_requests = {FAILED}\nopen_for = \"1h\"\n",
        routes.concat(),
        well.address(),
        sick.address(),
    ));
    settings.iter().fold(config.gateway("workers = 2"), |config, line| config.gateway(line))
}

/// A client that asks for `/shop` without end, at a steady pace, until this is dropped.
pub(crate) struct Steady {
    stop: Arc<AtomicBool>,
    client: Option<JoinHandle<()>>,
}

impl Steady {
    pub(crate) fn start(gateway: &Gateway) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (address, told) = (gateway.address(), Arc::clone(&stop));
        let client = thread::spawn(move || {
            let mut stream = TcpStream::connect(address).expect("the gateway listens");
            let mut piece = [0; 4096];
            while !told.load(Ordering::SeqCst) {
                stream.write_all(b"GET /shop/steady HTTP/1.1\r\nHost: h\r\n\r\n").expect("the gateway reads");
                let length = stream.read(&mut piece).expect("the gateway answers");
                assert!(piece[..length].starts_with(b"HTTP/1.1 200 "));
                thread::sleep(Duration::from_millis(5));
            }
        });
        Self { stop, client: Some(client) }
    }
}

impl Drop for Steady {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let joined = self.client.take().map(JoinHandle::join);
        assert!(thread::panicking() || joined.is_some_and(|joined| joined.is_ok()), "every request was answered");
    }
}
