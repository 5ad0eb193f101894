//! `/metrics`: the workers' blocks, added up when somebody asks.
//!
//! Names and help texts stand in `supplex_engine::stats::names`, labels come from the configuration or from small enums,
//! never from a request. Nothing is kept between two scrapes; scraping costs the workers nothing.

mod auth;
mod breakers;
mod family;
mod limits;
mod process;
mod traces;

use std::sync::Arc;

use prometheus::proto::MetricFamily;
use prometheus::{TextEncoder, proto::MetricType};
use supplex_engine::reason;
use supplex_engine::stats::block::{AttemptResult, HedgeResult};
use supplex_engine::stats::{Histogram, LimitDecision, LimitSource, RouteBlock, WorkerBlock, names};

use super::Sidecar;
use super::registry::{HistogramSum, Registry};
use family::{Family, counter, gauge, histogram};

/// The `route` label of requests that match no route. No route can have this name.
pub(crate) const UNROUTED: &str = "-";

/// Everything in the text format, version 0.0.4.
///
/// # Errors
/// When the encoder refuses a family, which is a defect.
pub(crate) fn render(sidecar: &Sidecar) -> prometheus::Result<String> {
    let registry = sidecar.registry.borrow();
    let mut families = requests(&registry);
    families.push(limits(&registry));
    families.extend(auth::families(sidecar, &registry));
    families.extend(upstreams(&registry));
    families.extend(breakers::families(&sidecar.snapshot(), &registry));
    families.extend(connections(&registry));
    families.extend(workers(sidecar));
    families.extend(limits::families(&sidecar.limits));
    families.extend(control(sidecar));
    families.extend(traces::families(sidecar));
    families.extend(process::families());
    // The encoder refuses a family without a metric, as of upstreams whose names have not resolved.
    families.retain(|family| !family.get_metric().is_empty());
    TextEncoder::new().encode_to_string(&families)
}

fn requests(registry: &Registry) -> Vec<MetricFamily> {
    let mut requests = Family::new(names::REQUESTS, MetricType::COUNTER);
    let mut durations = Family::new(names::REQUEST_DURATION, MetricType::HISTOGRAM);
    for (route, blocks) in registry.routes().chain([(UNROUTED, registry.unrouted())]) {
        for ((method, code), count) in responses(blocks) {
            requests.push(&[("route", route), ("method", method), ("code", &code)], counter(count));
        }
        durations.push(&[("route", route)], histogram(&sum(blocks.iter().map(|block| &block.duration))));
    }
    let mut overhead = Family::new(names::OVERHEAD, MetricType::HISTOGRAM);
    overhead.push(&[], histogram(&registry.overhead()));
    let mut local = Family::new(names::LOCAL_REPLIES, MetricType::COUNTER);
    for row in reason::ALL {
        local.push(&[("reason", row.word)], counter(registry.local_replies(row.reason)));
    }
    [requests, durations, overhead, local].map(Family::finish).into()
}

/// Responses of one route by method and status code, over all workers.
fn responses(blocks: &[Arc<RouteBlock>]) -> Vec<((&'static str, String), u64)> {
    let mut sums = std::collections::BTreeMap::new();
    for (pair, count) in blocks.iter().flat_map(|block| block.responses.rows()) {
        // What did not fit a worker's table has no method and code of its own.
        let (method, code) = pair.map_or(("other", 0), |(method, code)| (method.label(), code));
        *sums.entry((method, code)).or_insert(0_u64) += count;
    }
    let label = |code: u16| if code == 0 { "other".to_owned() } else { code.to_string() };
    sums.into_iter().map(|((method, code), count)| ((method, label(code)), count)).collect()
}

fn sum<'a>(histograms: impl Iterator<Item = &'a Histogram>) -> HistogramSum {
    let mut sum = HistogramSum::default();
    for histogram in histograms {
        sum.add(histogram);
    }
    sum
}

/// Every decision by every ground that can lead to it.
fn limits(registry: &Registry) -> MetricFamily {
    let mut decisions = Family::new(names::RATE_LIMIT_DECISIONS, MetricType::COUNTER);
    for limit in registry.limits() {
        for (decision, word) in LimitDecision::ALL {
            for (source, ground) in LimitSource::ALL {
                let count = registry.limit_decisions(limit, decision, source);
                let labels = [("limit", limit), ("decision", word), ("source", ground)];
                decisions.push(&labels, counter(count));
            }
        }
    }
    decisions.finish()
}

