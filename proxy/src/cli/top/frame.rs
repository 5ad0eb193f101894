//! What is shown of two looks: the head, and a table each for routes, breakers, limits, endpoints and workers.

use super::documents::{Breaker, Endpoint, Guarded};
use super::format::{UNKNOWN, count, micros, rate, share, span};
use super::grid::Side::{Left, Right};
use super::grid::{Line, Piece, Style, piece, table};
use super::latency::Part;
use super::look::{Between, UNROUTED, sum};

fn plain(text: impl AsRef<str>) -> Piece {
    piece(text, Style::Plain)
}

/// In red when there is any.
fn alarming(value: Option<f64>) -> Piece {
    piece(rate(value), if value.is_some_and(|value| value > 0.0) { Style::Bad } else { Style::Plain })
}

/// Everything below the title.
pub(super) fn frame(between: Between<'_>) -> Vec<Line> {
    let mut lines = vec![summary(between)];
    for part in [routes(between), breakers(between), limits(between), endpoints(between), workers(between)] {
        if !part.is_empty() {
            lines.push(Line::default());
            lines.extend(part);
        }
    }
    lines
}

/// All requests per second.
pub(super) fn requests(between: Between<'_>) -> Option<f64> {
    between.over_routes(|route| between.requests(route))
}

fn summary(between: Between<'_>) -> Line {
    let now = between.now;
    let in_flight = now.upstreams.upstreams.iter().map(|upstream| upstream.in_flight).sum();
    let waiting: u64 = now.upstreams.upstreams.iter().map(|upstream| upstream.waiting).sum();
    let connections = now.workers.workers.iter().map(|worker| worker.connections).sum();
    let refused = sum(now.limits.limits.iter().map(|limit| between.decisions(&limit.name, "refused")));
    Line::of([
        piece(format!("{} requests/s", rate(requests(between))), Style::Strong),
        plain("  5xx/s "),
        alarming(between.over_routes(|route| between.class(route, "5xx"))),
        plain(format!("  p99 {}", micros(now.latencies.all.p99_us))),
        plain(format!("  refused by limits/s {}", rate(refused))),
        plain(format!(
            "  in flight {}  waiting {}  connections {}",
            count(in_flight),
            count(waiting),
            count(connections)
        )),
    ])
}

fn routes(between: Between<'_>) -> Vec<Line> {
    let latencies = &between.now.latencies;
    let unknown = Part::default();
    let row = |name: &str| {
        let found = latencies.routes.iter().find(|one| one.route == name);
        let part = |read: fn(&super::latency::RouteLatency) -> &Part| found.map_or(&unknown, read);
        let (total, upstream, overhead) =
            (part(|one| &one.total), part(|one| &one.upstream), part(|one| &one.overhead));
        let latency =
            [total.p50_us, total.p90_us, total.p99_us, total.p999_us, total.max_us, upstream.p99_us, overhead.p99_us];
        let mut cells = vec![
            plain(if name == UNROUTED { "(no route)" } else { name }),
            plain(rate(between.requests(name))),
            plain(rate(between.class(name, "4xx"))),
            alarming(between.class(name, "5xx")),
        ];
        cells.extend(latency.map(|value| plain(micros(value))));
        cells
    };
    let columns = [
        ("ROUTE", Left),
        ("REQ/S", Right),
        ("4XX/S", Right),
        ("5XX/S", Right),
        ("P50", Right),
        ("P90", Right),
        ("P99", Right),
        ("P99.9", Right),
        ("MAX", Right),
        ("UPSTREAM P99", Right),
        ("GATEWAY P99", Right),
    ];
    let mut lines = table(&columns, between.now.every_route().map(|(name, _)| row(name)).collect());
    let note = match latencies.estimated {
        None => "latencies: true percentiles of the last 10 s".to_owned(),
        Some(time) => format!(
            "latencies: estimates of the last {} from the buckets of /metrics; this gateway has no /api/latency",
            span(time.as_secs_f64())
        ),
    };
    lines.push(Line::of([piece(note, Style::Quiet)]));
    lines
}

fn breakers(between: Between<'_>) -> Vec<Line> {
    let row = |(upstream, breaker): (&Guarded, &Breaker)| {
        let total = |read: fn(&super::documents::Counts) -> u64| count(breaker.window.iter().map(read).sum());
        vec![
            plain(format!("{} {}", upstream.upstream, breaker.endpoint)),
            state(upstream, breaker),
            plain(if breaker.opened == 0 { UNKNOWN.to_owned() } else { span(breaker.since_seconds) }),
            plain(breaker.cause.as_deref().unwrap_or(UNKNOWN)),
            plain(next_probe(breaker)),
            plain(total(|one| one.successes)),
            plain(total(|one| one.failures)),
            plain(total(|one| one.slow)),
            plain(count(breaker.opened)),
        ]
    };
    let all = &between.now.breakers.upstreams;
    let rows: Vec<_> =
        all.iter().flat_map(|one| one.endpoints.iter().map(move |breaker| (one, breaker))).map(row).collect();
    if rows.is_empty() {
        return Vec::new();
    }
    let columns = [
        ("BREAKER", Left),
        ("STATE", Left),
        ("FOR", Left),
        ("CAUSE", Left),
        ("NEXT PROBE", Left),
        ("WELL", Right),
        ("FAILED", Right),
        ("SLOW", Right),
        ("OPENED", Right),
    ];
    table(&columns, rows)
}

