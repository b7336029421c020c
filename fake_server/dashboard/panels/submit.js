// A request to the service's API from here, and what it is for a client.

import { call, control } from "../lib/api.js";
import { choice, field, fill, h } from "../lib/dom.js";
import { attempt } from "../lib/notice.js";
import { accountOptions, acting } from "../lib/scope.js";
import { snippets } from "../lib/snippets.js";
import { effect, t } from "../lib/text.js";

const CELLS = [1, 2, 3, 4].map((each) => [String(each), String(each)]);

/** What each kind of submission asks a person for, where it goes and with what body. */
const SUBMISSIONS = {
  create: { path: "/jobs/create", fields: ["prompt", "scenario"], body: (given) => ({ content: given.prompt }) },
  vary: {
    path: "/jobs/variation",
    fields: ["cell"],
    body: (given, of) => ({ parent_id: of.parent.job_id, grid_num: given.cell }),
  },
  upscale: {
    path: "/jobs/upscale",
    fields: ["cell"],
    body: (given, of) => ({ parent_hash: of.parent.hash, grid_num: given.cell }),
  },
  remix: {
    path: "/jobs/variation",
    fields: ["cell", "prompt", "scenario"],
    body: (given, of) => ({ parent_id: of.parent.job_id, grid_num: given.cell, content: given.prompt }),
  },
  blend: { path: "/jobs/blend", fields: ["links"], body: (given) => ({ content: given.links.trim().split(/\s+/).join(" ") }) },
  describe: { path: "/jobs/describe", fields: ["link"], body: (given) => ({ content: given.link.trim() }) },
};

/**
 * A form for the submissions named. `of` is { parent, links } where they are made from a job;
 * `cell()` and `chooseCell(n)` keep its cell the one that is chosen in the picture. `of.accepted`
 * is called with the hash of a job that was accepted; without it the form says so itself.
 */
export function composer(names = ["create", "blend", "describe"], of = {}) {
  const account = of.parent?.account ?? acting();
  const kind = choice(names.map((each) => [each, t(`submit.${each}`)]), names[0]);
  const who = choice(accountOptions(), account, {
    disabled: Boolean(of.parent),
  });
  const links = of.links ?? [];
  const controls = {
    prompt: h("textarea", { rows: 3, required: true, spellcheck: "false" }, of.parent?.prompt ?? ""),
    scenario: choice([["", t("submit.no-scenario")]], ""),
    cell: choice(CELLS, "1"),
    links: h("textarea", { rows: 4, required: true, spellcheck: "false" }, links.join("\n")),
    link: h("input", { type: "url", required: true, value: links[0] ?? "" }),
  };
  const fields = h("div", { class: "fields" });
  const shown = snippets();
  const result = h("div", { role: "status", class: "result" });

  const given = () => ({
    prompt: [controls.prompt.value, controls.scenario.value].filter(Boolean).join(" "),
    cell: Number(controls.cell.value),
    links: controls.links.value,
    link: controls.link.value,
  });
  const submission = () => SUBMISSIONS[kind.value];
  const body = () => submission().body(given(), of);
  function preview() {
    const headers = { "Content-Type": "application/json", Authorization: "Bearer $TOKEN" };
    shown.show({ method: "POST", path: submission().path, headers, body: body() });
    of.celled?.(submission().fields.includes("cell") ? given().cell : null);
  }
  function ask() {
    fill(fields, submission().fields.map((name) => field(t(`submit.field.${name}`), controls[name])));
    preview();
  }
  kind.addEventListener("change", ask);
  const form = h(
    "form",
    { class: "composer" },
    h("div", { class: "pair" }, field(t("submit.kind"), kind), field(t("account"), who)),
    fields,
    h("button", { class: "main" }, t("submit.send")),
    result,
    h("h3", {}, t("submit.as")),
    shown.element,
  );
  form.addEventListener("input", preview);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    await attempt(async () => {
      const answered = await call(who.value, submission().path, body());
      if (answered.answer?.errno === 0 && of.accepted) of.accepted(String(answered.answer.data));
      else fill(result, outcome(answered));
    });
  });
  attempt(() => listScenarios(controls.scenario));
  ask();
  form.chooseCell = (cell) => {
    controls.cell.value = String(cell);
    preview();
  };
  return form;
}

/** The scenarios that a marker in the prompt selects. */
async function listScenarios(select) {
  const { scenarios } = await control("GET", "scenarios");
  select.append(
    ...scenarios.map((each) => h("option", { value: each.marker }, `${each.marker}: ${effect(each)}`)),
  );
}

/** That a job was accepted, with a link to it. */
export function accepted(hash) {
  return [`${t("submit.accepted")} `, h("a", { href: `#jobs/${encodeURIComponent(hash)}` }, hash.slice(0, 12), "…")];
}

/** What came of a submission. */
function outcome({ status, answer, text, reason }) {
  if (answer?.errno === 0) return h("p", { class: "good" }, accepted(String(answer.data)));
  const told = answer ? `errno ${answer.errno} ${answer.errmsg ?? answer.error ?? ""}` : `HTTP ${status}`;
  return h("p", { class: "bad" }, told, " ", h("span", {}, reason ?? text.slice(0, 300)));
}
