// What is counted, by key: from the documents of the admin endpoint to the totals that rates are made from.

export const key = {
  route: (name) => `route ${name}`,
  errors: (name) => `5xx ${name}`,
  limit: (name, decision) => `limit ${name} ${decision}`,
  attempts: (upstream, address) => `attempts ${upstream} ${address}`,
  failures: (upstream, address) => `failures ${upstream} ${address}`,
};

// Requests that match no route. No route can have this name.
export const UNROUTED = '-';

// Results of an attempt that are the endpoint's fault.
const FAILURES = ['server_error', 'connect', 'reset', 'timeout', 'malformed'];

const add = (values) => values.reduce((sum, value) => sum + value, 0);

// Every route with its requests, the unrouted last.
export const everyRoute = (routes) => [...routes.routes, { name: UNROUTED, requests: routes.unrouted.requests }];

// The decisions of a limit over all sources.
export const decided = (limit, decision) => add(Object.values(limit.decisions[decision] ?? {}));

export const attempts = (endpoint) => add(Object.values(endpoint.results));

export const failures = (endpoint) => add(FAILURES.map((result) => endpoint.results[result] ?? 0));

export function totals({ routes, limits, upstreams }) {
  const all = new Map();
  for (const { name, requests } of everyRoute(routes)) {
    all.set(key.route(name), requests.total);
    all.set(key.errors(name), requests.by_class['5xx'] ?? 0);
  }
  for (const limit of limits.limits) {
    for (const decision of Object.keys(limit.decisions)) all.set(key.limit(limit.name, decision), decided(limit, decision));
  }
  for (const upstream of upstreams.upstreams) {
    for (const endpoint of upstream.endpoints) {
      all.set(key.attempts(upstream.name, endpoint.address), attempts(endpoint));
      all.set(key.failures(upstream.name, endpoint.address), failures(endpoint));
    }
  }
  return all;
}
