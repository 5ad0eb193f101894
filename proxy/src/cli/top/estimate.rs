//! Percentiles estimated from the buckets of a Prometheus histogram, over the last ten seconds of scrapes.
//!
//! Within a bucket requests are taken to be spread evenly: the true value lies in the same bucket, and that is all that can
//! be said. Whoever shows these numbers has to say so.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use super::latency::{Latencies, Part, RouteLatency};

/// How far back they go.
const WINDOW: Duration = Duration::from_secs(10);
const NAME: &str = "supplex_request_duration_seconds_bucket{";

/// Upper bounds in microseconds, each with the count of what is not above it.
type Buckets = Vec<(f64, f64)>;

/// The histograms of one scrape, by route.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Scrape(BTreeMap<String, Buckets>);

impl Scrape {
    /// Reads `/metrics`.
    pub(super) fn read(text: &str) -> Self {
        let mut scrape = Self::default();
        for (route, bound, count) in text.lines().filter_map(bucket) {
            scrape.0.entry(route.to_owned()).or_default().push((bound, count));
        }
        scrape
    }
}

fn bucket(line: &str) -> Option<(&str, f64, f64)> {
    let (labels, count) = line.strip_prefix(NAME)?.rsplit_once("} ")?;
    let label = |name: &str| {
        labels.split(',').find_map(|label| label.strip_prefix(name)?.strip_prefix("=\"")?.strip_suffix('"'))
    };
    let bound = match label("le")? {
        "+Inf" => f64::INFINITY,
        seconds => seconds.parse::<f64>().ok()? * 1e6,
    };
    Some((label("route")?, bound, count.parse().ok()?))
}

/// The scrapes that the window needs.
#[derive(Debug, Default)]
pub(super) struct Estimates {
    scrapes: VecDeque<(Instant, Scrape)>,
}

impl Estimates {
    /// Takes a scrape and says what is known with it.
    pub(super) fn take(&mut self, now: Instant, scrape: Scrape) -> Latencies {
        while self.scrapes.get(1).is_some_and(|(at, _)| now.duration_since(*at) >= WINDOW) {
            self.scrapes.pop_front();
        }
        self.scrapes.push_back((now, scrape.clone()));
        let none = (now, Scrape::default());
        let (since, first) = self.scrapes.front().unwrap_or(&none);
        let former = |route: &String| first.0.get(route).map(Vec::as_slice).unwrap_or_default();
        let counted = scrape.0.iter().map(|(route, buckets)| (route, during(former(route), buckets)));
        let (mut together, mut routes) = (Buckets::new(), Vec::new());
        for (route, buckets) in counted {
            together.resize(buckets.len(), (0.0, 0.0));
            for (sum, bucket) in together.iter_mut().zip(&buckets) {
                *sum = (bucket.0, sum.1 + bucket.1);
            }
            let (upstream, overhead) = (Part::default(), Part::default());
            routes.push(RouteLatency { route: route.clone(), total: estimate(&buckets), upstream, overhead });
        }
        Latencies { estimated: Some(now.duration_since(*since)), all: estimate(&together), routes }
    }
}

/// What was counted between two scrapes. Counts that went back began anew with the gateway.
fn during(before: &[(f64, f64)], after: &[(f64, f64)]) -> Buckets {
    let difference = |(index, (bound, count)): (usize, &(f64, f64))| {
        (*bound, count - before.get(index).map_or(0.0, |(_, count)| *count))
    };
    let counts: Buckets = after.iter().enumerate().map(difference).collect();
    if counts.iter().any(|(_, count)| *count < 0.0) { after.to_vec() } else { counts }
}

fn estimate(buckets: &[(f64, f64)]) -> Part {
    let at = |share| quantile(buckets, share);
    Part { p50_us: at(0.5), p90_us: at(0.9), p99_us: at(0.99), p999_us: at(0.999), max_us: None }
}

/// The value below which this share of the counts lies; `None` without counts. Above the last bound it is that bound.
fn quantile(buckets: &[(f64, f64)], share: f64) -> Option<f64> {
    let total = buckets.last().map(|(_, count)| *count).filter(|count| *count > 0.0)?;
    let wanted = share * total;
    let (mut lower, mut below) = (0.0, 0.0);
    for (upper, cumulative) in buckets {
        if *cumulative >= wanted && *cumulative > below {
            let inside = (upper - lower) * (wanted - below) / (cumulative - below);
            return Some(if upper.is_finite() { lower + inside } else { lower });
        }
        (lower, below) = (*upper, *cumulative);
    }
    Some(lower)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scrape(counts: [u64; 3]) -> Scrape {
        let lines = ["0.001", "0.01", "+Inf"].iter().zip(counts);
        let lines = lines.map(|(le, count)| format!("{NAME}le=\"{le}\",route=\"shop\"}} {count}\n"));
        Scrape::read(&format!("# TYPE x histogram\nother{{le=\"1\"}} 3\n{}", lines.collect::<String>()))
    }

    #[test]
    fn a_share_of_what_was_counted_meanwhile_lies_within_its_bucket() {
        let (mut estimates, start) = (Estimates::default(), Instant::now());
        let after = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(estimates.take(start, scrape([5, 5, 5])).all, Part::default());
        let first = estimates.take(after(4), scrape([15, 25, 25]));
        assert_eq!((first.estimated, &*first.routes[0].route), (Some(Duration::from_secs(4)), "shop"));
        // Ten of twenty up to 1 ms, the others up to 10 ms.
        assert_eq!((first.all.p50_us, first.all.p90_us, first.all.max_us), (Some(1_000.0), Some(8_200.0), None));
        estimates.take(after(9), scrape([15, 25, 25]));
        let second = estimates.take(after(15), scrape([15, 25, 26]));
        assert_eq!((second.estimated, second.all.p50_us), (Some(Duration::from_secs(11)), Some(10_000.0)));
        let restarted = estimates.take(after(16), scrape([1, 1, 1]));
        assert_eq!(restarted.all.p50_us, Some(500.0));
    }
}
