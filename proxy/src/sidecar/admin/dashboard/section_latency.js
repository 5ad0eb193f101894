// Latency per route: percentiles of whole exchanges, and how much of them is the upstream and how much the gateway.

import { range } from './chart.js';
import { el, setText } from './dom.js';
import { count, micros } from './format.js';
import { Table } from './table.js';
import { UNROUTED } from './totals.js';

const of = (part, field, name) => ({ name, number: true, text: (row) => micros(row[part]?.[field]) });

function spread(cell) {
  const draw = range(cell);
  return ({ name, total }) =>
    draw(total, `${name}: half within ${micros(total?.p50)}, 99 of 100 within ${micros(total?.p99)}, all within ${micros(total?.max)}`);
}

const COLUMNS = [
  { name: 'Route', text: (row) => (row.name === UNROUTED ? 'no route' : row.name) },
  { name: 'Requests', number: true, text: (row) => count(row.total?.count) },
  of('total', 'p50', 'p50'),
  of('total', 'p90', 'p90'),
  of('total', 'p99', 'p99'),
  of('total', 'p999', 'p99.9'),
  of('total', 'max', 'Max'),
  { name: '10 µs to 10 s', make: spread },
  of('upstream', 'p50', 'Upstream p50'),
  of('upstream', 'p99', 'Upstream p99'),
  of('overhead', 'p50', 'Gateway p50'),
  of('overhead', 'p99', 'Gateway p99'),
];

function note({ estimated, seconds }) {
  if (!estimated) return `True percentiles of the last ${seconds} s.`;
  return `Estimates of the last ${Math.round(seconds)} s from the buckets of /metrics: the true value lies in the same bucket. \
This gateway has no /api/latency.`;
}

export function latency(place) {
  const source = el('p', { class: 'note' });
  place.append(source);
  const table = new Table(place, 'From the first byte of a request to the last of its response', COLUMNS, 'Nothing was measured yet.');
  return ({ latency }) => {
    setText(source, note(latency));
    place.dataset.estimated = String(latency.estimated);
    table.update(latency.routes.map((route) => ({ ...route, key: route.name })));
  };
}
