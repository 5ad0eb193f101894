//! A second attempt beside one that takes long.

mod budget;
mod client_leaves;
mod first_answer_wins;
mod not_twice;
mod one_fails;

use crate::harness::{Config, Gate, Upstream};

/// Answers with its name once the gate is open.
fn waiting(name: &'static str, gate: &Gate) -> Upstream {
    let may_answer = gate.clone();
    Upstream::run(move |peer| {
        while peer.request().is_some() {
            may_answer.pass();
            // The gateway may have closed the connection.
            let _ = peer.try_send(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{name}", name.len()));
        }
    })
}

/// Two endpoints in turn, with a second attempt after a moment.
fn hedging(endpoints: &[&Upstream]) -> Config {
    let addresses: Vec<_> = endpoints.iter().map(|upstream| upstream.address()).collect();
    let config = Config::to_endpoints(&addresses).route("hedge = { after = \"20ms\" }");
    config.upstream("balance = \"round_robin\"")
}

/// The metric of second attempts that ended so.
fn hedges(result: &str) -> String {
    format!("supplex_hedges_total{{result=\"{result}\",upstream=\"up\"}}")
}

/// The metric of attempts at an endpoint that ended so.
fn attempts(upstream: &Upstream, result: &str) -> String {
    let endpoint = upstream.address();
    format!("supplex_upstream_requests_total{{endpoint=\"{endpoint}\",result=\"{result}\",upstream=\"up\"}}")
}
