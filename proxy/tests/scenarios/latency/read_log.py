"""Prints what the HdrHistogram log that is named says, as JSON: the figures of each tag."""

import json
import sys

from hdrh.histogram import HdrHistogram
from hdrh.log import HistogramLogReader

PERCENTILES = {"p50_us": 50, "p90_us": 90, "p99_us": 99, "p999_us": 99.9, "p9999_us": 99.99}


def new():
    return HdrHistogram(1, 3_600_000_000, 2)


series = {}
reader = HistogramLogReader(sys.argv[1], new())
while (interval := reader.get_next_interval_histogram()) is not None:
    series.setdefault(interval.get_tag(), new()).add(interval)

figures = {}
for tag, latencies in series.items():
    figures[tag] = {key: latencies.get_value_at_percentile(percentile) for key, percentile in PERCENTILES.items()}
    figures[tag]["count"] = latencies.get_total_count()
    figures[tag]["max_us"] = latencies.get_max_value()
    figures[tag]["buckets"] = [
        [latencies.get_lowest_equivalent_value(step.value_iterated_to), step.count_added_in_this_iter_step]
        for step in latencies.get_recorded_iterator()
    ]
print(json.dumps(figures))
