//! `/api/explain`: what becomes of a request and why, by the running configuration, with how its endpoints are now.

use std::time::SystemTime;

use hyper::StatusCode;
use serde_json::{Value, json};
use supplex_engine::config::Upstream;
use supplex_engine::stats::UpstreamBlock;
use supplex_engine::upstream::breaker::{Cause, Rules};

use super::super::Sidecar;
use super::super::registry::UpstreamEntry;
use super::answer::{self, Answer};
use super::{breakers, upstreams};
use crate::clock;
use crate::explain::{Asked, explain};

const USAGE: &str = "ask as `?method=GET&path=/api/x`, also with `host=`, `client=` and any number of `header=name:value`, percent-encoded";

/// The document for the request that `query` describes.
pub(super) fn answer(sidecar: &Sidecar, query: &str) -> Answer {
    let refuse = |detail: &str| answer::problem(StatusCode::BAD_REQUEST, "admin.explain_refused", detail, Value::Null);
    let Some(asked) = read(query) else { return refuse(USAGE) };
    let asked = match asked.checked() {
        Ok(asked) => asked,
        Err(problem) => return refuse(problem),
    };
    let (running, registry) = (sidecar.running.borrow(), sidecar.registry.borrow());
    let now = SystemTime::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_secs());
    let mut explanation = explain(&running.blueprint, &running.snapshot, &asked, now);
    explanation.generation = Some(running.snapshot.generation);
    for told in explanation.route.iter_mut().flat_map(|route| &mut route.upstreams) {
        let settings = running.snapshot.upstreams.iter().find(|upstream| *upstream.name == *told.name);
        let (Some(settings), Some(entry)) = (settings, registry.upstream(&told.name)) else { continue };
        told.live = Some(show_upstream(entry));
        for endpoint in &mut told.endpoints {
            let address = endpoint.address.as_deref();
            endpoint.live = address.and_then(|address| show_endpoint(sidecar, settings, entry, address));
        }
    }
    match serde_json::to_value(&explanation) {
        Ok(document) => answer::json(StatusCode::OK, &document),
        Err(error) => {
            let detail = format!("the explanation cannot be shown: {error}");
            answer::problem(StatusCode::INTERNAL_SERVER_ERROR, "gateway.internal", &detail, Value::Null)
        }
    }
}

/// The request; `None` when the query is not one.
fn read(query: &str) -> Option<Asked> {
    let mut asked = Asked {
        method: "GET".to_owned(),
        target: String::new(),
        host: None,
        fields: Vec::new(),
        client: std::net::Ipv4Addr::LOCALHOST.into(),
    };
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=')?;
        let value = breakers::decode(value);
        match key {
            "method" => asked.method = value,
            "path" => asked.target = value,
            // An empty one is left out, as a form sends it.
            "host" => asked.host = Some(value).filter(|host| !host.is_empty()),
            "client" if value.is_empty() => {}
            "client" => asked.client = value.parse().ok()?,
            "header" if value.is_empty() => {}
            "header" => asked.fields.push(value),
            _ => return None,
        }
    }
    (!asked.target.is_empty()).then_some(asked)
}

fn show_upstream(entry: &UpstreamEntry) -> Value {
    let sum = |read: fn(&UpstreamBlock) -> u64| -> u64 { entry.own.iter().map(|block| read(block)).sum() };
    json!({
        "in_flight": sum(|block| block.in_flight.get()),
        "waiting": sum(|block| block.waiting.get()),
        "panicking_workers": sum(|block| block.panicking.get()),
    })
}

fn show_endpoint(sidecar: &Sidecar, settings: &Upstream, entry: &UpstreamEntry, address: &str) -> Option<Value> {
    let endpoint = settings.endpoints.iter().find(|endpoint| endpoint.address.to_string() == address)?;
    let blocks = entry.endpoints.get(address)?;
    let breaker = settings.breaker.as_ref().zip(entry.breakers.get(address)).map(|(rules, breaker)| {
        let (state, rules) = (breaker.state(), Rules::new(rules, settings.attempt_timeout));
        json!({
            "state": breakers::state_word(state),
            "cause": state.cause.map(Cause::word),
            "lets_through": breaker.would_admit(clock::millis(), &rules),
        })
    });
    Some(json!({
        "breaker": breaker,
        "health": upstreams::show_health(&settings.name, endpoint, sidecar),
        "ejected_by_workers": blocks.iter().map(|block| block.ejected.get()).sum::<u64>(),
        "in_flight": blocks.iter().map(|block| block.in_flight.get()).sum::<u64>(),
        "pooled": blocks.iter().map(|block| block.pooled.get()).sum::<u64>(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_a_request_or_nothing() {
        let asked =
            read("method=POST&path=/a%3fb=c%26d&host=&client=10.0.0.1&header=x-a:%201&header=x-b:2").expect("one");
        assert_eq!((&*asked.method, &*asked.target, asked.host), ("POST", "/a?b=c&d", None));
        assert_eq!(
            (asked.fields, asked.client.to_string()),
            (vec!["x-a: 1".to_owned(), "x-b:2".to_owned()], "10.0.0.1".into())
        );
        for odd in ["", "method=GET", "path=", "path=/&more=1", "path=/&client=me", "path"] {
            assert_eq!(read(odd), None, "{odd}");
        }
    }
}
