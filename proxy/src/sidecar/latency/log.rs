//! The last minute as an HdrHistogram log (V2): one line for each second, series and phase.
//!
//! A tag names the series: `route=NAME;phase=total` has the exchanges of a route, `upstream=NAME;phase=total` those of an
//! upstream; phases are `total`, `upstream` and `overhead`. Names have no character that a tag may not have. Values are
//! microseconds.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use hdrhistogram::serialization::V2DeflateSerializer;
use hdrhistogram::serialization::interval_log::{IntervalLogWriterBuilder, Tag};

use super::Interval;
use super::sum::Sum;

/// For those who open the file.
const COMMENTS: [&str; 3] = [
    "[Histogram log format version 1.3]",
    "Latencies of Supplex Gateway in microseconds. `supplex hdr FILE` shows them, as does every reader of HdrHistogram logs.",
    "An exchange is in the series of its route and in that of its upstream, so that these must not be added to each other.",
];

/// Writes `intervals`, the oldest first.
///
/// # Errors
/// When `out` fails.
pub(crate) fn write(intervals: &[Arc<Interval>], out: &mut impl io::Write) -> io::Result<()> {
    let base = intervals.first().map_or(Duration::ZERO, |first| first.start);
    let mut head = IntervalLogWriterBuilder::new();
    for comment in COMMENTS {
        head.add_comment(comment);
    }
    head.with_start_time(UNIX_EPOCH + base).with_base_time(UNIX_EPOCH + base);
    let mut serializer = V2DeflateSerializer::new();
    let mut log = head.begin_log_with(out, &mut serializer)?;
    for interval in intervals {
        for (series, sum) in series(interval) {
            for (phase, latencies) in sum.phases().filter(|(_, latencies)| !latencies.is_empty()) {
                let tag = format!("{series};phase={phase}");
                let start = interval.start.saturating_sub(base);
                log.write_histogram(latencies, start, interval.lasted, Tag::new(&tag)).map_err(io::Error::other)?;
            }
        }
    }
    Ok(())
}

/// What was counted, by route and by upstream.
fn series(interval: &Interval) -> BTreeMap<String, Sum> {
    let mut series = BTreeMap::new();
    for share in &interval.shares {
        let upstream = share.pair.upstream.as_ref().map(|upstream| format!("upstream={upstream}"));
        for name in [Some(format!("route={}", share.pair.route)), upstream].into_iter().flatten() {
            series.entry(name).or_insert_with(Sum::new).add(&share.delta);
        }
    }
    series
}
