// Time: the clock that all share, each account's, and the jobs that wait for it.

import { control } from "../lib/api.js";
import { stateText } from "../panels/card.js";
import { button, field, fill, h, reconcile, write } from "../lib/dom.js";
import { Refresher } from "../lib/live.js";
import { attempt } from "../lib/notice.js";
import { scope } from "../lib/scope.js";
import { clockTime, t } from "../lib/text.js";
import { stateOf } from "../panels/stopped.js";
import { draw } from "../panels/timeline.js";

/** How often (ms) the clocks are shown, how often (ms) they are read while jobs run. */
const TICK = 100;
const PACE = 500;
/** A duration, as the control API takes it. */
const SPAN = /^[0-9]{1,12}(\.[0-9]{1,3})?(ms|s|m|h|d)$/;
const STEPS = ["1s", "10s", "1m", "1h", "1d"];
const MOST_CLOCKS = 50;
const MOST_JOBS = 12;
const MOST_TOLD = 100;

let built = null;
let ticking = null;
/** The clocks as they were read, and when that was. */
let read = { at: 0, clocks: [] };

const nowOf = (clock) => clock.now_ms + (clock.frozen ? 0 : Math.round(performance.now() - read.at));
const nowOfAccount = (account) => {
  const clock = read.clocks.find((each) => each.account === account) ?? read.clocks[0];
  return nowOf(clock);
};

function build(section) {
  const list = h("ul", { class: "clocks" });
  const line = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  line.setAttribute("role", "img");
  const none = h("p", { class: "nothing" }, t("time.none"));
  const timeline = h("div", { class: "panel timeline" }, line);
  const moreClocks = h("p", { class: "soft", hidden: true });
  const moreJobs = h("p", { class: "soft", hidden: true });
  const happenedTitle = h("h3", { hidden: true }, t("time.happened"));
  const happened = h("ol", { class: "happened", "aria-live": "polite" });
  const refresher = new Refresher(async () => {
    const states = ["queued", "running"];
    const answers = await Promise.all([
      control("GET", "clocks"),
      ...states.map((state) => control("GET", "jobs", { query: { account: scope.account, state, limit: MOST_JOBS } })),
    ]);
    const [{ clocks }, ...lists] = answers;
    read = { at: performance.now(), clocks };
    const shown = clocks.filter((each) => !scope.account || each.account === scope.account || each.account === null);
    reconcile(list, shown.slice(0, MOST_CLOCKS), (each) => each.account ?? "", (each) => makeClock(each, act), updateClock);
    const jobs = lists.flatMap((each) => each.jobs).slice(0, MOST_JOBS);
    tellMore(moreClocks, "time.clocks.more", shown.length - MOST_CLOCKS);
    tellMore(moreJobs, "time.jobs.more", lists.reduce((sum, { total }) => sum + total, -jobs.length));
    none.hidden = jobs.length > 0;
    timeline.hidden = jobs.length === 0;
    draw(line, jobs, nowOfAccount, t("time.line", jobs.map((job) => `${job.prompt}: ${stateText(job)}`).join("; ")));
    if (jobs.some((job) => !job.stalled)) refresher.later(PACE);
  });

  async function act(clock, method, path, body = {}) {
    const of = clock.account === null ? {} : { account: clock.account };
    await attempt(async () => {
      const options = method === "DELETE" ? { query: of } : { body: { ...body, ...of } };
      const answer = await control(method, path, options);
      if (!answer.transitions) return;
      happenedTitle.hidden = false;
      fill(happened, toldAll(answer.transitions));
    });
    await refresher.now();
  }

  fill(
    section,
    h("h2", { tabindex: "-1" }, t("nav.time")),
    h("p", { class: "soft" }, t("time.what")),
    list,
    moreClocks,
    h("h3", {}, t("time.jobs")),
    none,
    timeline,
    moreJobs,
    happenedTitle,
    happened,
  );
  return { refresher, list };
}

/** How many more there are than are shown, where there are more. */
function tellMore(element, key, more) {
  element.hidden = more <= 0;
  write(element, t(key, more));
}

