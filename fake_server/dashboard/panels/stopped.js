// A clock that does not run by itself, told in the header: jobs of its accounts stay as they are.

import { control } from "../lib/api.js";
import { fill, h } from "../lib/dom.js";
import { scope } from "../lib/scope.js";
import { t } from "../lib/text.js";

export const stateOf = (clock) => (clock.auto ? "auto" : clock.frozen ? "frozen" : "running");

/** As `stateOf`, but a clock that runs between the polls that move it does run. */
const standing = (clock) => (clock.frozen ? stateOf(clock) : "running");

/** Where the badge is; it is empty while time runs. */
export const stopped = h("span", { class: "stopped", role: "status", hidden: true });

/** Read the clocks of those whose things the page shows, and tell of one that is stopped. */
export async function readStopped() {
  const { clocks } = await control("GET", "clocks");
  const [shared, ...own] = clocks.filter((each) => each.own || each.account === null);
  const chosen = own.find((each) => each.account === scope.account) ?? shared;
  const frozen = scope.account ? [] : own.filter((each) => standing(each) === "frozen");
  const state = standing(chosen);
  if (state === "running" && frozen.length > 0) tell("frozen", t("time.stopped.of", frozen.length, frozen[0].account));
  else tell(state, state === "running" ? "" : t(`time.stopped.${state}`));
}

function tell(state, text) {
  stopped.hidden = state === "running";
  if (stopped.hidden || stopped.textContent === text) return;
  fill(stopped, h("a", { href: "#time", class: `badge ${state === "frozen" ? "stalled" : ""}` }, text));
}
