// A request as what somebody would write for it: curl, Python, TypeScript.

import { address } from "./api.js";
import { curl } from "./curl.js";
import { button, fill, h, write } from "./dom.js";
import { say } from "./notice.js";
import { t } from "./text.js";

/** JSON is JavaScript, and so is an indented one. */
const json = (value, indent) => JSON.stringify(value, null, indent);

/** A JSON value as Python has it. */
function python(value) {
  if (value === null) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (Array.isArray(value)) return `[${value.map(python).join(", ")}]`;
  if (typeof value === "object") {
    const items = Object.entries(value).map(([key, each]) => `${json(key)}: ${python(each)}`);
    return `{${items.join(", ")}}`;
  }
  return json(value);
}

function inPython({ path, body }) {
  return `import httpx

response = httpx.post(
    ${json(address(path.slice(1)))},
    headers={"Authorization": f"Bearer {token}"},
    json=${python(body)},
)
print(response.json())`;
}

function inTypeScript({ path, body }) {
  return `const response = await fetch(${json(address(path.slice(1)))}, {
  method: "POST",
  headers: { "Content-Type": "application/json", Authorization: \`Bearer \${token}\` },
  body: JSON.stringify(${json(body)}),
});
console.log(await response.json());`;
}

const LANGUAGES = { curl, Python: inPython, TypeScript: inTypeScript };

/** Put a text on the clipboard; a browser that forbids it off loopback has it selected instead. */
export async function copy(text, element = null) {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text);
    say(t("copied"));
  } else if (element) {
    getSelection().selectAllChildren(element);
    say(t("selected"));
  }
}

/** A block that shows a request in a chosen language; its `show(request)` shows another. */
export function snippets() {
  let chosen = "curl";
  let current = null;
  const text = h("pre", { tabindex: 0, "aria-label": t("snippet") });
  const choices = Object.keys(LANGUAGES).map((name) =>
    button(name, () => {
      chosen = name;
      show(current);
    }),
  );
  function show(request) {
    current = request;
    for (const each of choices) each.setAttribute("aria-pressed", each.textContent === chosen);
    write(text, current ? LANGUAGES[chosen](current) : "");
  }
  const bar = h("div", { class: "row tabs" }, choices, button(t("copy"), () => copy(text.textContent, text)));
  return { element: h("div", { class: "snippets" }, bar, text), show };
}

/** A text with a button that copies it. */
export function copyable(text, label) {
  const block = h("pre", { tabindex: 0, "aria-label": label }, text);
  return fill(h("div", { class: "copyable" }), block, button(t("copy"), () => copy(text, block)));
}