fn upstreams(registry: &Registry) -> Vec<MetricFamily> {
    let mut attempts = Family::new(names::UPSTREAM_REQUESTS, MetricType::COUNTER);
    let mut in_flight = Family::new(names::UPSTREAM_IN_FLIGHT, MetricType::GAUGE);
    let mut pooled = Family::new(names::UPSTREAM_POOLED, MetricType::GAUGE);
    let mut healthy = Family::new(names::ENDPOINT_HEALTHY, MetricType::GAUGE);
    let mut ejected = Family::new(names::ENDPOINT_EJECTED, MetricType::GAUGE);
    let mut ejections = Family::new(names::ENDPOINT_EJECTIONS, MetricType::COUNTER);
    let mut durations = Family::new(names::UPSTREAM_DURATION, MetricType::HISTOGRAM);
    let mut waiting = Family::new(names::UPSTREAM_WAITING, MetricType::GAUGE);
    let mut hedges = Family::new(names::HEDGES, MetricType::COUNTER);
    let mut limit = Family::new(names::UPSTREAM_CONCURRENCY_LIMIT, MetricType::GAUGE);
    let mut retries = Family::new(names::RETRIES, MetricType::COUNTER);
    for (upstream, entry) in registry.upstreams() {
        durations.push(&[("upstream", upstream)], histogram(&sum(entry.own.iter().map(|block| &block.duration))));
        let retried: u64 = entry.own.iter().map(|block| block.retried.get()).sum();
        let failed: u64 = entry.own.iter().map(|block| block.retry_failed.get()).sum();
        retries.push(&[("upstream", upstream), ("result", "success")], counter(retried));
        retries.push(&[("upstream", upstream), ("result", "failure")], counter(failed));
        let exhausted = entry.own.iter().map(|block| block.retry_exhausted.get()).sum();
        retries.push(&[("upstream", upstream), ("result", "budget_exhausted")], counter(exhausted));
        waiting.push(&[("upstream", upstream)], gauge(entry.own.iter().map(|block| block.waiting.get()).sum()));
        for (result, word) in HedgeResult::ALL {
            let count = entry.own.iter().map(|block| block.hedges(result).get()).sum();
            hedges.push(&[("upstream", upstream), ("result", word)], counter(count));
        }
        let most = entry.own.iter().map(|block| block.concurrency.limit.get()).sum();
        limit.push(&[("upstream", upstream)], gauge(most));
        for (endpoint, blocks) in &entry.endpoints {
            let labels = [("upstream", upstream), ("endpoint", endpoint)];
            for (result, word) in AttemptResult::ALL {
                let count = blocks.iter().map(|block| block.results(result).get()).sum();
                attempts.push(&[labels[0], labels[1], ("result", word)], counter(count));
            }
            in_flight.push(&labels, gauge(blocks.iter().map(|block| block.in_flight.get()).sum()));
            pooled.push(&labels, gauge(blocks.iter().map(|block| block.pooled.get()).sum()));
            let is_healthy = entry.states.get(endpoint).is_none_or(|state| state.is_healthy());
            healthy.push(&labels, gauge(is_healthy.into()));
            ejected.push(&labels, gauge(blocks.iter().map(|block| block.ejected.get()).sum()));
            ejections.push(&labels, counter(blocks.iter().map(|block| block.ejections.get()).sum()));
        }
    }
    let families =
        [attempts, in_flight, pooled, healthy, ejected, ejections, durations, waiting, limit, retries, hedges];
    families.map(Family::finish).into()
}

