// A table whose rows are updated in place. On a narrow screen the style shows each row as a card; the roles keep it a
// table for those who listen to it.

import { el, setText } from './dom.js';

export class Table {
  #columns;
  #body;
  #empty;
  #frame;
  #rows = new Map(); // key → { tr, updates }

  // A column has a `name`, whether it is a `number`, and either `text(row)` or `make(cell)`, which returns what updates
  // the cell from a row. The first column names the row.
  constructor(place, caption, columns, empty) {
    this.#columns = columns;
    const head = columns.map((column) => {
      const attributes = { scope: 'col', role: 'columnheader' };
      if (column.number) attributes.class = 'number';
      return el('th', attributes, column.name);
    });
    this.#body = el('tbody', { role: 'rowgroup' });
    this.#frame = el(
      'table',
      { role: 'table' },
      el('caption', {}, caption),
      el('thead', { role: 'rowgroup' }, el('tr', { role: 'row' }, ...head)),
      this.#body,
    );
    this.#empty = el('p', { class: 'empty' }, empty);
    place.append(this.#frame, this.#empty);
  }

  // Shows these rows in this order; each has a `key` of its own.
  update(rows) {
    const former = this.#rows;
    this.#rows = new Map();
    rows.forEach((row, index) => {
      const entry = former.get(row.key) ?? this.#make(row.key);
      former.delete(row.key);
      this.#rows.set(row.key, entry);
      if (this.#body.children[index] !== entry.tr) this.#body.insertBefore(entry.tr, this.#body.children[index] ?? null);
      for (const update of entry.updates) update(row);
    });
    for (const { tr } of former.values()) tr.remove();
    this.#frame.hidden = rows.length === 0;
    this.#empty.hidden = rows.length > 0;
  }

  #make(key) {
    const tr = el('tr', { role: 'row', 'data-key': key });
    const updates = this.#columns.map((column, index) => {
      const isHeader = index === 0;
      const cell = el(isHeader ? 'th' : 'td', isHeader ? { scope: 'row', role: 'rowheader' } : { role: 'cell' });
      cell.dataset.label = column.name;
      if (column.number) cell.className = 'number';
      tr.append(cell);
      return column.make ? column.make(cell) : (row) => setText(cell, column.text(row));
    });
    return { tr, updates };
  }
}

// A word with a mark of its own, so that no meaning hangs on colour alone. `mood`: good, warn, bad or none.
const MARKS = { good: '●', warn: '▲', bad: '■', none: '○' };

export function badge(cell) {
  const mark = el('span', { class: 'mark', 'aria-hidden': 'true' });
  const word = el('span');
  cell.append(el('span', {}, mark, ' ', word));
  return (mood, text) => {
    setText(mark, MARKS[mood]);
    mark.className = `mark ${mood}`;
    setText(word, text);
  };
}
