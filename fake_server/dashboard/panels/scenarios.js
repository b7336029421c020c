// Scenarios: what can become of a job, armed for the next submissions.

import { control } from "../lib/api.js";
import { button, choice, field, fill, h, offer } from "../lib/dom.js";
import { attempt } from "../lib/notice.js";
import { accountOptions, ofAccount, scope } from "../lib/scope.js";
import { described, effect, t } from "../lib/text.js";

/** The panel of scenarios; `changed` is called after each change. */
export async function scenarios(changed) {
  const { scenarios: all } = await control("GET", "scenarios");
  const named = new Map(all.map((each) => [each.name, each]));
  const which = choice(all.map((each) => [each.name, `${each.name}: ${effect(each)}`]), all[0].name);
  const argument = h("input", { type: "number", min: 0, step: 1 });
  const argumentField = field(t("scenarios.number"), argument, " ");
  const times = h("input", { type: "number", min: 1, step: 1, value: "1", placeholder: t("scenarios.always") });
  const account = choice([["", t("everybody")]], "");
  let followed = null;
  const list = h("ul", { class: "armed" });
  const none = h("p", { class: "nothing" }, t("scenarios.none"));
  const marker = h("code", {});

  function ask() {
    const chosen = named.get(which.value);
    argumentField.hidden = chosen.argument === null;
    argument.placeholder = chosen.default ?? "";
    argument.max = chosen.most ?? "";
    argument.value = "";
    argumentField.lastElementChild.textContent = described(chosen.argument ?? "");
    marker.textContent = chosen.marker;
  }
  which.addEventListener("change", ask);
  ask();
  const clear = button(t("scenarios.clear"), async () => {
    await attempt(() => control("DELETE", "scenarios", { query: ofAccount() }));
    await changed();
  });
  const form = h(
    "form",
    { class: "panel" },
    h("h3", {}, t("scenarios.title")),
    h("p", { class: "soft" }, t("scenarios.what"), " ", marker),
    field(t("scenarios.which"), which),
    h("div", { class: "pair" }, argumentField, field(t("scenarios.times"), times), field(t("account"), account)),
    h("div", { class: "row" }, h("button", { class: "main" }, t("scenarios.arm")), clear),
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const body = { scenario: which.value };
    if (argument.value !== "" && !argumentField.hidden) body.argument = Number(argument.value);
    if (times.value !== "") body.times = Number(times.value);
    if (account.value) body.account = account.value;
    await attempt(() => control("POST", "scenarios", { body }), t("scenarios.armed"));
    await changed();
  });

  async function refresh() {
    offer(account, [["", t("everybody")], ...accountOptions()]);
    if (followed !== scope.account) account.value = followed = scope.account;
    const { armed } = await control("GET", "scenarios", { query: ofAccount() });
    none.hidden = armed.length > 0;
    fill(
      list,
      armed.map((each) =>
        h(
          "li",
          {},
          h("strong", {}, each.scenario + (each.argument === null ? "" : `=${each.argument}`)),
          h("span", {}, each.account ?? t("everybody")),
          h("span", { class: "badge running" }, each.times === null ? t("scenarios.always") : t("scenarios.left", each.times)),
        ),
      ),
    );
  }
  return { element: h("div", {}, form, h("h3", {}, t("scenarios.list")), none, list), refresh };
}
