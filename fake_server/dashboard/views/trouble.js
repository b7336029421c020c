// Trouble: scenarios, faults, and the answers to open questions.

import { fill, h } from "../lib/dom.js";
import { faults } from "../panels/faults.js";
import { Refresher } from "../lib/live.js";
import { questions } from "../panels/questions.js";
import { scenarios } from "../panels/scenarios.js";
import { t } from "../lib/text.js";

let built = null;

async function build(section) {
  let panels = [];
  const refresher = new Refresher(() => Promise.all(panels.map((panel) => panel.refresh())));
  const changed = () => refresher.now();
  panels = await Promise.all([scenarios(changed), faults(changed), questions(changed)]);
  const [first, second, third] = panels.map((panel) => panel.element);
  fill(
    section,
    h("h2", { tabindex: "-1" }, t("nav.trouble")),
    h("div", { class: "columns" }, first, second),
    third,
  );
  return refresher;
}

export const trouble = {
  async open(section) {
    built ??= build(section);
    await (await built).now();
  },
  async refresh() {
    await (await built)?.now();
  },
};
