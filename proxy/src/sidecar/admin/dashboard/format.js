// Numbers in words for people. An unknown value, null or undefined, is a dash.

export const UNKNOWN = '–';

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const tenths = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });
const three = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });

const known = (value) => typeof value === 'number' && Number.isFinite(value);

export const count = (value) => (known(value) ? whole.format(value) : UNKNOWN);

// Per second.
export const rate = (value) => (known(value) ? (value < 100 ? tenths : whole).format(value) : UNKNOWN);

// From 0 to 1.
export const share = (value) => (known(value) ? `${whole.format(value * 100)} %` : UNKNOWN);

// Microseconds.
export function micros(value) {
  if (!known(value)) return UNKNOWN;
  if (value < 1e3) return `${whole.format(value)} µs`;
  if (value < 1e6) return `${three.format(value / 1e3)} ms`;
  return `${three.format(value / 1e6)} s`;
}

// A length of time in seconds, roughly.
export function span(value) {
  if (!known(value)) return UNKNOWN;
  if (value < 100) return `${whole.format(Math.max(0, value))} s`;
  if (value < 6000) return `${whole.format(value / 60)} min`;
  if (value < 172800) return `${whole.format(value / 3600)} h`;
  return `${whole.format(value / 86400)} days`;
}

// A date as the gateway writes it, in local time; with the day if that is not today's.
export function moment(text, now = new Date()) {
  const date = new Date(text ?? NaN);
  if (Number.isNaN(date.getTime())) return UNKNOWN;
  const time = date.toLocaleTimeString('en-GB');
  return date.toDateString() === now.toDateString() ? time : `${date.toLocaleDateString('en-CA')} ${time}`;
}

export const counted = (number, noun) => `${count(number)} ${noun}${number === 1 ? '' : 's'}`;
