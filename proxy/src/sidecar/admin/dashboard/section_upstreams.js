// Upstream endpoints: whether they are well, and what is under way there.

import { lines } from './chart.js';
import { count, rate } from './format.js';
import { badge, Table } from './table.js';
import { attempts, failures, key } from './totals.js';

// The worst of what is known: probes, then ejections by the workers.
function judge({ health, ejected_by_workers: ejected, workers }) {
  if (health && !health.healthy) return ['bad', `unhealthy: ${health.why ?? health.last_probe?.failure ?? 'probes fail'}`];
  if (ejected > 0) return [ejected < workers ? 'warn' : 'bad', `ejected by ${count(ejected)} of ${count(workers)} workers`];
  return health ? ['good', 'healthy'] : ['none', 'not probed'];
}

function health(cell) {
  const show = badge(cell);
  return (row) => show(...judge(row));
}

function trend(cell) {
  const draw = lines(cell, ['one', 'two']);
  return ({ endpoint, perSecond, failing, history }) =>
    draw(history, `${endpoint} over the last two minutes, now ${rate(perSecond)} attempts and ${rate(failing)} failures a second`);
}

const COLUMNS = [
  { name: 'Endpoint', text: (row) => `${row.upstream}: ${row.endpoint}` },
  { name: 'Address', text: (row) => row.address },
  { name: 'Health', make: health },
  { name: 'In flight', number: true, text: (row) => count(row.in_flight) },
  { name: 'Pooled', number: true, text: (row) => count(row.pooled) },
  { name: 'Attempts/s', number: true, text: (row) => rate(row.perSecond) },
  { name: 'Failures/s', number: true, text: (row) => rate(row.failing) },
  { name: 'Trend', make: trend },
  { name: 'Attempts', number: true, text: (row) => count(attempts(row)) },
  { name: 'Failures', number: true, text: (row) => count(failures(row)) },
  { name: 'Ejections', number: true, text: (row) => count(row.ejections) },
  { name: 'Weight', number: true, text: (row) => count(row.weight) },
];

const OWN = [
  { name: 'Upstream', text: (row) => row.name },
  { name: 'Balance', text: (row) => row.balance },
  { name: 'In flight', number: true, text: (row) => `${count(row.in_flight)} of ${count(row.adaptive?.limit ?? row.max_in_flight)}` },
  { name: 'Waiting', number: true, text: (row) => `${count(row.waiting)} of ${count(row.queue.max)}` },
  { name: 'Retried', number: true, text: (row) => count(row.retries.success + row.retries.failure) },
  { name: 'Retries not allowed', number: true, text: (row) => count(row.retries.budget_exhausted) },
];

export function upstreams(place) {
  const own = new Table(place, 'Upstreams', OWN, 'There are no upstreams.');
  const table = new Table(place, 'Endpoints; the dashed line is failures', COLUMNS, 'There are no endpoints.');
  return ({ upstreams, workers, rates }) => {
    own.update(upstreams.upstreams.map((upstream) => ({ ...upstream, key: upstream.name })));
    const rows = upstreams.upstreams.flatMap(({ name, endpoints }) =>
      endpoints.map((endpoint) => {
        const [all, bad] = [key.attempts(name, endpoint.address), key.failures(name, endpoint.address)];
        const history = [rates.history(all), rates.history(bad)];
        const more = { key: `${name} ${endpoint.address}`, upstream: name, workers: workers.workers.length };
        return { ...endpoint, ...more, perSecond: rates.rate(all), failing: rates.rate(bad), history };
      }),
    );
    table.update(rows);
  };
}
