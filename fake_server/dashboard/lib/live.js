// What changes, as the fake tells it. The stream is read with fetch, since EventSource sends no
// token. It rests while the page is hidden, and begins again after an end, whatever caused it.

import { open } from "./api.js";

const FIRST_WAIT = 300;
const LONGEST_WAIT = 5000;
/** What is read by itself takes one part of this many of the time. */
const SHARE = 10;
/** But what is shown is never older than this by more than the reading takes, in ms. */
const STALE = 2000;

/** Calls `changed(names)` for each event and `connected(bool)` when that changes. */
export function listen(changed, connected) {
  let wait = FIRST_WAIT;
  let stopping = null;
  let again = null;

  async function follow() {
    clearTimeout(again);
    stopping = new AbortController();
    const { signal } = stopping;
    try {
      const response = await open("GET", "events", { signal });
      if (response.ok) {
        connected(true);
        wait = FIRST_WAIT;
        for await (const names of events(response.body)) changed(names);
      }
    } catch (problem) {
      if (signal.aborted) return;
      if (!(problem instanceof TypeError)) console.error(problem); // a TypeError: nobody is there
    }
    connected(false);
    again = setTimeout(follow, wait);
    wait = Math.min(wait * 2, LONGEST_WAIT);
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
