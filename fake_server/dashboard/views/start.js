// The first visit: what this is, three lines that make a picture, and a button that makes one.

import { address, call } from "../lib/api.js";
import { button, fill, h } from "../lib/dom.js";
import { attempt, say } from "../lib/notice.js";
import { acting } from "../lib/scope.js";
import { copyable } from "../lib/snippets.js";
import { t } from "../lib/text.js";

const PROMPT = "a small boat at dawn --ar 3:2";

let built = false;

/** Log in, submit, find. The login is the one that came with the page: it knows the account. */
function lines() {
  const [, url, data] = /^curl (\S+) (.*)$/s.exec(document.querySelector("#first pre").textContent.replace(" \\\n ", ""));
  const token = `sed 's/.*"token":"\\([^"]*\\).*/\\1/'`;
  const post = (path, body) =>
    `curl -s '${address(path)}' -H "Authorization: Bearer $TOKEN" -d '${JSON.stringify(body)}'`;
  return [
    `TOKEN=$(curl -s '${url}' ${data} | ${token})`,
    post("jobs/create", { content: PROMPT }),
    post("jobs/find", { limit: 1 }),
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