function toldAll(transitions) {
  const more = transitions.length - MOST_TOLD;
  if (more > 0) return [...transitions.slice(0, MOST_TOLD).map(told), h("li", { class: "soft" }, t("time.happened.more", more))];
  return transitions.length ? transitions.map(told) : h("li", { class: "soft" }, t("time.happened.none"));
}

/** `06:48:37 abc 89ee3c… running 46%`. */
function told(each) {
  const progress = each.progress === null ? "" : ` ${each.progress}%`;
  return h(
    "li",
    {},
    `${clockTime(each.at)} ${each.account} `,
    h("a", { href: `#jobs/${encodeURIComponent(each.hash)}` }, `${each.hash.slice(0, 10)}…`),
    ` ${t(`state.${each.state}`)}${progress}`,
  );
}

function makeClock(clock, act) {
  const name = clock.account ?? t("time.shared");
  const by = h("input", { type: "text", value: "30s", size: 8, autocomplete: "off", spellcheck: "false" });
  by.addEventListener("input", () => {
    const given = by.value.trim();
    by.setCustomValidity(SPAN.test(given) ? "" : t("time.by.wrong", given));
  });
  const go = h("form", { class: "row" }, field(t("time.by"), by, t("time.by.hint")), h("button", {}, t("time.advance")));
  go.addEventListener("submit", (event) => {
    event.preventDefault();
    act(clock, "POST", "clock/advance", { by: by.value.trim() });
  });
  const to = h("input", { type: "datetime-local", step: 1, required: true });
  const set = h("form", { class: "row" }, field(t("time.to"), to), h("button", {}, t("time.set")));
  set.addEventListener("submit", (event) => {
    event.preventDefault();
    act(clock, "POST", "clock/set", { to: `${to.value.length === 16 ? `${to.value}:00` : to.value}Z` });
  });
  const doing = (key, method, path) => button(t(key), () => act(clock, method, path), { "data-act": key });
  return h(
    "li",
    { class: "panel clock" },
    h("div", { class: "heading" }, h("h3", {}, name), h("span", { class: "badge" })),
    h("p", { class: "now" }, h("time", {})),
    h("p", { class: "soft becomes-own" }, t("time.becomes-own")),
    h(
      "div",
      { class: "row" },
      doing("time.freeze", "POST", "clock/freeze"),
      doing("time.resume", "POST", "clock/resume"),
      doing("time.auto", "POST", "clock/auto"),
      doing(clock.account === null ? "time.drop.shared" : "time.drop", "DELETE", "clock"),
    ),
    h("div", { class: "row" }, STEPS.map((step) => button(`+${step}`, () => act(clock, "POST", "clock/advance", { by: step })))),
    go,
    set,
  );
}

function updateClock(row, clock) {
  row.clock = clock;
  const badge = row.querySelector(".badge");
  const follows = clock.account !== null && !clock.own;
  const state = stateOf(clock);
  write(badge, follows ? t("time.follows") : t(`time.is.${state}`));
  badge.className = `badge ${follows ? "" : state === "frozen" ? "stalled" : "finished"}`;
  row.querySelector(".becomes-own").hidden = !follows;
  row.querySelector('[data-act="time.freeze"]').hidden = clock.frozen;
  row.querySelector('[data-act="time.resume"]').hidden = !clock.frozen && !clock.auto;
  row.querySelector('[data-act="time.auto"]').hidden = clock.auto;
  row.querySelector('[data-act^="time.drop"]').hidden = !clock.own;
}

function tick() {
  for (const row of built.list.children) {
    if (row.clock) write(row.querySelector("time"), new Date(nowOf(row.clock)).toISOString().replace("T", " ").slice(0, 21));
  }
}

export const time = {
  async open(section) {
    built ??= build(section);
    await built.refresher.now();
    tick();
    clearInterval(ticking);
    ticking = setInterval(tick, TICK);
  },
  refresh: () => built.refresher.now(),
  close() {
    clearInterval(ticking);
    built.refresher.stop();
  },
};
