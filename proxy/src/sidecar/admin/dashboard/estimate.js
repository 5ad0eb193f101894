// Percentiles estimated from the buckets of a Prometheus histogram, over a window of scrapes.
//
// Within a bucket the requests are taken to be spread evenly, so the true value lies in the same bucket, and that is all
// that can be said. Whoever shows these numbers has to say so.

const LINE = /^supplex_request_duration_seconds_bucket\{(.*)\} (\S+)$/;

// The histograms by route: ascending [upper bound in microseconds, cumulative count].
export function histograms(text) {
  const found = new Map();
  for (const line of text.split('\n')) {
    const match = LINE.exec(line);
    if (!match) continue;
    const label = (name) => new RegExp(`(?:^|,)${name}="([^"]*)"`).exec(match[1])?.[1];
    const bound = label('le') === '+Inf' ? Infinity : Number(label('le')) * 1e6;
    const route = label('route');
    if (!found.has(route)) found.set(route, []);
    found.get(route).push([bound, Number(match[2])]);
  }
  return found;
}

// The value below which the share `q` of the counts lies; null without counts. Above the last bound it is that bound.
export function quantile(buckets, q) {
  const total = buckets.at(-1)?.[1] ?? 0;
  if (total === 0) return null;
  const wanted = q * total;
  let [lower, below] = [0, 0];
  for (const [upper, cumulative] of buckets) {
    if (cumulative >= wanted && cumulative > below) {
      return upper === Infinity ? lower : lower + ((upper - lower) * (wanted - below)) / (cumulative - below);
    }
    [lower, below] = [upper, cumulative];
  }
  return lower;
}

export class Estimates {
  #seconds;
  #scrapes = []; // { at, histograms }, the oldest first

  constructor(seconds) {
    this.#seconds = seconds;
  }

  // Takes a scrape of `now`, in milliseconds.
  take(now, text) {
    const scrapes = this.#scrapes;
    scrapes.push({ at: now, histograms: histograms(text) });
    while (scrapes.length > 2 && now - scrapes[1].at >= this.#seconds * 1000) scrapes.shift();
  }

  read() {
    const [first, last] = [this.#scrapes[0], this.#scrapes.at(-1)];
    const counts = [...last.histograms].map(([name, buckets]) => [name, during(first.histograms.get(name) ?? [], buckets)]);
    const routes = counts.map(([name, buckets]) => ({ name, total: estimate(buckets), upstream: null, overhead: null }));
    const every = counts.map(([, buckets]) => buckets);
    const together = (every[0] ?? []).map(([bound], index) => [bound, every.reduce((sum, one) => sum + one[index][1], 0)]);
    return { seconds: (last.at - first.at) / 1000, all: { total: estimate(together) }, routes };
  }
}

// What was counted between two scrapes. Counts that went back began anew with the gateway.
function during(before, buckets) {
  const counts = buckets.map(([bound, count], index) => [bound, count - (before[index]?.[1] ?? 0)]);
  return counts.some(([, count]) => count < 0) ? buckets : counts;
}

function estimate(buckets) {
  const [p50, p90, p99, p999] = [0.5, 0.9, 0.99, 0.999].map((q) => quantile(buckets, q));
  return { count: buckets.at(-1)?.[1] ?? 0, p50, p90, p99, p999, max: null };
}
