// State: reset, export, import, accounts.

import { control, segment } from "../lib/api.js";
import { button, choice, field, fill, h, reconcile, write } from "../lib/dom.js";
import { Refresher } from "../lib/live.js";
import { attempt, say, sure } from "../lib/notice.js";
import { ofAccount, readAccounts, scope } from "../lib/scope.js";
import { t } from "../lib/text.js";

let built = null;

const whose = () => scope.account || t("everybody");

function build(section) {
  const list = h("tbody", {});
  const about = h("p", { class: "soft" });
  const refresher = new Refresher(async () => {
    const accounts = await readAccounts();
    reconcile(list, accounts, (each) => each.username, (each) => makeRow(each, refresher), updateRow);
    if (!about.textContent) {
      const told = await control("GET", "version");
      write(about, t("state.version", told.version, told.contract, told.seed));
    }
  });
  const reset = button(
    t("state.reset"),
    async () => {
      if (!(await sure(t("state.reset.sure", whose()), t("state.reset")))) return;
      const done = await attempt(() => control("POST", "reset", { body: ofAccount() }));
      if (done) say(t("state.reset.done", done.jobs));
    },
    { class: "danger" },
  );
  fill(
    section,
    h("h2", { tabindex: "-1" }, t("nav.state")),
    about,
    h("div", { class: "panel row" }, reset, button(t("state.export"), save), importer(refresher)),
    h("h3", {}, t("state.accounts")),
    newAccount(refresher),
    h(
      "div",
      { class: "wide" },
      h(
        "table",
        {},
        h("thead", {}, h("tr", {}, ["state.username", "state.plan", "state.jobs", "state.actions"].map((each) => h("th", { scope: "col" }, t(each))))),
        list,
      ),
    ),
  );
  return refresher;
}

/** Download the state. It holds the digests of passwords and the tokens' key. */
async function save() {
  await attempt(async () => {
    const state = await control("GET", "state", { query: ofAccount() });
    const url = URL.createObjectURL(new Blob([JSON.stringify(state, null, 2)], { type: "application/json" }));
    const link = h("a", { href: url, download: "sampan-state.json" });
    link.click();
    URL.revokeObjectURL(url);
  });
}

function importer(refresher) {
  const file = h("input", { type: "file", accept: "application/json,.json" });
  file.addEventListener("change", async () => {
    const [chosen] = file.files;
    if (!chosen) return;
    const text = await chosen.text();
    file.value = "";
    let body;
    try {
      body = JSON.parse(text);
    } catch {
      say(t("state.import.no-json"), "wrong");
      return;
    }
    if (!(await sure(t("state.import.sure"), t("state.import")))) return;
    const done = await attempt(() => control("PUT", "state", { body }));
    if (done) say(t("state.import.done", done.accounts, done.jobs));
    await refresher.now();
  });
  return field(t("state.import"), file);
}

function newAccount(refresher) {
  const name = h("input", { type: "text", required: true, maxlength: 200, autocomplete: "off" });
  const password = h("input", { type: "text", required: true, maxlength: 1000, autocomplete: "off" });
  const plan = choice([["unlimited", "unlimited"], ["none", "none"]], "unlimited");
  const form = h(
    "form",
    { class: "panel row" },
    field(t("state.username"), name),
    field(t("state.password"), password),
    field(t("state.plan"), plan),
    h("button", { class: "main" }, t("state.create")),
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const body = { username: name.value, password: password.value, plan: plan.value };
    if (await attempt(() => control("POST", "accounts", { body }), t("state.created", name.value))) form.reset();
    await refresher.now();
  });
  return form;
}

function makeRow(account, refresher) {
  const path = `accounts/${segment(account.username)}`;
  const plan = choice([["unlimited", "unlimited"], ["none", "none"]], account.plan, { "aria-label": `${t("state.plan")}: ${account.username}` });
  plan.addEventListener("change", () => attempt(() => control("PATCH", path, { body: { plan: plan.value } })));
  const remove = button(
    t("state.delete"),
    async () => {
      if (!(await sure(t("state.delete.sure", account.username), t("state.delete")))) return;
      await attempt(() => control("DELETE", path));
      await refresher.now();
    },
    { class: "danger", "aria-label": `${t("state.delete")} ${account.username}` },
  );
  return h("tr", {}, h("th", { scope: "row" }, account.username), h("td", {}, plan), h("td", {}), h("td", {}, remove));
}

function updateRow(row, account) {
  const plan = row.children[1].firstElementChild;
  if (document.activeElement !== plan) plan.value = account.plan;
  write(row.children[2], account.jobs);
}

export const state = {
  async open(section) {
    built ??= build(section);
    await built.now();
  },
  refresh: () => built.now(),
};
