// Jobs: the wall of them all, or one.

import { control } from "../lib/api.js";
import { makeCard, updateCard } from "../panels/card.js";
import { button, choice, field, fill, h, write } from "../lib/dom.js";
import { JobPage } from "../panels/job.js";
import { dialog, say } from "../lib/notice.js";
import { ofAccount } from "../lib/scope.js";
import { accepted, composer } from "../panels/submit.js";
import { t } from "../lib/text.js";
import { Wall } from "../panels/wall.js";

export const KINDS = ["main", "variation", "remix", "upscale", "blend", "describe"];
const STATES = ["queued", "running", "finished", "failed"];
/** How often (ms) the wall is read while something on it moves. */
const PACE = 400;

let built = null;
let one = null;
let left = 0;

function build(section) {
  const prompt = h("input", { type: "search", autocomplete: "off", spellcheck: "false" });
  const kind = choice([["", t("any")], ...KINDS.map((each) => [each, t(`kind.${each}`)])], "");
  const state = choice([["", t("any")], ...STATES.map((each) => [each, t(`state.${each}`)])], "");
  const count = h("span", { class: "count", role: "status" });
  const nothing = h("p", { class: "nothing", hidden: true });
  const conditions = () => ({ prompt: prompt.value, kind: kind.value, state: state.value });

  const wall = new Wall(
    async (offset, limit) => {
      const query = { ...conditions(), ...ofAccount(), offset, limit };
      const { jobs, total } = await control("GET", "jobs", { query });
      return { items: jobs, total };
    },
    {
      key: (job) => job.hash,
      make: makeCard,
      update: updateCard,
      after: (jobs, total) => {
        write(count, t("jobs.count", total));
        nothing.hidden = total > 0;
        const filtered = Object.values(conditions()).some(Boolean);
        if (!total) write(nothing, t(filtered ? "jobs.none.match" : "jobs.none"));
        const moves = jobs.some((job) => ["queued", "running"].includes(job.state) && !job.stalled);
        if (moves) wall.refresher.later(PACE);
      },
    },
  );
  const read = () => wall.refresher.now();
  prompt.addEventListener("input", read);
  for (const each of [kind, state]) each.addEventListener("change", read);

  /** Submit, and see what was submitted: no filter hides it. */
  async function submit() {
    const hash = await dialog(t("jobs.new"), (close) => composer(undefined, { accepted: close }));
    if (hash === null) return;
    say(accepted(hash));
    for (const each of [prompt, kind, state]) each.value = "";
    scrollTo(0, 0);
    await read();
  }
  const add = button(t("jobs.new"), submit, { class: "main" });
  const bar = h(
    "div",
    { class: "bar" },
    h("div", { class: "lead" }, h("h2", { tabindex: "-1" }, t("nav.jobs")), count, add),
    field(t("job.prompt"), prompt),
    field(t("job.kind"), kind),
    field(t("job.state"), state),
  );
  const list = h("div", {}, bar, nothing, wall.element);
  const single = h("div", { hidden: true });
  fill(section, list, single);
  return { wall, list, single };
}

export const jobs = {
  async open(section, hash) {
    built ??= build(section);
    const { wall, list, single } = built;
    if (hash && !list.hidden) left = scrollY;
    one?.close();
    one = hash ? new JobPage(hash, single) : null;
    list.hidden = Boolean(hash);
    single.hidden = !hash;
    if (one) {
      wall.close();
      scrollTo(0, 0);
      await one.open();
    } else {
      wall.open();
      await wall.refresher.now();
      scrollTo(0, left);
    }
  },

  refresh: () => (one ? one.refresher.now() : built.wall.refresher.now()),

  close() {
    left = 0;
    one?.close();
    one = null;
    built.wall.close();
  },
};
