// The dashboard: asks the admin endpoint once a second and shows the answers. Where to read on: `poll.js` (when it asks),
// `api.js` (how), `series.js` (rates), and a file per section of the page.

import { getJson, hasToken, setToken } from './api.js';
import { setText } from './dom.js';
import { moment } from './format.js';
import { Latency } from './latency.js';
import { Poll } from './poll.js';
import { Rates } from './series.js';
import { totals } from './totals.js';
import { breakers } from './section_breakers.js';
import { latency } from './section_latency.js';
import { limits } from './section_limits.js';
import { overview } from './section_overview.js';
import { reloads } from './section_reloads.js';
import { routes } from './section_routes.js';
import { upstreams } from './section_upstreams.js';
import { workers } from './section_workers.js';

const at = (id) => document.getElementById(id);
const SECTIONS = { overview, routes, latency, limits, breakers, upstreams, workers, reloads };
const show = Object.entries(SECTIONS).map(([id, section]) => section(at(id)));

// The whole configuration is much to read and changes seldom.
const CONFIG_EVERY = 5;

const rates = new Rates();
const latencies = new Latency();
let config = null;
let round = 0;
let answered = null;

async function ask() {
  // One question first: a gateway that is gone or wants a token says so once.
  const routes = await getJson('/api/routes');
  const documents = ['upstreams', 'breakers', 'limits', 'workers'].map((name) => getJson(`/api/${name}`));
  const [latency, upstreams, breakers, limits, workers] = await Promise.all([latencies.get(performance.now()), ...documents]);
  if (round % CONFIG_EVERY === 0 || config?.generation !== routes.generation) config = await getJson('/api/config');
  round += 1;
  const model = { routes, upstreams, breakers, limits, workers, latency, config, rates };
  rates.take(performance.now(), totals(model));
  answered = new Date();
  setText(at('facts'), `Generation ${config.generation} of ${config.file}, since ${moment(config.loaded_at)}`);
  for (const update of show) update(model);
  at('content').classList.remove('unknown');
}

const SAID = {
  live: () => 'Live',
  paused: () => 'Paused',
  hidden: () => 'Paused while hidden',
  token: () => (hasToken() ? 'The gateway does not accept the token' : 'The gateway asks for its token'),
  gone: () => `The gateway does not answer.${answered ? ` What is shown is of ${moment(answered)}.` : ''} Trying again …`,
  refused: (failure) => `This went wrong: ${failure.message}`,
};
const TITLES = { live: 'Supplex Gateway', gone: 'Not answering – Supplex Gateway' };

function report(state, failure) {
  // The first failure of an otherwise live gateway: wait for the second.
  if (state === 'live' && failure) return;
  const line = at('state');
  line.dataset.state = state;
  setText(line, SAID[state](failure));
  document.title = TITLES[state] ?? 'Supplex Gateway';
  at('forget').hidden = !hasToken();
  at('content').classList.toggle('stale', state === 'gone');
  askForToken(state === 'token');
  if (state === 'gone') round = 0; // Whoever answers next may run something else.
}

// Without the token nothing is shown, not even what was known before.
function askForToken(needed) {
  const section = at('token');
  at('content').classList.toggle('unknown', needed || answered === null);
  if (section.hidden === !needed) return;
  section.hidden = !needed;
  if (needed) at('token-input').focus();
}

const poll = new Poll(ask, report);

at('pause').addEventListener('click', () => {
  poll.paused = !poll.paused;
  at('pause').setAttribute('aria-pressed', String(poll.paused));
});

at('token-form').addEventListener('submit', (event) => {
  event.preventDefault();
  setToken(at('token-input').value.trim());
  at('token-input').value = '';
  poll.start();
});

at('forget').addEventListener('click', () => {
  setToken(null);
  answered = null;
  poll.start();
});

poll.start();
