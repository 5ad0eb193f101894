// Rate limits: their settings, and what they decided.

import { lines } from './chart.js';
import { el, setText } from './dom.js';
import { count, rate } from './format.js';
import { badge, Table } from './table.js';
import { decided, key } from './totals.js';

const perSecond = (decision, name) => ({ name, number: true, text: (row) => rate(row.rates.rate(key.limit(row.name, decision))) });
const total = (decision, name) => ({ name, number: true, text: (row) => count(decided(row, decision)) });

function trend(cell) {
  const draw = lines(cell, ['one', 'two']);
  return ({ name, rates }) => {
    const [admitted, refused] = ['admitted', 'refused'].map((decision) => key.limit(name, decision));
    const label = `${name} over the last two minutes, now ${rate(rates.rate(admitted))} admitted and ${rate(rates.rate(refused))} refused a second`;
    draw([rates.history(admitted), rates.history(refused)], label);
  };
}

function mode(cell) {
  const show = badge(cell);
  return (row) => (row.mode === 'enforce' ? show('good', 'enforced') : show('none', 'shadow: refuses nothing'));
}

// Beside the store and the lease: what was decided without asking.
const unasked = (row) => count(row.decisions.admitted.fallback + row.decisions.refused.fallback + row.decisions.shadow.fallback);

const COLUMNS = [
  { name: 'Limit', text: (row) => row.name },
  { name: 'Rate', text: (row) => `${row.rate}, burst ${count(row.burst)}` },
  { name: 'By', text: (row) => row.key_source },
  { name: 'Mode', make: mode },
  perSecond('admitted', 'Admitted/s'),
  perSecond('refused', 'Refused/s'),
  { name: 'Trend', make: trend },
  total('admitted', 'Admitted'),
  total('refused', 'Refused'),
  total('shadow', 'Would be refused'),
  { name: 'Store', text: (row) => `${row.store}, ${row.precision}` },
  { name: 'Store did not answer', number: true, text: unasked },
];

function storeNote(store) {
  const redis = store?.redis;
  if (!redis) return '';
  return redis.up ? 'Redis answers.' : 'Redis does not answer: each limit does what its on_store_error says.';
}

export function limits(place) {
  const note = el('p', { class: 'note' });
  place.append(note);
  const table = new Table(place, 'Decisions by limit; the dashed line is refused', COLUMNS, 'The configuration has no limits.');
  return ({ limits, rates }) => {
    setText(note, storeNote(limits.store));
    table.update(limits.limits.map((limit) => ({ ...limit, key: limit.name, key_source: limit.key, rates })));
  };
}
