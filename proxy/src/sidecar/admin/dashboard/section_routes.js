// Routes in the order in which they are tried: how many requests take them, and how they end.

import { lines } from './chart.js';
import { count, rate } from './format.js';
import { Table } from './table.js';
import { everyRoute, key, UNROUTED } from './totals.js';

function matches(route) {
  if (!route.match) return 'what no route matches';
  const { methods, host, headers, ...path } = route.match;
  const [[kind, pattern]] = Object.entries(path);
  const rules = [`${kind} ${pattern}`];
  if (methods.length) rules.push(methods.join(', '));
  if (host) rules.push(`host ${host}`);
  for (const [name, value] of Object.entries(headers)) rules.push(`${name}: ${value}`);
  return rules.join('; ');
}

const ofClass = (name) => ({ name, number: true, text: ({ requests }) => count(requests.by_class[name] ?? 0) });

function trend(cell) {
  const draw = lines(cell, ['one', 'two']);
  return ({ name, perSecond, errors, history }) =>
    draw(history, `${name} over the last two minutes, now ${rate(perSecond)} requests and ${rate(errors)} answers 5xx a second`);
}

const COLUMNS = [
  { name: 'Route', text: (row) => (row.name === UNROUTED ? 'no route' : row.name) },
  { name: 'Matches', text: matches },
  { name: 'Requests/s', number: true, text: (row) => rate(row.perSecond) },
  { name: '5xx/s', number: true, text: (row) => rate(row.errors) },
  { name: 'Trend', make: trend },
  { name: 'Total', number: true, text: (row) => count(row.requests.total) },
  ...['2xx', '3xx', '4xx', '5xx'].map(ofClass),
];

export function routes(place) {
  const table = new Table(place, 'Requests by route; the dashed line is 5xx', COLUMNS, 'There are no routes.');
  return ({ routes, rates }) => {
    const rows = everyRoute(routes).map((route) => {
      const [all, errors] = [key.route(route.name), key.errors(route.name)];
      const history = [rates.history(all), rates.history(errors)];
      return { ...route, key: route.name, perSecond: rates.rate(all), errors: rates.rate(errors), history };
    });
    table.update(rows);
  };
}
