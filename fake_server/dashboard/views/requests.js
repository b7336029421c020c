// Requests: the journal as it comes, newest first.

import { control } from "../lib/api.js";
import { button, choice, field, fill, h, write } from "../lib/dom.js";
import { Refresher } from "../lib/live.js";
import { attempt, sure } from "../lib/notice.js";
import { requestList } from "../panels/request.js";
import { ofAccount } from "../lib/scope.js";
import { t } from "../lib/text.js";

const STEP = 100;
const MOST = 1000;
/** The whole journal: what is looked for may be its oldest request. */
const WHOLE = 100_000;
const OPERATIONS = ["login", "createJob", "findJobs", "varyJob", "upscaleJob", "blendImages", "describeImage"];
/** What is looked for beside an operation: its name, and what a request must be. */
const KINDS = {
  all: () => true,
  refused: (each) => each.status === null || each.status >= 400 || (each.errno ?? 0) !== 0,
  unmatched: (each) => each.operation === null && each.errno === 410,
  fault: (each) => each.fault !== null,
  lint: (each, lint) => lint.has(each.id),
};

let built = null;
let limit = STEP;

function build(section) {
  const operation = choice([["", t("any")], ...OPERATIONS.map((each) => [each, each])], "");
  const kind = choice(Object.keys(KINDS).map((each) => [each, t(`requests.kind.${each}`)]), "all");
  const text = h("input", { type: "search", autocomplete: "off", spellcheck: "false" });
  const count = h("span", { class: "count", role: "status" });
  const list = requestList();
  const findings = h("div", { class: "findings" });
  const refresher = new Refresher(async () => {
    const wanted = text.value.toLowerCase();
    const sifted = kind.value !== "all" || wanted !== "";
    const query = { ...ofAccount(), operation: operation.value, order: "newest-first", limit: sifted ? WHOLE : limit };
    const [journal, lint] = await Promise.all([
      control("GET", "requests", { query }),
      control("GET", "lint", { query: { ...ofAccount(), evidence: MOST } }),
    ]);
    const named = new Set(lint.findings.flatMap((each) => each.requests));
    const met = journal.requests.filter(
      (each) => KINDS[kind.value](each, named) && (!wanted || JSON.stringify(each).toLowerCase().includes(wanted)),
    );
    list.show(met.slice(0, limit), lint.findings);
    fill(findings, summary(lint.findings));
    const all = met.length === journal.total;
    const told = all ? t("requests.total", journal.total) : t("requests.count", met.length, journal.total);
    write(count, journal.lost ? `${told}; ${t("requests.lost", journal.lost)}` : told);
    more.hidden = limit >= MOST || limit >= (sifted ? met.length : journal.total);
  });
  const more = button(t("requests.more"), () => {
    limit = Math.min(limit + STEP, MOST);
    return refresher.now();
  });
  const clear = button(t("requests.clear"), async () => {
    if (!(await sure(t("requests.clear.sure"), t("requests.clear")))) return;
    await attempt(() => control("DELETE", "requests", { query: ofAccount() }));
    await refresher.now();
  });
  for (const each of [operation, kind]) each.addEventListener("change", () => refresher.now());
  text.addEventListener("input", () => refresher.now());
  const bar = h(
    "div",
    { class: "bar" },
    h("div", { class: "lead" }, h("h2", { tabindex: "-1" }, t("nav.requests")), count, clear),
    field(t("requests.text"), text),
    field(t("requests.operation"), operation),
    field(t("requests.show"), kind),
  );
  fill(section, bar, findings, list.element, more);
  return refresher;
}

/** How often each rule was broken. */
function summary(findings) {
  const counts = new Map();
  for (const { rule } of findings) counts.set(rule, (counts.get(rule) ?? 0) + 1);
  return [...counts].map(([rule, count]) => h("span", { class: "badge stalled" }, `${rule} × ${count}`));
}

export const requests = {
  async open(section) {
    built ??= build(section);
    await built.now();
  },
  refresh: () => built.now(),
  close() {
    limit = STEP;
    built.stop();
  },
};
