//! A shopper: who it is, and every step that it can take, each through the gateway.
//!
//! A step that is answered otherwise than it should be ends the journey. A patient shopper first tries again where that can
//! do no harm: after 429 and 503, and where the request can be repeated, also after 502, 504 and no answer. Where to read
//! on: `shopper/steps.rs` for the steps, `shopper/journey.rs` for the order in which a load takes them, `demo.rs` for that of
//! the demo.

pub mod journey;
mod steps;

use std::time::Duration;

use uuid::Uuid;

use crate::client::{Client, Request};
use crate::step::{Broken, Exchange, Reply, Step, Witness};

/// The test card that is approved.
pub const GOOD_CARD: &str = "4242424242424242";

/// The test card that is declined.
pub const DECLINED_CARD: &str = "4000000000000002";

/// How long a shopper waits before it looks again or tries again, if nobody says for how long.
const PAUSE: Duration = Duration::from_millis(200);

/// What became of a checkout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sale {
    /// The order is paid.
    Paid,
    /// The card refused.
    Declined,
    /// Somebody else was faster.
    SoldOut,
    /// The service goes on by itself.
    Pending,
}

/// A shopper. `W` looks on.
#[derive(Debug)]
pub struct Shopper<W> {
    client: Client,
    /// Their e-mail.
    pub email: String,
    password: String,
    token: Option<String>,
    refresh_token: Option<String>,
    /// How often a step is tried again.
    patience: u32,
    /// Who looks on.
    pub witness: W,
}

impl<W: Witness> Shopper<W> {
    /// Somebody new, who has no account yet.
    pub fn new(client: Client, patience: u32, witness: W) -> Self {
        let number = Uuid::now_v7().simple();
        let email = format!("shopper-{number}@example.com");
        Self {
            client,
            email,
            password: format!("only-for-{number}"),
            token: None,
            refresh_token: None,
            patience,
            witness,
        }
    }

    async fn ask(&mut self, step: Step, request: Request, expected: &[u16]) -> Result<Reply, Broken> {
        let request = match &self.token {
            Some(token) => request.with("authorization", format!("Bearer {token}")),
            None => request,
        };
        let mut attempt = 0;
        loop {
            let (took, outcome) = self.client.send(&request).await;
            let again = attempt < self.patience && may_repeat(&request, &outcome);
            self.witness.saw(&Exchange {
                step,
                method: request.method,
                path: &request.path,
                took,
                outcome: outcome.as_ref().map_err(String::as_str),
                again,
            });
            if again {
                tokio::time::sleep(pause(attempt, &outcome)).await;
                attempt += 1;
                continue;
            }
            let named = format!("{} {}", request.method, request.path);
            return match outcome {
                Ok(reply) if expected.contains(&reply.status) => Ok(reply),
                Ok(reply) => Err(unexpected(step, named, &reply)),
                Err(what) => Err(Broken { step, request: named, status: 0, reason: what.clone(), what }),
            };
        }
    }

    fn expect_text(&self, step: Step, request: &str, reply: &Reply, pointer: &str) -> Result<String, Broken> {
        let text = reply.text(pointer).map(str::to_owned);
        text.ok_or_else(|| no_field(step, request.to_owned(), reply, pointer))
    }
}

fn may_repeat(request: &Request, outcome: &Result<Reply, String>) -> bool {
    match outcome.as_ref().map(|reply| reply.status) {
        // Whoever says so has not begun.
        Ok(429 | 503) => true,
        Ok(502 | 504) | Err(_) => request.is_repeatable(),
        Ok(_) => false,
    }
}

fn pause(attempt: u32, outcome: &Result<Reply, String>) -> Duration {
    let told = outcome.as_ref().ok().and_then(|reply| reply.header("retry-after")?.parse().ok());
    // Somebody who is told to come back in an hour does not.
    told.map_or(PAUSE.saturating_mul(1 << attempt.min(5)), |seconds: u64| Duration::from_secs(seconds.min(30)))
}

fn unexpected(step: Step, request: String, reply: &Reply) -> Broken {
    let detail = reply.text("/detail").or_else(|| reply.text("/title")).unwrap_or("there is no explanation");
    let what = format!("answered {} {}: {detail}", reply.status, reply.reason());
    Broken { step, request, status: reply.status, reason: reply.reason().to_owned(), what }
}

fn no_field(step: Step, request: String, reply: &Reply, field: &str) -> Broken {
    let what = format!("the answer ({}) lacks {field}: {}", reply.status, reply.body);
    Broken { step, request, status: reply.status, reason: "answer.incomplete".to_owned(), what }
}

#[cfg(test)]
mod tests {
    use hyper::HeaderMap;
    use serde_json::Value;

    use super::*;

    fn reply(status: u16, headers: &[(&'static str, &'static str)]) -> Result<Reply, String> {
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| (hyper::header::HeaderName::from_static(name), value.parse().expect("a value")))
            .collect();
        Ok(Reply { status, headers, body: Value::Null })
    }

    #[test]
    fn only_what_does_no_harm_is_tried_again() {
        let (post, keyed) = (Request::new("POST", "/"), Request::new("POST", "/").with("idempotency-key", "1"));
        assert!(may_repeat(&post, &reply(503, &[])) && may_repeat(&post, &reply(429, &[])));
        assert!(!may_repeat(&post, &reply(502, &[])) && !may_repeat(&post, &Err("lost".into())));
        assert!(may_repeat(&keyed, &reply(502, &[])) && may_repeat(&keyed, &Err("lost".into())));
        assert!(!may_repeat(&keyed, &reply(409, &[])) && !may_repeat(&keyed, &reply(201, &[])));
    }

    #[test]
    fn it_waits_as_long_as_it_is_told_and_longer_each_time_otherwise() {
        assert_eq!(pause(0, &reply(503, &[("retry-after", "2")])), Duration::from_secs(2));
        assert_eq!(pause(0, &reply(503, &[("retry-after", "3600")])), Duration::from_secs(30));
        assert!(pause(0, &reply(503, &[])) < pause(1, &Err("lost".into())));
    }
}
