// Circuit breakers: where each stands and why, what its window holds, and when it probes next.

import { windowBars } from './chart.js';
import { count, counted, moment, share, span } from './format.js';
import { badge, Table } from './table.js';

const STATES = { closed: ['good', 'closed'], half_open: ['warn', 'half-open'], open: ['bad', 'open'] };

const CAUSES = {
  error_ratio: 'too many failures',
  slow_ratio: 'too many slow answers',
  connect: 'no connection came about',
  probe_failed: 'a probe failed',
  forced: 'forced by an operator',
};

function state(cell) {
  const show = badge(cell);
  return (row) => {
    const [mood, word] = STATES[row.state] ?? ['none', row.state];
    const shadow = row.mode === 'enforce' ? '' : ` (${row.mode}: lets everything through)`;
    show(mood, `${word}${row.forced ? ', forced' : ''}${shadow}`);
  };
}

const sum = (window, field) => window.reduce((total, bucket) => total + bucket[field], 0);

// What the window holds, beside what would open the breaker.
function held({ window, settings }) {
  const [successes, failures, slow] = ['successes', 'failures', 'slow'].map((field) => sum(window, field));
  const total = successes + failures;
  const part = total > 0 ? ` (${share(failures / total)})` : '';
  return `${count(successes)} well, ${count(failures)} failed${part}, ${count(slow)} slow; \
opens from ${counted(settings.min_requests, 'request')} with ${share(settings.error_ratio)} failed or ${share(settings.slow_ratio)} slow`;
}

function bars(cell) {
  let draw = null;
  const words = document.createElement('span');
  return (row) => {
    if (draw === null) {
      draw = windowBars(cell, row.window.length);
      cell.append(words);
    }
    const text = held(row);
    draw(row.window, `The last ${span(row.settings.window_seconds)} in ${row.window.length} bars: ${text}`);
    if (words.textContent !== text) words.textContent = text;
  };
}

function why(row) {
  if (row.cause === null) return 'never opened';
  const cause = CAUSES[row.cause] ?? row.cause;
  return row.state === 'closed' ? `last opened: ${cause}` : cause;
}

function next({ probes, settings }) {
  if (probes === null) return '–';
  if (probes.wanted !== undefined) return `probing: ${probes.succeeded} of ${probes.wanted} went well, ${probes.in_flight} in flight`;
  if (probes.next_in_seconds <= 0) return 'with the next request';
  return `in ${span(probes.next_in_seconds)}, ${counted(settings.probes, 'probe')}`;
}

const troubles = (row) => row.troubles.map((one) => `${one.reason} ${count(one.count)} times, last ${moment(one.last)}`).join('; ') || '–';

const COLUMNS = [
  { name: 'Endpoint', text: (row) => `${row.upstream}: ${row.endpoint}` },
  { name: 'State', make: state },
  { name: 'For', text: (row) => (row.opened === 0 && row.state === 'closed' ? '–' : span(row.since_seconds)) },
  { name: 'Why it opened', text: why },
  { name: 'Next probe', text: next },
  { name: 'Window', make: bars },
  { name: 'Opened', number: true, text: (row) => count(row.opened) },
  { name: 'Troubles since the start', text: troubles },
];

export function breakers(place) {
  const caption = 'In a window, what went well stands above the line and failures hang below it; narrow bars are slow answers';
  const table = new Table(place, caption, COLUMNS, 'No upstream has a breaker.');
  return ({ breakers }) => {
    const rows = breakers.upstreams.flatMap(({ upstream, mode, settings, endpoints }) =>
      endpoints.map((endpoint) => ({ ...endpoint, key: `${upstream} ${endpoint.address}`, upstream, mode, settings })),
    );
    table.update(rows);
  };
}
