// Workers: how busy each is, and whether connections are spread evenly.

import { share as shareBar } from './chart.js';
import { count, share } from './format.js';
import { Table } from './table.js';

// A share as a bar with its number.
function bar(name, read, words) {
  const make = (cell) => {
    const draw = shareBar(cell);
    const text = document.createElement('span');
    cell.append(text);
    return (row) => {
      const said = words(row);
      draw(read(row), `${name}: ${said}`);
      if (text.textContent !== said) text.textContent = said;
    };
  };
  return { name, make };
}

const number = (name, field) => ({ name, number: true, text: (row) => count(row[field]) });

const COLUMNS = [
  { name: 'Worker', text: (row) => `${row.worker}` },
  number('CPU', 'cpu'),
  bar('Busy', (row) => row.busy_ratio, (row) => share(row.busy_ratio)),
  bar('Connections', (row) => row.part, (row) => `${count(row.connections)} (${share(row.part)} of all)`),
  number('Handed over', 'handoffs'),
  number('Stalls', 'stalls'),
  number('Panics', 'panics'),
  number('Messages dropped', 'link_drops'),
  number('Log lines dropped', 'log_drops'),
  number('Pooled', 'pooled_connections'),
  number('Generation', 'generation'),
];

export function workers(place) {
  const table = new Table(place, 'What each worker does', COLUMNS, 'There are no workers.');
  return ({ workers }) => {
    const all = workers.workers.reduce((total, worker) => total + worker.connections, 0);
    const rows = workers.workers.map((worker) => ({ ...worker, key: String(worker.worker), part: all ? worker.connections / all : 0 }));
    table.update(rows);
  };
}
