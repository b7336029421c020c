// What changes, as the fake tells it. The stream is read with fetch, since EventSource sends no
// token. It rests while the page is hidden, and begins again after an end, whatever caused it.

import { open } from "./api.js";

const FIRST_WAIT = 300;
const LONGEST_WAIT = 5000;
/** What is read by itself takes one part of this many of the time. */
const SHARE = 10;
/** But what is shown is never older than this by more than the reading takes, in ms. */
const STALE = 2000;

/** A browser has six connections to a host for all of its pages; so many of them keep a stream. */
const STREAMS = 4;
/** One that has none asks again after this time, in ms. */
const POLL = 2000;

/** `work(true)` while this page is one of those that may keep a stream, else `work(false)`. */
async function inTurn(work) {
  if (!navigator.locks) return work(true); // off loopback, without TLS, pages know nothing of each other
  let done = null;
  for (let slot = 0; slot < STREAMS && done === null; slot++) {
    done = await navigator.locks.request(`sampan-stream-${slot}`, { ifAvailable: true }, (lock) => lock && work(true));
  }
  return done ?? work(false);
}

/**
 * Calls `changed(names)` for each event, and `connected` when it learns which holds: "live";
 * "crowded", where so many pages are open that this one asks from time to time; "away".
 */
export function listen(changed, connected) {
  let wait = FIRST_WAIT;
  let stopping = null;
  let again = null;

  /** Events as they come, or what has changed so far; how the page stands when that has ended. */
  async function read(signal, mayKeep) {
    const response = await open("GET", "events", { query: mayKeep ? {} : { limit: 1 }, signal });
    const full = response.status === 429;
    if (!response.ok && !full) return "away";
    wait = FIRST_WAIT;
    connected(mayKeep && !full ? "live" : "crowded");
    if (full) changed([]);
    else for await (const names of events(response.body)) changed(names);
    return mayKeep && !full ? "away" : "crowded";
  }

  async function follow() {
    clearTimeout(again);
    stopping = new AbortController();
    const { signal } = stopping;
    let state = "away";
    try {
      state = await inTurn((mayKeep) => read(signal, mayKeep));
    } catch (problem) {
      if (signal.aborted) return;
      if (!(problem instanceof TypeError)) console.error(problem); // a TypeError: nobody is there
    }
    connected(state);
    again = setTimeout(follow, state === "crowded" ? POLL : wait);
    if (state === "away") wait = Math.min(wait * 2, LONGEST_WAIT);
  }

  document.addEventListener("visibilitychange", () => {
    stopping?.abort();
    clearTimeout(again);
    if (!document.hidden) follow();
  });
  follow();
}

/** The names in each event of a stream. */
async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let held = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    held += value;
    const parts = held.split("\n\n");
    held = parts.pop();
    for (const part of parts) {
      const data = part.split("\n").find((line) => line.startsWith("data: "));
      if (data) yield JSON.parse(data.slice(6)).changed;
    }
  }
}

/** Runs `work` one at a time; however often it is asked for meanwhile, once more afterwards. */
export class Refresher {
  constructor(work) {
    this.work = work;
    this.running = false;
    this.wanted = false;
    this.stopped = false;
    this.took = 0;
    this.ended = 0;
    this.timer = null;
  }

  async now() {
    clearTimeout(this.timer);
    this.wanted = true;
    this.stopped = false;
    if (this.running) return;
    this.running = true;
    try {
      while (this.wanted) {
        this.wanted = false;
        const began = performance.now();
        await this.work();
        this.ended = performance.now();
        this.took = this.ended - began;
      }
    } catch (problem) {
      if (!(problem instanceof TypeError && problem.message.includes("fetch"))) throw problem;
      // Nobody is there, perhaps for a moment in which the stream goes on and tells nothing new.
      if (!document.hidden) this.later(STALE);
    } finally {
      this.running = false;
    }
  }

  /** Once more in a while; the slower the fake answers, the later, for it has others to answer. */
  later(ms) {
    if (this.stopped) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.now(), Math.max(ms, this.pause()));
  }

  /** How long to leave a fake alone that took as long as it did, in ms. */
  pause() {
    return Math.min(this.took * SHARE, STALE);
  }

  /** Now, unless the last time is not long ago for what it took. */
  soon() {
    const rest = this.ended + this.pause() - performance.now();
    if (rest <= 0) return this.now();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.now(), rest);
    return null;
  }

  /** No more until it is asked for again; what is being read asks for nothing more. */
  stop() {
    clearTimeout(this.timer);
    this.wanted = false;
    this.stopped = true;
  }
}
