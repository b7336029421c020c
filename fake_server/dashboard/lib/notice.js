// What the page says and asks: short notices, questions before what can't be undone, the token.

import { Refused } from "./api.js";
import { button, field, h } from "./dom.js";
import { t } from "./text.js";

const SECONDS = 6;

/** Say something, a text or nodes, for a while, to a screen reader too. */
export function say(content, kind = "done") {
  const notice = h("p", { class: `notice ${kind}` }, content);
  document.getElementById("status").append(notice);
  setTimeout(() => notice.remove(), SECONDS * 1000);
}

/** Do something for a person; a refusal is said and not thrown. Returns whether it was done. */
export async function attempt(work, done = null) {
  try {
    const result = await work();
    if (done) say(done);
    return result ?? true;
  } catch (problem) {
    if (problem instanceof Refused) say(problem.message, "wrong");
    else if (problem instanceof TypeError) say(t("away"), "wrong");
    else throw problem;
    return false;
  }
}

/** Those that are open; each belongs to the page that it was opened on. */
const dialogs = new Set();
let count = 0;

/** Leave every dialog, as a navigation does. */
export function leaveDialogs() {
  for (const each of [...dialogs]) each.close();
}

/**
 * A dialog with what `build(close)` returns; resolves to what `close` is called with, null when it
 * is left. `of` tells what it is about, beside the title.
 */
export function dialog(title, build, of = null) {
  return new Promise((resolve) => {
    let result = null;
    const named = h("h2", { id: `dialog-${++count}` }, title, of && h("span", { class: "of" }, of));
    const element = h("dialog", { "aria-labelledby": named.id });
    const close = (value) => {
      result = value;
      element.close();
    };
    const leave = button("×", () => close(null), { class: "leave", "aria-label": t("close") });
    element.append(h("div", { class: "title" }, named, leave), ...[build(close)].flat());
    element.addEventListener("close", () => {
      element.remove();
      dialogs.delete(element);
      resolve(result);
    });
    document.body.append(element);
    dialogs.add(element);
    element.showModal();
  });
}

/** Ask before what can't be undone; `of` tells to what. */
export function sure(question, label, of = null) {
  const ask = (close) => [
    h("p", {}, question),
    h(
      "div",
      { class: "row" },
      button(label, () => close(true), { class: "danger" }),
      button(t("cancel"), () => close(null)),
    ),
  ];
  return dialog(t("sure"), ask, of);
}

/** Ask for the admin token until one is given. */
export async function askToken(wasWrong) {
  for (;;) {
    const given = await dialog(t("token.title"), (close) => {
      const input = h("input", { type: "password", autocomplete: "off", required: true });
      const form = h(
        "form",
        {},
        h("p", {}, t(wasWrong ? "token.wrong" : "token.why")),
        field(t("token.label"), input),
        h("button", { class: "main" }, t("token.use")),
      );
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        close(input.value.trim());
      });
      return form;
    });
    if (given) return given;
  }
}
