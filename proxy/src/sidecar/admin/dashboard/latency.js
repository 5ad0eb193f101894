// Latencies per route: true percentiles of `/api/latency`; from a gateway that has none, estimates from `/metrics`.
//
// This is the one place that knows the document. The page sees
//   { estimated, seconds, all: { total, … }, routes: [{ name, total, upstream, overhead }] }
// where `all` is of every route together, and each part is { count, p50, p90, p99, p999, max } in microseconds, or null when it is not known.

import { getJson, getText } from './api.js';
import { Estimates } from './estimate.js';

const PATH = '/api/latency?window=10s';
const SECONDS = 10;
// A gateway without it is asked again so often: another one may have taken its place.
const MISSING_FOR = 60_000;

const part = (from) =>
  from ? { count: from.count, p50: from.p50_us, p90: from.p90_us, p99: from.p99_us, p999: from.p999_us, max: from.max_us } : null;

const parts = (from) => ({ total: part(from.total), upstream: part(from.upstream), overhead: part(from.overhead) });

export function read(document) {
  const routes = document.routes.map((route) => ({ name: route.route, ...parts(route) }));
  return { estimated: false, seconds: document.window_seconds, all: parts(document.all), routes };
}

export class Latency {
  #estimates = new Estimates(SECONDS);
  #missingUntil = 0;

  async get(now) {
    if (now >= this.#missingUntil) {
      try {
        return read(await getJson(PATH));
      } catch (failure) {
        if (failure.kind !== 'missing') throw failure;
        this.#missingUntil = now + MISSING_FOR;
      }
    }
    this.#estimates.take(now, await getText('/metrics'));
    return { estimated: true, ...this.#estimates.read() };
  }
}
