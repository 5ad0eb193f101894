//! One payments node of three goes wrong: how soon its breaker opens, what it costs, and how the node comes back.
//!
//! What goes wrong is up to the step. While the breaker is open the node is mended, and made to take a little time for each
//! request: so there is a while in which the breaker is half-open and nothing but probes can have reached the node, and
//! what the node itself received until then can be counted.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use supplex_stack::component::Component;

use super::{judge_failures, judge_latency};
use crate::admin::Metrics;
use crate::config::{MIN_REQUESTS, OPEN_FOR, PROBES};
use crate::figures::Span;
use crate::scene::Scene;
use crate::verdict::{Verdict, number};
use crate::watch::{self, Isolation, Look, State};

/// The node that goes wrong.
pub(super) const NODE: Component = Component::Payments2;
const UPSTREAM: &str = "payments";
/// How long the breaker may take to open before the step is given up.
const PATIENCE: Duration = Duration::from_secs(8);
/// How long it may take to close again: some rounds of probes.
const RETURN_PATIENCE: Duration = Duration::from_secs(30);
/// How long attempts in flight may take before the node is mended all the same: in time before the first probe.
const IDLE_PATIENCE: Duration = Duration::from_millis(2200);
const IN_FLIGHT: &str = "supplex_upstream_in_flight";
/// Between two looks. An answer takes some time as well.
const LOOK: Duration = Duration::from_millis(4);
/// How long a probe takes, so that it can be counted before its success closes the breaker. Not slow for a breaker.
const COUNTABLE: &str = r#"{"latency":{"kind":"fixed","ms":100}}"#;
/// An isolation must be done within this.
const BAR_MS: f64 = 500.0;

/// What the gateway and the node counted before the event.
pub(super) struct Watched {
    endpoint: SocketAddr,
    before: Span,
    counted: Metrics,
    first: Look,
}

/// A while in which all is well.
pub(super) async fn all_is_well(scene: &Scene) -> Result<Watched, String> {
    let endpoint = scene.running(NODE)?.address;
    scene.notebook.tell(format_args!("all is well; {} is {endpoint}", NODE.name()));
    let before = scene.pass(6.0).await;
    let counted = scene.metrics().await?;
    let first = watch::look(scene.admin, scene.now(), UPSTREAM, endpoint).await?;
    Ok(Watched { endpoint, before, counted, first })
}

/// From the event to the end: follows the breaker until it is closed again. `mend` makes the node well; it is called while
/// the breaker is open.
pub(super) async fn follow(
    scene: &Scene,
    watched: &Watched,
    event: Duration,
    mend: impl AsyncFnOnce() -> Result<(), String>,
) -> Result<(), String> {
    let (looks, in_flight) = until_open(scene, watched).await?;
    let isolation = watch::isolation(&looks).ok_or("the breaker opened and closed unseen")?;
    scene.notebook.tell_of(isolation.opened, "its breaker is open");
    until_idle(scene, watched).await?;
    mend().await?;
    scene.set_faults(NODE, COUNTABLE).await?;
    scene.notebook.tell("the node is mended; a request takes it 100 ms, so that probes can be counted");
    let calm = watch::look(scene.admin, scene.now(), UPSTREAM, watched.endpoint).await?;
    let back = until_closed(scene, watched.endpoint).await?;
    scene.set_faults(NODE, "{}").await?;
    scene.notebook.tell_of(back.closed, "its breaker is closed again");
    scene.pass(3.0).await;
    let during = scene.since(event);
    for group in [&scene.products, &scene.payments] {
        group.settle().await;
    }
    judge_isolation(scene, &isolation, event, calm.troubles - watched.first.troubles, in_flight);
    judge_return(scene, &isolation, &back);
    let products = scene.products.record();
    judge_failures(scene, &[products.clone(), scene.payments.record()], during);
    judge_latency(scene, &products, 1.2, watched.before, during);
    show(scene, watched, during).await
}

