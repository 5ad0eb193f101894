// Reloads: what became of each, and what is wrong with a file that was refused.

import { el, setText } from './dom.js';
import { count, moment } from './format.js';
import { badge, Table } from './table.js';

const TRIGGERS = { signal: 'SIGHUP', admin: 'POST /api/reload', file: 'the file changed' };
const RESULTS = { accepted: 'good', refused: 'bad', unchanged: 'none' };

function result(cell) {
  const show = badge(cell);
  return (row) => show(RESULTS[row.result] ?? 'none', row.result);
}

const COLUMNS = [
  { name: 'When', text: (row) => moment(row.at) },
  { name: 'Asked for by', text: (row) => TRIGGERS[row.trigger] ?? row.trigger },
  { name: 'Result', make: result },
  { name: 'Generation then', number: true, text: (row) => count(row.generation) },
  { name: 'Problems', number: true, text: (row) => count(row.problems) },
];

const problem = ({ line, column, severity, message, hint }) =>
  `${line > 0 ? `line ${line}, column ${column}: ` : ''}${severity}: ${message}${hint ? ` (${hint})` : ''}`;

export function reloads(place) {
  const sums = el('p', { class: 'note' });
  place.append(sums);
  const table = new Table(place, 'The latest reloads, the newest first', COLUMNS, 'Nothing was reloaded since the start.');
  const list = el('ul');
  const refusal = el('div', { class: 'refusal' }, el('h3', {}, 'Why the file is refused'), list);
  place.append(refusal);
  let shown = null;
  return ({ config }) => {
    const { accepted, refused, unchanged, history } = config.reloads;
    setText(sums, `${count(accepted)} accepted, ${count(refused)} refused, ${count(unchanged)} without a change.`);
    table.update(history.map((reload) => ({ ...reload, key: String(reload.number) })));
    refusal.hidden = config.last_refusal === null;
    const problems = JSON.stringify(config.last_refusal);
    if (problems === shown) return;
    shown = problems;
    list.replaceChildren(...(config.last_refusal?.problems ?? []).map((one) => el('li', {}, problem(one))));
  };
}
