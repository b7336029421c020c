// The first visit: what this is, three lines that make a picture, and a button that makes one.

import { address, call } from "./api.js";
import { button, fill, h } from "./dom.js";
import { attempt, say } from "./notice.js";
import { acting, scope } from "./scope.js";
import { copyable } from "./snippets.js";
import { t } from "./text.js";

const PROMPT = "a small boat at dawn --ar 3:2";

let built = false;

/** Log in, submit, and leave the rest to who looks. */
function lines() {
  const [first] = scope.accounts;
  const body = (value) => JSON.stringify(value).replaceAll("'", "'\\''");
  const username = first?.username ?? "NAME";
  const password = username === "abc" ? "abc-secret" : "PASSWORD";
  const at = (path) => address(path);
  return [
    `TOKEN=$(curl -s '${at("auth/login")}' -d '${body({ username, password })}' | sed 's/.*"token":"\\([^"]*\\).*/\\1/')`,
    `curl -s '${at("jobs/create")}' -H "Authorization: Bearer $TOKEN" -d '${body({ content: PROMPT })}'`,
    `curl -s '${at("jobs/find")}' -H "Authorization: Bearer $TOKEN" -d '{"limit": 1}'`,
  ].join("\n");
}

function build() {
  const make = button(
    t("start.make"),
    async () => {
      const account = acting();
      if (account === null) {
        say(t("start.no-account"), "wrong");
        return;
      }
      await attempt(async () => {
        const { answer, reason, status } = await call(account, "/jobs/create", { content: PROMPT });
        if (answer?.errno === 0) location.hash = "#jobs";
        else say(reason ?? `HTTP ${status}`, "wrong");
      });
    },
    { class: "main" },
  );
  const place = document.getElementById("make");
  fill(place, make);
  place.hidden = false;
  document.getElementById("first").hidden = true; // of these lines, which say more
  fill(document.getElementById("three-lines"), h("h3", {}, t("start.lines")), copyable(lines(), t("start.lines")));
}

export const start = {
  async open() {
    if (!built) build();
    built = true;
  },
  async refresh() {},
};