fn state(upstream: &Guarded, breaker: &Breaker) -> Piece {
    let style = match &*breaker.state {
        "closed" => Style::Good,
        "open" => Style::Bad,
        _ => Style::Warning,
    };
    let forced = if breaker.forced { ", forced" } else { "" };
    let mode = if upstream.mode == "enforce" { String::new() } else { format!(" ({})", upstream.mode) };
    piece(format!("{}{forced}{mode}", breaker.state), style)
}

fn next_probe(breaker: &Breaker) -> String {
    let Some(probes) = &breaker.probes else { return UNKNOWN.to_owned() };
    match (probes.next_in_seconds, probes.succeeded, probes.wanted) {
        (Some(seconds), ..) if seconds > 0.0 => format!("in {}", span(seconds)),
        (Some(_), ..) => "with the next request".to_owned(),
        (None, Some(succeeded), Some(wanted)) => format!("{succeeded} of {wanted} went well"),
        _ => UNKNOWN.to_owned(),
    }
}

fn limits(between: Between<'_>) -> Vec<Line> {
    let limits = &between.now.limits.limits;
    if limits.is_empty() {
        return Vec::new();
    }
    let row = |limit: &super::documents::Limit| {
        let per_second = |decision| between.decisions(&limit.name, decision);
        vec![
            plain(&limit.name),
            plain(&limit.rate),
            plain(&limit.mode),
            plain(rate(per_second("admitted"))),
            alarming(per_second("refused")),
            plain(rate(per_second("shadow"))),
            plain(count(limit.decided("admitted"))),
            plain(count(limit.decided("refused"))),
        ]
    };
    let columns = [
        ("LIMIT", Left),
        ("RATE", Left),
        ("MODE", Left),
        ("ADMITTED/S", Right),
        ("REFUSED/S", Right),
        ("SHADOW/S", Right),
        ("ADMITTED", Right),
        ("REFUSED", Right),
    ];
    table(&columns, limits.iter().map(row).collect())
}

fn endpoints(between: Between<'_>) -> Vec<Line> {
    let row = |(upstream, endpoint): (&str, &Endpoint)| {
        let attempts = |only_failed| between.attempts(upstream, &endpoint.address, only_failed);
        vec![
            plain(format!("{upstream} {}", endpoint.endpoint)),
            health(endpoint),
            plain(count(endpoint.in_flight)),
            plain(count(endpoint.pooled)),
            plain(rate(attempts(false))),
            alarming(attempts(true)),
        ]
    };
    let all = between.now.upstreams.upstreams.iter();
    let rows: Vec<_> =
        all.flat_map(|one| one.endpoints.iter().map(|endpoint| (&*one.name, endpoint))).map(row).collect();
    if rows.is_empty() {
        return Vec::new();
    }
    let columns = [
        ("ENDPOINT", Left),
        ("HEALTH", Left),
        ("IN FLIGHT", Right),
        ("POOLED", Right),
        ("ATTEMPTS/S", Right),
        ("FAILURES/S", Right),
    ];
    table(&columns, rows)
}

fn health(endpoint: &Endpoint) -> Piece {
    match (&endpoint.health, endpoint.ejected_by_workers) {
        (Some(health), _) if !health.healthy => piece("unhealthy", Style::Bad),
        (_, ejected) if ejected > 0 => piece(format!("ejected by {ejected}"), Style::Warning),
        (Some(_), _) => piece("healthy", Style::Good),
        (None, _) => plain("not probed"),
    }
}

fn workers(between: Between<'_>) -> Vec<Line> {
    let row = |worker: &super::documents::Worker| {
        let trouble = |value: u64| piece(count(value), if value > 0 { Style::Warning } else { Style::Plain });
        vec![
            plain(worker.worker.to_string()),
            plain(worker.cpu.to_string()),
            plain(share(worker.busy_ratio)),
            plain(count(worker.connections)),
            plain(count(worker.handoffs)),
            trouble(worker.stalls),
            trouble(worker.panics),
            trouble(worker.link_drops),
        ]
    };
    let columns = [
        ("WORKER", Left),
        ("CPU", Right),
        ("BUSY", Right),
        ("CONNECTIONS", Right),
        ("HANDOFFS", Right),
        ("STALLS", Right),
        ("PANICS", Right),
        ("DROPS", Right),
    ];
    table(&columns, between.now.workers.workers.iter().map(row).collect())
}
