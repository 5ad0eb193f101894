// The overview: a few numbers about everything, those of the last second with a line over the last two minutes.

import { lines } from './chart.js';
import { el, setText } from './dom.js';
import { count, micros, rate, share } from './format.js';
import { sum } from './series.js';
import { everyRoute, key } from './totals.js';

const latest = (history) => history.at(-1) ?? null;

function perSecond(keys, { rates }) {
  const history = sum(keys.map((one) => rates.history(one)));
  return { text: `${rate(latest(history))} /s`, history };
}

const TILES = {
  requests: ['Requests', (model) => perSecond(everyRoute(model.routes).map(({ name }) => key.route(name)), model)],
  errors: ['Answers 5xx', (model) => perSecond(everyRoute(model.routes).map(({ name }) => key.errors(name)), model)],
  refused: ['Refused by limits', (model) => perSecond(model.limits.limits.map(({ name }) => key.limit(name, 'refused')), model)],
  p99: ['p99 of all requests', ({ latency }) => ({ text: micros(latency.all.total?.p99) })],
  in_flight: ['Exchanges in flight', ({ upstreams }) => ({ text: count(add(upstreams.upstreams, 'in_flight')) })],
  connections: ['Client connections', ({ workers }) => ({ text: count(add(workers.workers, 'connections')) })],
  breakers: ['Breakers not closed', ({ breakers }) => ({ text: notClosed(breakers) })],
  busiest: ['Busiest worker', ({ workers }) => ({ text: share(Math.max(...workers.workers.map((worker) => worker.busy_ratio))) })],
};

const add = (list, field) => list.reduce((total, one) => total + one[field], 0);

function notClosed(breakers) {
  const endpoints = breakers.upstreams.flatMap((upstream) => upstream.endpoints);
  return `${count(endpoints.filter((endpoint) => endpoint.state !== 'closed').length)} of ${count(endpoints.length)}`;
}

export function overview(place) {
  const tiles = el('dl', { class: 'tiles' });
  place.append(tiles);
  const updates = Object.entries(TILES).map(([id, [name, read]]) => {
    const value = el('span', { class: 'value' });
    const detail = el('dd', { 'data-key': id }, value);
    tiles.append(el('div', { class: 'tile' }, el('dt', {}, name), detail));
    let draw = null;
    return (model) => {
      const { text, history } = read(model);
      setText(value, text);
      if (!history) return;
      draw ??= lines(detail, ['one']);
      draw([history], `${name} over the last two minutes, now ${text}`);
    };
  });
  return (model) => updates.forEach((update) => update(model));
}
