// What the page says and asks: short notices, questions before what can't be undone, the token.

import { Refused } from "./api.js";
import { button, field, h } from "./dom.js";
import { t } from "./text.js";

const SECONDS = 6;

/** Say something for a while, to a screen reader too. */
export function say(text, kind = "done") {
  const notice = h("p", { class: `notice ${kind}` }, text);
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

/** A dialog with `content`; resolves to what `close` is called with, null when it is left. */
export function dialog(title, build) {
  return new Promise((resolve) => {
    let result = null;
    const element = h("dialog", { "aria-label": title });
    const close = (value) => {
      result = value;
      element.close();
    };
    const leave = button("×", () => close(null), { class: "leave", "aria-label": t("close") });
    element.append(h("div", { class: "title" }, h("h2", {}, title), leave), ...[build(close)].flat());
    element.addEventListener("close", () => {
      element.remove();
      resolve(result);
    });
    document.body.append(element);
    element.showModal();
  });
}

/** Ask before what can't be undone. */
export function sure(question, label) {
  return dialog(t("sure"), (close) => [
    h("p", {}, question),
    h(
      "div",
      { class: "row" },
      button(label, () => close(true), { class: "danger" }),
      button(t("cancel"), () => close(null)),
    ),
  ]);
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
