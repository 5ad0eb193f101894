// Rates from counters, with a bounded history. Nothing here knows the page or the clock.

export const POINTS = 120;
// After a longer gap (a hidden tab, a gateway that was away) a difference would say nothing about any one second.
const LONGEST_GAP = 5000;

export class Rates {
  #known = new Map(); // key → { total, rate, history }
  #at = null;

  // Takes the totals as of `now` (milliseconds of any clock that only goes forward). Keys that are missing are forgotten.
  take(now, totals) {
    const elapsed = this.#at === null ? Infinity : now - this.#at;
    this.#at = now;
    const next = new Map();
    for (const [key, total] of totals) {
      const before = this.#known.get(key);
      const rate = before && elapsed > 0 && elapsed <= LONGEST_GAP ? difference(before.total, total, elapsed) : null;
      const history = before ? before.history : [];
      history.push(rate);
      if (history.length > POINTS) history.shift();
      next.set(key, { total, rate, history });
    }
    this.#known = next;
  }

  // Per second, or null when it is not known yet.
  rate(key) {
    return this.#known.get(key)?.rate ?? null;
  }

  // The latest last; null where nothing is known.
  history(key) {
    return this.#known.get(key)?.history ?? [];
  }
}

// A counter that went back began anew, as after a restart.
function difference(before, total, elapsed) {
  return total < before ? null : ((total - before) * 1000) / elapsed;
}

// Adds what is known of several histories, point by point from their ends.
export function sum(histories) {
  const length = Math.max(0, ...histories.map((history) => history.length));
  return Array.from({ length }, (_, index) => {
    const points = histories.map((history) => history[history.length - length + index] ?? null);
    const there = points.filter((point) => point !== null);
    return there.length === 0 ? null : there.reduce((total, point) => total + point, 0);
  });
}
