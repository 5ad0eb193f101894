//! What the other scenarios of health share: an upstream whose answers to probes can be changed, and what the gateway says.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use serde_json::Value;

use crate::harness::{Client, Gateway, Upstream, wait_for};

/// The status with which an endpoint answers probes.
#[derive(Clone)]
pub(super) struct Mood(Arc<AtomicU16>);

impl Mood {
    pub(super) fn new(status: u16) -> Self {
        Self(Arc::new(AtomicU16::new(status)))
    }

    pub(super) fn set(&self, status: u16) {
        self.0.store(status, Ordering::SeqCst);
    }

    pub(super) fn status(&self) -> u16 {
        self.0.load(Ordering::SeqCst)
    }
}

/// Answers requests with its name, and those for `/healthz` by its mood.
pub(super) fn moody(name: &'static str, mood: &Mood) -> Upstream {
    let mood = mood.clone();
    Upstream::run(move |peer| {
        while let Some(request) = peer.request() {
            if request.target() == "/healthz" {
                let body = format!("I am {}", mood.status());
                peer.send(format!("HTTP/1.1 {} X\r\nContent-Length: {}\r\n\r\n{body}", mood.status(), body.len()));
            } else {
                peer.answer(name);
            }
        }
    })
}

/// What the admin endpoint says of an endpoint.
pub(super) fn endpoint(gateway: &Gateway, upstream: &Upstream) -> Value {
    let document = gateway.document("/api/upstreams");
    let endpoints = document["upstreams"][0]["endpoints"].as_array().expect("a list").clone();
    let address = upstream.address();
    endpoints.into_iter().find(|endpoint| endpoint["address"] == *address).expect("the endpoint is there")
}

/// Waits until probes have made an endpoint this, and every worker knows.
pub(super) fn wait_until(gateway: &Gateway, upstream: &Upstream, healthy: bool) {
    wait_for(&format!("{} is healthy: {healthy}", upstream.address()), || {
        (endpoint(gateway, upstream)["health"]["healthy"] == healthy).then_some(())
    });
    let value =
        gateway.metric(&format!("supplex_endpoint_healthy{{endpoint=\"{}\",upstream=\"up\"}}", upstream.address()));
    assert_eq!(value, Some(if healthy { 1.0 } else { 0.0 }));
}

/// Waits until somebody among so many requests in a row is answered, or nobody is, by the endpoint of this name.
pub(super) fn wait_for_answers(client: &mut Client, name: &str, some: bool) {
    wait_for(&format!("answers of {name}: {some}"), || {
        let answers: Vec<_> = (0..20).map(|_| client.get("/").text().to_owned()).collect();
        (answers.iter().any(|answer| answer == name) == some).then_some(())
    });
}
