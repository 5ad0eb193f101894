// Asks the admin endpoint, with the token if there is one. A failure says of which kind it is; showing it is for others.

const KEY = 'supplex.admin_token';
const PATIENCE = 5000;

// kind: `gone` (no answer), `token` (401), `missing` (404), `refused` (anything else that is no answer to the question).
export class Failure extends Error {
  constructor(kind, message) {
    super(message);
    this.kind = kind;
  }
}

// Where the browser allows no storage, the token lives as long as the page.
let token = null;
try {
  token = sessionStorage.getItem(KEY);
} catch {
  // It stays null.
}

export const hasToken = () => token !== null;

export function setToken(value) {
  token = value;
  try {
    if (value === null) sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, value);
  } catch {
    // See above.
  }
}

async function ask(path) {
  const headers = token === null ? {} : { Authorization: `Bearer ${token}` };
  const options = { headers, cache: 'no-store', credentials: 'omit', signal: AbortSignal.timeout(PATIENCE) };
  let response;
  let text;
  try {
    response = await fetch(path, options);
    text = await response.text();
  } catch (error) {
    throw new Failure('gone', String(error.message));
  }
  if (response.ok) return text;
  const kind = { 401: 'token', 404: 'missing' }[response.status] ?? 'refused';
  throw new Failure(kind, `${path}: ${response.status} ${detail(text)}`);
}

function detail(text) {
  try {
    return String(JSON.parse(text).detail ?? '');
  } catch {
    return '';
  }
}

export async function getJson(path) {
  const text = await ask(path);
  try {
    return JSON.parse(text);
  } catch {
    throw new Failure('refused', `${path}: the answer is not JSON`);
  }
}

export const getText = ask;