/// Looks until the breaker is open. Also says how many attempts were in flight at the node at most.
async fn until_open(scene: &Scene, watched: &Watched) -> Result<(Vec<Look>, u64), String> {
    let (begun, mut looks, mut in_flight) = (Instant::now(), vec![watched.first], 0.0_f64);
    let endpoint = watched.endpoint.to_string();
    loop {
        let look = watch::look(scene.admin, scene.now(), UPSTREAM, watched.endpoint).await?;
        looks.push(look);
        in_flight =
            in_flight.max(scene.metrics().await?.sum(IN_FLIGHT, &[("upstream", UPSTREAM), ("endpoint", &endpoint)]));
        if look.opened > watched.first.opened {
            return Ok((looks, in_flight as u64));
        }
        if begun.elapsed() > PATIENCE {
            let troubles = look.troubles - watched.first.troubles;
            return Err(format!("its breaker did not open within {} s, after {troubles} troubles", PATIENCE.as_secs()));
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Waits until what was in flight at the node has ended, but not until the breaker probes.
async fn until_idle(scene: &Scene, watched: &Watched) -> Result<(), String> {
    let (begun, endpoint) = (Instant::now(), watched.endpoint.to_string());
    while scene.metrics().await?.sum(IN_FLIGHT, &[("upstream", UPSTREAM), ("endpoint", &endpoint)]) > 0.0 {
        if begun.elapsed() > IDLE_PATIENCE {
            return Ok(());
        }
        tokio::time::sleep(LOOK).await;
    }
    Ok(())
}

/// How a node came back.
struct Return {
    /// When the breaker was half-open.
    half_open: Duration,
    /// When it closed.
    closed: Duration,
    /// What the node received before that, from when the breaker had opened.
    probes: Option<u64>,
}

async fn until_closed(scene: &Scene, endpoint: SocketAddr) -> Result<Return, String> {
    let received = async || Metrics::of(endpoint).await.map(|page| page.sum("svc_faults_injected_total", &ARRIVED));
    let (begun, before) = (Instant::now(), received().await?);
    let (mut half_open, mut probes) = (None, None);
    while begun.elapsed() < RETURN_PATIENCE {
        // In this order: what the node had received when the breaker was still half-open afterwards, were probes.
        let now = received().await?;
        let look = watch::look(scene.admin, scene.now(), UPSTREAM, endpoint).await?;
        match look.state {
            State::Open => {}
            State::HalfOpen => {
                half_open.get_or_insert(look.since);
                probes = Some((now - before) as u64);
            }
            State::Closed => {
                let half_open = half_open.ok_or("the breaker closed without being seen half-open")?;
                return Ok(Return { half_open, closed: look.since, probes });
            }
        }
        tokio::time::sleep(LOOK).await;
    }
    Err(format!("its breaker did not close within {} s", RETURN_PATIENCE.as_secs()))
}

/// The node counts a request as delayed when it arrives, before it does anything else with it.
const ARRIVED: [(&str, &str); 1] = [("fault", "latency")];

fn judge_isolation(scene: &Scene, isolation: &Isolation, event: Duration, troubles: u64, in_flight: u64) {
    let took = |from: Duration| isolation.opened.saturating_sub(from).as_secs_f64() * 1e3;
    let note = &scene.notebook;
    // The event is the earlier of the two only when it takes a while until something fails.
    let from = isolation.well_until.max(event);
    note.judge(Verdict::at_most("isolated, from the first trouble", " ms", BAR_MS, Some(took(from))));
    note.figure("isolated, from the event", format_args!("{} ms", number(took(event))));
    let bar = (MIN_REQUESTS + in_flight) as f64;
    let what = format!("failed or slow attempts (min_requests {MIN_REQUESTS} and {in_flight} in flight)");
    note.judge(Verdict::at_most(what, "", bar, Some(troubles as f64)));
    note.figure("of them before the breaker opened", isolation.troubles);
}

fn judge_return(scene: &Scene, isolation: &Isolation, back: &Return) {
    let seconds = |from: Duration, to: Duration| to.saturating_sub(from).as_secs_f64();
    let note = &scene.notebook;
    // Up to a tenth longer by chance; then the next request that would go there is the first probe.
    let latest = OPEN_FOR * 1.1 + 1.0;
    let opened = seconds(isolation.opened, back.half_open);
    note.judge(Verdict::between("probed by itself, after", " s", (OPEN_FOR - 0.01, latest), Some(opened)));
    note.judge(Verdict::exactly("attempts the node received while half-open", PROBES, back.probes));
    note.figure("half-open for", format_args!("{} s", number(seconds(back.half_open, back.closed))));
}

/// What else is worth knowing.
async fn show(scene: &Scene, watched: &Watched, during: Span) -> Result<(), String> {
    let (now, endpoint) = (scene.metrics().await?, watched.endpoint.to_string());
    let grown = |name: &str, labels: &[(&str, &str)]| now.sum(name, labels) - watched.counted.sum(name, labels);
    let results = ["success", "server_error", "connect", "reset", "timeout", "malformed", "cancelled"];
    let attempts: Vec<_> = results
        .iter()
        .map(|result| {
            (result, grown("supplex_upstream_requests_total", &[("endpoint", &endpoint), ("result", result)]))
        })
        .filter(|(_, count)| *count > 0.0)
        .map(|(result, count)| format!("{count} {result}"))
        .collect();
    scene.notebook.figure("attempts at the node until the end", attempts.join(", "));
    let retries = grown("supplex_retries_total", &[("upstream", UPSTREAM)]);
    scene.notebook.figure("exchanges that were tried again", retries);
    let payments = scene.payments.record();
    let [was, is] = [watched.before, during].map(|span| payments.percentile(span, 0.99).unwrap_or_default());
    scene.notebook.figure("p99 of payments, before and during", format_args!("{was:.2} ms, {is:.2} ms"));
    Ok(())
}
