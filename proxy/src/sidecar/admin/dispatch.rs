//! Every path of the admin endpoint.

use std::rc::Rc;

use hyper::{Method, Request, StatusCode};
use serde_json::Value;
use tokio::task::spawn_local;

use super::super::reload::{Outcome, Trigger, reload};
use super::super::{Sidecar, metrics};
use super::answer::{self, Answer};
use super::gate::Stranger;
use super::{
    auth, breakers, config, dashboard, explain, gate, health, latency, limits, routes, traces, upstreams, workers,
};

/// What can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Page {
    Index,
    Health,
    Ready,
    Metrics,
    Config,
    Routes,
    Upstreams,
    Breakers,
    Limits,
    Auth,
    Explain,
    Workers,
    Latency,
    LatencyLog,
    Traces,
    Reload,
    Drain,
}

/// Every path with its page and what it is for.
const PAGES: [(&str, Page, &str); 17] = [
    ("/", Page::Index, "this list; for a browser, which accepts text/html, the dashboard"),
    ("/healthz", Page::Health, "200 while the process lives"),
    ("/readyz", Page::Ready, "200 when every worker runs the current configuration, 503 otherwise and while draining"),
    ("/metrics", Page::Metrics, "for Prometheus"),
    ("/api/config", Page::Config, "the running configuration, the latest reloads and why the last was refused"),
    ("/api/routes", Page::Routes, "the routes in the order in which they are tried, with counts"),
    ("/api/upstreams", Page::Upstreams, "upstreams and their endpoints, with counts"),
    ("/api/breakers", Page::Breakers, "the breakers; POST ?upstream=&endpoint=&state=open|closed|auto forces one"),
    ("/api/limits", Page::Limits, "rate limits with their settings, and what was decided"),
    ("/api/auth", Page::Auth, "whose tokens are believed, their keys and the last fetch, and what was decided"),
    ("/api/explain", Page::Explain, "why a request gets what it gets: ?method=&path=&host=&client=&header=name:value"),
    ("/api/workers", Page::Workers, "the workers"),
    ("/api/latency", Page::Latency, "percentiles of the last minute; ?route=&upstream=&window=10s&by=worker"),
    ("/latency.hlog", Page::LatencyLog, "the last minute as an HdrHistogram log"),
    ("/api/traces", Page::Traces, "which traces are recorded, where their spans go, and what became of them"),
    ("/api/reload", Page::Reload, "POST: read the configuration again and wait for the result"),
    ("/api/drain", Page::Drain, "POST: finish what is under way and end"),
];

impl Page {
    fn at(path: &str) -> Option<Page> {
        PAGES.iter().find(|(other, ..)| *other == path).map(|(_, page, _)| *page)
    }

    /// Whether asking for it changes something, and so is done with POST.
    fn changes(self) -> bool {
        matches!(self, Page::Reload | Page::Drain)
    }
}

/// The answer to a request. Its body, if any, is not read.
pub(super) async fn answer<B>(sidecar: &Rc<Sidecar>, request: &Request<B>) -> Answer {
    let page = Page::at(request.uri().path());
    let file = dashboard::find(request.uri().path(), request.headers());
    let forces = page == Some(Page::Breakers) && request.method() == Method::POST;
    let changes = forces || page.is_some_and(Page::changes);
    let token = sidecar.snapshot().gateway.admin_token.clone();
    match gate::check(token.as_deref(), request.headers(), changes) {
        Ok(()) => {}
        // A page that is the same for everybody, and asks for the token itself.
        Err(Stranger::NoToken) if file.is_some() => {}
        Err(Stranger::NoToken) => return answer::unauthorized(),
        Err(Stranger::ForeignName) => {
            return answer::forbidden("without an admin token, ask by address or as `localhost`");
        }
        Err(Stranger::ForeignPage) => return answer::forbidden("pages of other origins may not change anything here"),
    }
    if let Some(file) = file {
        return match *request.method() {
            Method::GET | Method::HEAD => dashboard::show(file),
            _ => answer::method_refused("GET, HEAD"),
        };
    }
    let Some(page) = page else {
        return answer::problem(StatusCode::NOT_FOUND, "admin.not_found", "`GET /` lists what there is", Value::Null);
    };
    if forces {
        return breakers::force(sidecar, request.uri().query().unwrap_or_default());
    }
    if page == Page::Explain && matches!(*request.method(), Method::GET | Method::HEAD) {
        return explain::answer(sidecar, request.uri().query().unwrap_or_default());
    }
    match (changes, request.method()) {
        // The server leaves the body away for HEAD.
        (false, &Method::GET | &Method::HEAD) => show(sidecar, page, request.uri().query().unwrap_or_default()).await,
        (true, &Method::POST) => act(sidecar, page).await,
        (false, _) if page == Page::Breakers => answer::method_refused("GET, HEAD, POST"),
        (false, _) => answer::method_refused("GET, HEAD"),
        (true, _) => answer::method_refused("POST"),
    }
}

