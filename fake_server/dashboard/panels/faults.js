// Faults: armed from a form made of the control API's document, and how often each was applied.

import { control, segment } from "../lib/api.js";
import { button, h, reconcile, write } from "../lib/dom.js";
import { offerAnew, schemaForm } from "../lib/form.js";
import { attempt } from "../lib/notice.js";
import { accountOptions, ofAccount } from "../lib/scope.js";
import { known, t } from "../lib/text.js";

/** What few faults need. */
const RARE = new Set(["delay", "clock", "skip", "probability", "seed", "optional", "body_base64", "match.body", "match.headers"]);

/** The panel of faults; `changed` is called after each change. */
export async function faults(changed) {
  const document = await control("GET", "openapi.json");
  const { post } = document.paths["/__admin/faults"];
  const schema = post.requestBody.content["application/json"].schema;
  const list = h("ul", { class: "armed" });
  const none = h("p", { class: "nothing" }, t("faults.none"));
  const form = schemaForm(document, schema, "", true, {
    choices: { account: accountOptions },
    rare: RARE,
    hints: { status: t("faults.status") },
    says: (type) => (known(`fault.${type}`) ? t(`fault.${type}`) : null),
  });
  const element = h(
    "form",
    { class: "panel" },
    h("h3", {}, t("faults.title")),
    h("p", { class: "soft" }, t("faults.what")),
    form.element,
    h("div", { class: "row" }, h("button", { class: "main" }, t("faults.arm")), button(t("faults.clear"), clear)),
  );
  element.addEventListener("submit", async (event) => {
    event.preventDefault();
    await attempt(() => control("POST", "faults", { body: form.value() }), t("faults.armed"));
    await changed();
  });
  async function clear() {
    await attempt(() => control("DELETE", "faults", { query: ofAccount() }));
    await changed();
  }
  const disarm = (fault) => attempt(() => control("DELETE", `faults/${segment(fault.id)}`)).then(changed);

  async function refresh() {
    offerAnew(element, "account", accountOptions());
    const found = (await control("GET", "faults", { query: ofAccount() })).faults;
    none.hidden = found.length > 0;
    reconcile(list, found, (each) => each.id, (each) => makeRow(each, disarm), updateRow);
  }
  return { element: h("div", {}, element, h("h3", {}, t("faults.list")), none, list), refresh };
}

function makeRow(fault, disarm) {
  const { id, type, match, matched, applied, times, ...terms } = fault;
  const told = Object.entries({ ...match, ...terms }).filter(([key, value]) => !isUsual(key, value));
  return h(
    "li",
    {},
    h("strong", {}, `${id} ${type}`),
    h("code", {}, told.map(([key, value]) => `${key}: ${plain(value)}`).join(", ") || t("faults.any")),
    h("span", { class: "badge" }),
    button(t("faults.disarm"), () => disarm(fault), { "aria-label": `${t("faults.disarm")} ${id}` }),
  );
}

/** Whether a term says what it says of most faults. */
const isUsual = (key, value) => JSON.stringify(value) === USUAL[key];
const USUAL = { skip: "0", probability: "1", seed: "0", clock: '"account"', optional: "false" };
const plain = (value) => (typeof value === "string" ? value : JSON.stringify(value));

function updateRow(row, { applied, matched, times }) {
  const badge = row.querySelector(".badge");
  const spent = times !== undefined && applied >= times;
  write(badge, t(spent ? "faults.spent" : "faults.applied", applied, times ?? "∞", matched));
  badge.className = `badge ${spent ? "" : "running"}`;
  row.classList.toggle("spent", spent);
}
