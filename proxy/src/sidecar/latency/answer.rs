//! The document of `/api/latency`: latencies of the last seconds, all together, by route and by upstream.
//!
//! The question chooses among exchanges; those that are left are shown. They are added up one group after the other, so that
//! many routes take time and not memory.

use std::collections::BTreeMap;
use std::sync::Arc;

use hdrhistogram::Histogram;
use serde_json::{Map, Value, json};

use super::sum::Sum;
use super::{Interval, Pair, Question, Share};

/// The percentiles that are shown, by the key that they have.
const QUANTILES: [(&str, f64); 5] =
    [("p50_us", 0.5), ("p90_us", 0.9), ("p99_us", 0.99), ("p999_us", 0.999), ("p9999_us", 0.9999)];

/// Groups by the name of what their exchanges have in common.
type Groups<'a> = BTreeMap<&'a str, Vec<&'a Share>>;

/// The answer from `intervals`. `pairs` are those that are shown even if they counted nothing.
#[must_use]
pub(crate) fn answer(question: &Question, intervals: &[Arc<Interval>], pairs: &[Arc<Pair>], workers: usize) -> Value {
    let workers = if question.by_worker { workers } else { 0 };
    let (mut routes, mut upstreams) = (Groups::new(), Groups::new());
    for pair in pairs.iter().filter(|pair| is_asked_for(question, pair)) {
        routes.entry(&pair.route).or_default();
        if let Some(upstream) = pair.upstream.as_deref() {
            upstreams.entry(upstream).or_default();
        }
    }
    let shares = intervals.iter().flat_map(|interval| &interval.shares);
    let shares: Vec<_> = shares.filter(|share| is_asked_for(question, &share.pair)).collect();
    for share in &shares {
        routes.entry(&share.pair.route).or_default().push(share);
        if let Some(upstream) = share.pair.upstream.as_deref() {
            upstreams.entry(upstream).or_default().push(share);
        }
    }
    let span = intervals.first().zip(intervals.last());
    json!({
        "window_seconds": question.seconds,
        "from": span.map(|(first, _)| first.start.as_secs_f64()),
        "to": span.map(|(_, last)| (last.start + last.lasted).as_secs_f64()),
        "covered_seconds": intervals.iter().map(|interval| interval.lasted.as_secs_f64()).sum::<f64>(),
        "all": show_group(Map::new(), &shares, workers),
        "routes": show_groups("route", &routes, workers),
        // Not `upstream`: that is one of the times.
        "upstreams": show_groups("name", &upstreams, workers),
    })
}

fn is_asked_for(question: &Question, pair: &Pair) -> bool {
    let is = |wanted: &Option<String>, name: Option<&str>| wanted.is_none() || wanted.as_deref() == name;
    is(&question.route, Some(&pair.route)) && is(&question.upstream, pair.upstream.as_deref())
}

fn show_groups(key: &str, groups: &Groups<'_>, workers: usize) -> Value {
    let named = |name: &str| Map::from_iter([(key.to_owned(), json!(name))]);
    groups.iter().map(|(name, shares)| show_group(named(name), shares, workers)).collect()
}

/// Puts the latencies beside what is in `document`; those of each worker as well, unless `workers` is 0.
fn show_group(mut document: Map<String, Value>, shares: &[&Share], workers: usize) -> Value {
    document.extend(phases(shares.iter().copied()));
    if workers > 0 {
        let own = |worker: usize| {
            let mut document = Map::from_iter([("worker".to_owned(), json!(worker))]);
            document.extend(phases(shares.iter().copied().filter(|share| share.worker == worker)));
            Value::Object(document)
        };
        document.insert("workers".to_owned(), (0..workers).map(own).collect());
    }
    Value::Object(document)
}

fn phases<'a>(shares: impl Iterator<Item = &'a Share>) -> Vec<(String, Value)> {
    let mut sum = Sum::new();
    shares.for_each(|share| sum.add(&share.delta));
    sum.phases().map(|(word, latencies)| (word.to_owned(), figures(latencies))).collect()
}

/// Count, mean, percentiles and the longest, in microseconds; `null` where there is nothing to tell.
fn figures(latencies: &Histogram<u64>) -> Value {
    let some = !latencies.is_empty();
    let mut figures = json!({ "count": latencies.len(), "mean_us": some.then(|| latencies.mean()) });
    for (key, quantile) in QUANTILES {
        figures[key] = json!(some.then(|| latencies.value_at_quantile(quantile)));
    }
    figures["max_us"] = json!(some.then(|| latencies.max()));
    figures
}
