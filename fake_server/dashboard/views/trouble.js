// Trouble: scenarios, faults, and the answers to open questions.

import { fill, h } from "../lib/dom.js";
import { faults } from "../panels/faults.js";
import { Refresher } from "../lib/live.js";
import { questions } from "../panels/questions.js";
import { scenarios } from "../panels/scenarios.js";
import { t } from "../lib/text.js";

let built = null;

function build(section) {
  let panels = null;
  const changed = () => refresher.now();
  const refresher = new Refresher(async () => {
    if (panels === null) {
      panels = await Promise.all([scenarios(changed), faults(changed), questions(changed)]);
      const [first, second, third] = panels.map((panel) => panel.element);
      const title = h("h2", { tabindex: "-1" }, t("nav.trouble"));
      fill(section, title, h("div", { class: "columns" }, first, second), third);
    }
    await Promise.all(panels.map((panel) => panel.refresh()));
  });
  return refresher;
}

export const trouble = {
  async open(section) {
    built ??= build(section);
    await built.now();
  },
  refresh: () => built.now(),
};
