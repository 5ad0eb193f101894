// Prints what the HdrHistogram log that is named says, as JSON: the figures of each tag.

const { readFileSync } = require('fs');
const { HistogramLogReader, build } = require('hdr-histogram-js');

const PERCENTILES = { p50_us: 50, p90_us: 90, p99_us: 99, p999_us: 99.9, p9999_us: 99.99 };

const empty = () => build({ lowestDiscernibleValue: 1, highestTrackableValue: 3_600_000_000, numberOfSignificantValueDigits: 2 });

const series = new Map();
const reader = new HistogramLogReader(readFileSync(process.argv[2], 'utf8'));
for (let interval = reader.nextIntervalHistogram(); interval !== null; interval = reader.nextIntervalHistogram()) {
  if (!series.has(interval.tag)) series.set(interval.tag, empty());
  series.get(interval.tag).add(interval);
}

const figures = {};
for (const [tag, latencies] of series) {
  figures[tag] = { count: latencies.totalCount, max_us: latencies.maxValue, buckets: [] };
  for (const [key, percentile] of Object.entries(PERCENTILES)) figures[tag][key] = latencies.getValueAtPercentile(percentile);
  for (let index = 0; index < latencies.countsArrayLength; index++) {
    const count = latencies.getCountAtIndex(index);
    if (count > 0) figures[tag].buckets.push([latencies.valueFromIndex(index), count]);
  }
}
console.log(JSON.stringify(figures));