fn connections(registry: &Registry) -> Vec<MetricFamily> {
    let mut held = Family::new(names::CONNECTIONS, MetricType::GAUGE);
    let mut accepted = Family::new(names::ACCEPTED, MetricType::COUNTER);
    let mut refused = Family::new(names::REFUSED, MetricType::COUNTER);
    for (listener, blocks) in registry.listeners() {
        let labels = [("listener", listener)];
        held.push(&[labels[0], ("state", "idle")], gauge(blocks.iter().map(|block| block.idle.get()).sum()));
        held.push(&[labels[0], ("state", "active")], gauge(blocks.iter().map(|block| block.active.get()).sum()));
        accepted.push(&labels, counter(blocks.iter().map(|block| block.accepted.get()).sum()));
        refused.push(&labels, counter(blocks.iter().map(|block| block.refused.get()).sum()));
    }
    [held, accepted, refused].map(Family::finish).into()
}

fn workers(sidecar: &Sidecar) -> Vec<MetricFamily> {
    let mut busy = Family::new(names::WORKER_BUSY, MetricType::GAUGE);
    for worker in 0..sidecar.crew.len() {
        busy.push(&[("worker", &worker.to_string())], family::ratio(sidecar.busy.ratio(worker)));
    }
    type Read = fn(&WorkerBlock) -> u64;
    let counters: [(_, Read); 4] = [
        (names::WORKER_HANDOFFS, |block| block.handoffs.get()),
        (names::WORKER_STALLS, |block| block.stalls.get()),
        (names::WORKER_LINK_DROPS, |block| block.link_drops.get()),
        (names::WORKER_PANICS, |block| block.panics.get()),
    ];
    let gauges: [(_, Read); 2] = [
        (names::WORKER_CONNECTIONS, |block| block.connections.get()),
        (names::WORKER_BUFFERS, |block| block.buffers.get()),
    ];
    let each = |name, kind, read: Read, metric: fn(u64) -> prometheus::proto::Metric| {
        let mut family = Family::new(name, kind);
        for (worker, member) in sidecar.crew.iter().enumerate() {
            family.push(&[("worker", &worker.to_string())], metric(read(&member.block)));
        }
        family.finish()
    };
    let counters = counters.map(|(name, read)| each(name, MetricType::COUNTER, read, counter));
    let gauges = gauges.map(|(name, read)| each(name, MetricType::GAUGE, read, gauge));
    [busy.finish()].into_iter().chain(counters).chain(gauges).collect()
}

fn control(sidecar: &Sidecar) -> Vec<MetricFamily> {
    let mut generation = Family::new(names::GENERATION, MetricType::GAUGE);
    generation.push(&[], gauge(sidecar.snapshot().generation));
    let mut reloads = Family::new(names::RELOADS, MetricType::COUNTER);
    let record = sidecar.reloads.borrow();
    for (result, count) in [("accepted", record.accepted), ("refused", record.refused), ("unchanged", record.unchanged)]
    {
        reloads.push(&[("result", result)], counter(count));
    }
    let mut build = Family::new(names::BUILD_INFO, MetricType::GAUGE);
    build.push(&[("version", env!("CARGO_PKG_VERSION"))], gauge(1));
    let mut dropped = Family::new(names::ACCESS_LOG_DROPPED, MetricType::COUNTER);
    dropped.push(&[], counter(sidecar.crew.iter().map(|member| member.block.log_drops.get()).sum()));
    let mut failures = Family::new(names::ACCESS_LOG_FAILURES, MetricType::COUNTER);
    failures.push(&[], counter(sidecar.log.failures()));
    [generation, reloads, build, dropped, failures].map(Family::finish).into()
}

#[cfg(test)]
mod tests {
    use supplex_engine::http1::Method;
    use supplex_engine::reason::Reason;
    use supplex_engine::upstream::breaker::Force;

    use super::super::sample::{Sample, block_on, text};
    use super::*;

    /// A sidecar whose workers have counted a little.
    fn counted() -> Sample {
        let extra = "[upstreams.up.breaker]\n[limits.l]\nrate = \"1/s\"\n\
                     [auth.users]\njwks = \"k.json\"\nissuer = \"i\"\naudience = \"a\"\n";
        let text = text(&["a", "b"], &["127.0.0.1:1", "unix:/run/x.sock"]) + extra;
        let sample = block_on(async { Sample::new(&text) });
        let registry = sample.sidecar.registry.borrow();
        for block in registry.route("a") {
            block.responses.increment(Method::Get, 200);
            block.duration.observe(3_000_000);
            block.overhead.observe(40_000);
        }
        registry.route("a")[0].responses.increment(Method::Extension, 201);
        registry.unrouted()[1].local(Reason::RouteNone).increment();
        let up = registry.upstream("up").expect("an upstream");
        up.breakers["127.0.0.1:1"].force(Force::Open, 0);
        up.endpoints["127.0.0.1:1"][0].results(AttemptResult::Timeout).add(5);
        up.endpoints["unix:/run/x.sock"][1].pooled.set(3);
        sample.sidecar.crew[1].block.handoffs.add(2);
        registry.limit("l")[1].decisions(LimitDecision::Refused, LimitSource::Remembered).add(4);
        drop(registry);
        sample
    }

