// Small charts of our own: lines over time, the window of a breaker, a share, a range. Each says in words what it shows.

import { setAttribute, svg } from './dom.js';
import { POINTS } from './series.js';

const [WIDTH, HEIGHT] = [120, 24];

function canvas(place, className, width = WIDTH, height = HEIGHT) {
  const box = { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: 'none', class: `chart ${className}`, role: 'img' };
  const node = svg('svg', box);
  place.append(node);
  return node;
}

// The path of one history on a scale from 0 to `top`; gaps stay gaps.
export function path(history, top) {
  const step = WIDTH / (POINTS - 1);
  const from = WIDTH - (history.length - 1) * step;
  let pen = 'M';
  let drawn = '';
  history.forEach((value, index) => {
    if (value === null) {
      pen = 'M';
      return;
    }
    const x = from + index * step;
    const y = HEIGHT - 1 - (top > 0 ? (value / top) * (HEIGHT - 2) : 0);
    drawn += `${pen}${x.toFixed(1)} ${y.toFixed(1)}`;
    pen = 'L';
  });
  return drawn;
}

// Lines over the last two minutes. The returned function takes their histories, and what to say.
export function lines(place, classNames) {
  const node = canvas(place, 'lines');
  const paths = classNames.map((name) => {
    const line = svg('path', { class: `line ${name}`, 'vector-effect': 'non-scaling-stroke' });
    node.append(line);
    return line;
  });
  return (histories, label) => {
    const top = Math.max(0, ...histories.flat().filter((value) => value !== null));
    histories.forEach((history, index) => setAttribute(paths[index], 'd', path(history, top)));
    setAttribute(node, 'aria-label', label);
  };
}

// The buckets of a breaker's window, the latest on the right: successes stand up from the middle line, failures hang
// down from it, and what was slow is a narrow bar within.
export function windowBars(place, buckets) {
  const node = canvas(place, 'window');
  const [middle, step] = [HEIGHT / 2, WIDTH / buckets];
  const bars = Array.from({ length: buckets }, (_, index) => {
    const bar = (className, inset) => {
      const rect = svg('rect', { class: className, x: index * step + inset, width: step - 2 * inset, y: middle, height: 0 });
      node.append(rect);
      return rect;
    };
    return { up: bar('success', 1), down: bar('failure', 1), slow: bar('slow', step / 2 - 1) };
  });
  node.append(svg('line', { class: 'axis', x1: 0, x2: WIDTH, y1: middle, y2: middle, 'vector-effect': 'non-scaling-stroke' }));
  return (counts, label) => {
    const top = Math.max(1, ...counts.flatMap((bucket) => [bucket.successes, bucket.failures]));
    const size = (value) => Math.min(1, value / top) * (middle - 1);
    counts.forEach((bucket, index) => {
      const { up, down, slow } = bars[index];
      setAttribute(up, 'y', String(middle - size(bucket.successes)));
      setAttribute(up, 'height', String(size(bucket.successes)));
      setAttribute(down, 'height', String(size(bucket.failures)));
      setAttribute(slow, 'y', String(middle - size(bucket.slow)));
      setAttribute(slow, 'height', String(size(bucket.slow)));
    });
    setAttribute(node, 'aria-label', label);
  };
}

// A share from 0 to 1 as a filled bar.
export function share(place) {
  const node = canvas(place, 'share', 100, 8);
  node.append(svg('rect', { class: 'track', x: 0, y: 0, width: 100, height: 8 }));
  const fill = svg('rect', { class: 'fill', x: 0, y: 0, width: 0, height: 8 });
  node.append(fill);
  return (value, label) => {
    setAttribute(fill, 'width', String(Math.round(Math.min(1, Math.max(0, value ?? 0)) * 100)));
    setAttribute(node, 'aria-label', label);
  };
}

// Where a time of 10 µs to 10 s lies on a logarithmic scale, from 0 to 1.
export function position(micros) {
  return Math.min(1, Math.max(0, Math.log10(Math.max(1, micros) / 10) / 6));
}

// From p50 to p99 a broad bar, from there to the maximum a narrow one, on a logarithmic scale.
export function range(place) {
  const node = canvas(place, 'range', 100, 8);
  node.append(svg('rect', { class: 'track', x: 0, y: 0, width: 100, height: 8 }));
  const tail = svg('rect', { class: 'tail', y: 3, width: 0, height: 2 });
  const body = svg('rect', { class: 'fill', y: 0, width: 0, height: 8 });
  node.append(tail, body);
  const draw = (rect, from, to) => {
    const known = typeof from === 'number' && typeof to === 'number';
    const x = known ? position(from) * 100 : 0;
    setAttribute(rect, 'x', x.toFixed(1));
    setAttribute(rect, 'width', known ? Math.max(1, position(to) * 100 - x).toFixed(1) : '0');
  };
  return (latency, label) => {
    draw(body, latency?.p50, latency?.p99);
    draw(tail, latency?.p99, latency?.max);
    setAttribute(node, 'aria-label', label);
  };
}
