// When to ask: once a second while somebody looks. Knows nothing about what is asked.
//
//   live ── hidden or paused ──▶ hidden / paused ── shown, continued ──▶ live
//   live ── two failures in a row ──▶ gone ── an answer ──▶ live
//   live ── 401 ──▶ token ── a token was given ──▶ live

const EVERY = 1000;
// While there is no answer: soon enough to be back by itself, seldom enough to be no burden.
const EVERY_WHEN_GONE = 2000;

export class Poll {
  #ask;
  #report;
  #timer = null;
  #busy = false;
  #again = false;
  #paused = false;
  #failures = 0;

  // `ask` asks once and may fail with a Failure; `report(state, failure)` is told where things stand after each time.
  constructor(ask, report) {
    this.#ask = ask;
    this.#report = report;
    document.addEventListener('visibilitychange', () => this.#look());
  }

  start() {
    this.#look();
  }

  get paused() {
    return this.#paused;
  }

  set paused(paused) {
    this.#paused = paused;
    this.#look();
  }

  // Where things stand may have changed: stop, or ask at once.
  #look() {
    clearTimeout(this.#timer);
    if (this.#paused) this.#report('paused');
    else if (document.visibilityState === 'hidden') this.#report('hidden');
    else this.#turn();
  }

  async #turn() {
    if (this.#busy) {
      this.#again = true;
      return;
    }
    this.#busy = true;
    const begun = performance.now();
    const wait = await this.#once();
    this.#busy = false;
    if (this.#again) {
      this.#again = false;
      this.#look();
    } else if (wait !== null && this.#isWatched()) {
      this.#timer = setTimeout(() => this.#turn(), Math.max(200, wait - (performance.now() - begun)));
    }
  }

  // Whoever paused meanwhile, or looked away, has been told so.
  #isWatched() {
    return !this.#paused && document.visibilityState !== 'hidden';
  }

  // How long to wait until the next time; null: until something happens.
  async #once() {
    let state = 'live';
    let cause;
    try {
      await this.#ask();
      this.#failures = 0;
    } catch (failure) {
      [state, cause] = this.#judge(failure);
    }
    if (this.#isWatched()) this.#report(state, cause);
    if (state === 'token') return null;
    return state === 'gone' ? EVERY_WHEN_GONE : EVERY;
  }

  #judge(failure) {
    // A defect of the page belongs into the console; the next time may go well.
    if (failure.kind === undefined) console.error(failure);
    if (failure.kind !== 'gone') return [failure.kind === 'token' ? 'token' : 'refused', failure];
    // A connection that both ends used at the wrong moment is no news; the second failure in a row is.
    this.#failures += 1;
    return this.#failures < 2 ? ['live', failure] : ['gone', failure];
  }
}