    #[test]
    fn blocks_are_added_up_over_workers() {
        let text = render(&counted().sidecar).expect("rendered");
        for line in [
            "supplex_requests_total{code=\"200\",method=\"GET\",route=\"a\"} 2",
            "supplex_requests_total{code=\"201\",method=\"other\",route=\"a\"} 1",
            "supplex_request_duration_seconds_bucket{route=\"a\",le=\"0.0025\"} 0",
            "supplex_request_duration_seconds_bucket{route=\"a\",le=\"0.005\"} 2",
            "supplex_request_duration_seconds_bucket{route=\"a\",le=\"+Inf\"} 2",
            "supplex_request_duration_seconds_sum{route=\"a\"} 0.006",
            "supplex_request_duration_seconds_count{route=\"a\"} 2",
            "supplex_request_duration_seconds_count{route=\"-\"} 0",
            "supplex_overhead_seconds_bucket{le=\"0.000025\"} 0",
            "supplex_overhead_seconds_bucket{le=\"0.00005\"} 2",
            "supplex_local_replies_total{reason=\"route.none\"} 1",
            "supplex_upstream_requests_total{endpoint=\"127.0.0.1:1\",result=\"timeout\",upstream=\"up\"} 5",
            "supplex_upstream_pooled_connections{endpoint=\"unix:/run/x.sock\",upstream=\"up\"} 3",
            "supplex_breaker_state{endpoint=\"127.0.0.1:1\",upstream=\"up\"} 2",
            "supplex_breaker_state{endpoint=\"unix:/run/x.sock\",upstream=\"up\"} 0",
            "supplex_breaker_transitions_total{cause=\"forced\",endpoint=\"127.0.0.1:1\",to=\"open\",upstream=\"up\"} 1",
            "supplex_breaker_transitions_total{cause=\"connect\",endpoint=\"127.0.0.1:1\",to=\"open\",upstream=\"up\"} 0",
            "supplex_retries_total{result=\"success\",upstream=\"up\"} 0",
            "supplex_connections{listener=\"public\",state=\"idle\"} 0",
            "supplex_connections_accepted_total{listener=\"public\"} 0",
            "supplex_worker_handoffs_total{worker=\"1\"} 2",
            "supplex_worker_busy_ratio{worker=\"0\"} 0",
            "supplex_rate_limit_decisions_total{decision=\"refused\",limit=\"l\",source=\"remembered\"} 4",
            "supplex_config_generation 1",
            "supplex_reloads_total{result=\"refused\"} 0",
            &format!("supplex_build_info{{version=\"{}\"}} 1", env!("CARGO_PKG_VERSION")),
            "supplex_access_log_dropped_total 0",
            "# TYPE supplex_overhead_seconds histogram",
        ] {
            assert!(text.lines().any(|other| other == line), "{line} is missing in:\n{text}");
        }
    }

    #[test]
    fn every_name_of_the_table_is_there_once_and_no_other() {
        let text = render(&counted().sidecar).expect("rendered");
        let mut found: Vec<_> =
            text.lines().filter_map(|line| line.strip_prefix("# HELP ")?.split(' ').next()).collect();
        let mut named: Vec<_> = names::ALL.iter().map(|(name, _)| *name).collect();
        found.sort_unstable();
        named.sort_unstable();
        assert_eq!(found, named);
    }

    #[test]
    fn an_upstream_without_endpoints_is_no_reason_to_fail() {
        let sample = block_on(async { Sample::new(&text(&["a"], &["svc.test:80"])) });
        assert!(render(&sample.sidecar).expect("rendered").contains("supplex_retries_total"));
    }
}
