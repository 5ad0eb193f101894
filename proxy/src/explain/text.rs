//! An explanation for people: one line for each decision, with its place at the end.
//!
//! It shows what `model.rs` holds and decides nothing.

mod page;

use super::model::{
    Auth, Endpoint, Explanation, Found, Limit, Named, Refusal, Request, Rule, Setting, Taken, Upstream,
};
use super::settings::under_overload;
use page::Page;

/// The explanation as text. In colour for a terminal.
#[must_use]
pub(crate) fn render(explanation: &Explanation, colour: bool) -> String {
    let mut page = Page::new(colour);
    show_request(&mut page, &explanation.request);
    if !explanation.routes.is_empty() {
        page.heading("routes, in the order in which they are tried");
        for tried in &explanation.routes {
            let mark = if tried.result == Found::Taken { ">" } else { "-" };
            page.row(&format!("{mark} {}", tried.name), &tried.why, &tried.at);
        }
    }
    if let Some(refusal) = &explanation.refusal {
        show_refusal(&mut page, refusal);
    }
    if let Some(taken) = &explanation.route {
        if explanation.refusal.is_some() {
            page.note("What follows is for a request that passes.");
        }
        show_taken(&mut page, taken);
    }
    page.finish()
}

fn show_request(page: &mut Page, request: &Request) {
    page.heading("request");
    page.row("asked", &format!("{} {}", request.method, request.target), "");
    if let (Some(path), Some(host)) = (&request.path, &request.host) {
        let query = request.query.as_ref().map_or(String::new(), |query| format!(", query `{query}`"));
        page.row("path", &format!("{path}{query}"), "");
        page.row("host", host, "");
    }
    let behind = if request.peer == request.client { String::new() } else { format!(", behind {}", request.peer) };
    page.row("client", &format!("{}{behind}", request.client), "");
    setting(page, "listener", &request.listener);
}

fn show_refusal(page: &mut Page, refusal: &Refusal) {
    let Refusal { stage, reason, status, detail, rfc, at } = refusal;
    page.heading(&format!("refused: {status} {reason}"));
    page.row("why", detail, at);
    page.row("stage", stage, "");
    page.row("rule", rfc, "");
}

fn show_taken(page: &mut Page, taken: &Taken) {
    page.heading(&format!("route `{}`", taken.name));
    page.row(
        "priority",
        &format!("{}: {}", taken.priority.value, under_overload(&taken.priority.value)),
        &taken.priority.at,
    );
    page.row("shed", &overload(&taken.shed), &taken.shed.at);
    named(page, &taken.timeouts);
    for (label, rule) in [("retries", &taken.retries), ("hedge", &taken.hedge), ("fallback", &taken.fallback)] {
        show_rule(page, label, rule);
    }
    page.heading("auth");
    match &taken.auth {
        Some(auth) => show_auth(page, auth),
        None => page.row("none", "nobody asks for a token", ""),
    }
    page.heading("limits");
    if taken.limits.is_empty() {
        page.row("none", "nothing is counted", "");
    }
    taken.limits.iter().for_each(|limit| show_limit(page, limit));
    page.heading("destination");
    for arm in &taken.destination {
        page.row(&arm.upstream, &format!("{}% of the requests", percent(arm.share)), &arm.at);
    }
    taken.upstreams.iter().for_each(|upstream| show_upstream(page, upstream));
    page.heading("request as it is forwarded");
    named(page, &taken.rewrites);
    taken.forwarded.iter().for_each(|line| page.line(line));
    if !taken.response.is_empty() {
        page.heading("response header");
        named(page, &taken.response);
    }
}

fn overload(shed: &Setting) -> String {
    if shed.value == "never" { "never".to_owned() } else { format!("when tasks wait for more than {}", shed.value) }
}

fn show_auth(page: &mut Page, auth: &Auth) {
    let optional = if auth.optional { ", optional" } else { "" };
    page.row(&auth.name, &format!("a bearer token{optional}"), &auth.at);
    for (label, value) in
        [("issuer", &auth.issuer), ("audience", &auth.audience), ("algorithms", &auth.algorithms), ("keys", &auth.keys)]
    {
        setting(page, label, value);
    }
    page.row("this request", &auth.finding, "");
}

fn show_limit(page: &mut Page, limit: &Limit) {
    let counted = match (limit.counted, &limit.bucket) {
        ("exempt", _) => "the client is exempt".to_owned(),
        (_, None) => "a CORS preflight is not counted".to_owned(),
        (_, Some(bucket)) if bucket.is_empty() && limit.key.value == "global" => {
            format!("costs {}, one bucket for all", limit.cost)
        }
        (_, Some(bucket)) if bucket.is_empty() => format!("costs {}, the bucket of all without the key", limit.cost),
        (_, Some(bucket)) => format!("costs {}, bucket `{bucket}`", limit.cost),
    };
    page.row(&limit.name, &counted, &limit.at);
    for (label, value) in [
        ("key", &limit.key),
        ("rate", &limit.rate),
        ("burst", &limit.burst),
        ("store", &limit.store),
        ("precision", &limit.precision),
        ("mode", &limit.mode),
        ("on_store_error", &limit.on_store_error),
    ] {
        setting(page, &format!("  {label}"), value);
    }
}

fn show_upstream(page: &mut Page, upstream: &Upstream) {
    let role = if upstream.is_fallback { ", when all breakers of the destination are open" } else { "" };
    page.heading(&format!("upstream `{}`{role}", upstream.name));
    setting(page, "balance", &upstream.balance);
    if let Some(key) = &upstream.hash_key {
        let leads = upstream.leads_to.as_deref().unwrap_or("an endpoint that depends on how names resolve");
        page.row("hash_key", &format!("{}, which leads to {leads}", key.value), &key.at);
    }
    for endpoint in &upstream.endpoints {
        show_endpoint(page, endpoint);
    }
    named(page, &upstream.timeouts);
    named(page, &upstream.bounds);
}

fn show_endpoint(page: &mut Page, endpoint: &Endpoint) {
    let address = match &endpoint.address {
        None => ", a name that is not resolved here".to_owned(),
        Some(address) if *address == endpoint.endpoint => String::new(),
        Some(address) => format!(" at {address}"),
    };
    page.row("endpoint", &format!("{}{address}, weight {}", endpoint.endpoint, endpoint.weight), &endpoint.at);
}

fn show_rule(page: &mut Page, label: &str, rule: &Rule) {
    page.row(label, &rule.value, &rule.at);
}

fn setting(page: &mut Page, label: &str, setting: &Setting) {
    page.row(label, &setting.value, &setting.at);
}

fn named(page: &mut Page, list: &[Named]) {
    for Named { name, value, at } in list {
        page.row(name, value, at);
    }
}

/// A share as a percentage without a tail of zeros.
fn percent(share: f64) -> f64 {
    (share * 10_000.0).round() / 100.0
}