async fn show(sidecar: &Sidecar, page: Page, query: &str) -> Answer {
    let document = match page {
        Page::Health => return answer::text(StatusCode::OK, "ok\n"),
        Page::Ready => return health::readiness(sidecar),
        Page::Metrics => return show_metrics(sidecar),
        Page::Config => config::document(sidecar),
        Page::Routes => routes::document(sidecar),
        Page::Upstreams => upstreams::document(sidecar),
        Page::Breakers => breakers::document(sidecar),
        Page::Limits => limits::document(sidecar),
        Page::Auth => auth::document(sidecar),
        Page::Workers => workers::document(sidecar),
        Page::Traces => traces::document(sidecar),
        Page::Latency => return latency::show(sidecar, query).await,
        Page::LatencyLog => return latency::log(sidecar).await,
        Page::Index | Page::Explain | Page::Reload | Page::Drain => return answer::text(StatusCode::OK, index()),
    };
    answer::json(StatusCode::OK, &document)
}

fn index() -> String {
    let lines = PAGES.iter().map(|(path, _, what)| format!("{path:<16} {what}\n"));
    format!("Supplex Gateway {}\n\n{}", env!("CARGO_PKG_VERSION"), lines.collect::<String>())
}

fn show_metrics(sidecar: &Sidecar) -> Answer {
    match metrics::render(sidecar) {
        Ok(text) => answer::metrics(text),
        Err(error) => {
            let detail = format!("the metrics cannot be shown: {error}");
            answer::problem(StatusCode::INTERNAL_SERVER_ERROR, "gateway.internal", &detail, Value::Null)
        }
    }
}

async fn act(sidecar: &Rc<Sidecar>, page: Page) -> Answer {
    if page == Page::Drain {
        sidecar.ask_for_drain();
        return answer::json(StatusCode::ACCEPTED, &serde_json::json!({ "result": "draining" }));
    }
    // A task of its own: a client that hangs up must not leave a reload half done.
    let asked = Rc::clone(sidecar);
    let outcome = spawn_local(async move { reload(&asked, Trigger::Admin).await }).await;
    match outcome {
        Err(error) => {
            let detail = format!("the reload failed: {error}");
            answer::problem(StatusCode::INTERNAL_SERVER_ERROR, "gateway.internal", &detail, Value::Null)
        }
        Ok(outcome) => show_outcome(sidecar, outcome),
    }
}

fn show_outcome(sidecar: &Sidecar, outcome: Option<Outcome>) -> Answer {
    match outcome {
        Some(Outcome::Accepted { generation, warnings, behind }) => answer::json(
            StatusCode::OK,
            &serde_json::json!({
                "result": "accepted", "generation": generation, "warnings": warnings, "workers_behind": behind,
            }),
        ),
        Some(Outcome::Refused(refusal)) => {
            let more = serde_json::json!({
                "generation": sidecar.snapshot().generation, "problems": refusal.problems,
            });
            let detail = "the configuration is refused as a whole; the old one stays in force";
            answer::problem(StatusCode::UNPROCESSABLE_ENTITY, "config.refused", detail, more)
        }
        Some(Outcome::Unchanged { .. }) | None => {
            let generation = sidecar.snapshot().generation;
            answer::json(StatusCode::OK, &serde_json::json!({ "result": "unchanged", "generation": generation }))
        }
    }
}
