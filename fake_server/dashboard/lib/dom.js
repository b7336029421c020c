// Elements from values. What a client sent becomes text and never markup: nothing here, or anywhere
// on the page, reads HTML.

import { marked, spelled } from "./unseen.js";

const PROPERTIES = new Set(["value", "checked", "disabled", "selected", "hidden", "open", "htmlFor"]);

/** An element; `on…` are listeners, null and false are left out, children may be nested lists. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (PROPERTIES.has(name)) element[name] = value;
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...flat(element, children));
  return element;
}

/** How a text is shown where it is not in an element's own way: what is edited stays as it is. */
const SHOWN = { OPTION: spelled, TEXTAREA: (text) => text };

function flat(element, children) {
  const shown = SHOWN[element.tagName] ?? marked;
  return children
    .flat(Infinity)
    .filter((child) => child !== null && child !== undefined && child !== false)
    .flatMap((child) => (typeof child === "string" ? shown(child) : child));
}

/** Have these children and no others. */
export function fill(element, ...children) {
  element.replaceChildren(...flat(element, children));
  return element;
}

/** Change a text only where it differs, so that a selection and a screen reader are left alone. */
export function write(element, text) {
  const wanted = String(text);
  if (element.textContent !== wanted) fill(element, wanted);
  return element;
}

let count = 0;

/** A label and its control, which are told to belong together. */
export function field(label, control, hint = null) {
  control.id ||= `field-${++count}`;
  const note = hint && h("small", { id: `${control.id}-hint` }, hint);
  if (note) control.setAttribute("aria-describedby", note.id);
  return h("div", { class: "field" }, h("label", { htmlFor: control.id }, label), control, note);
}

/** A button that says while it works and can't be pressed twice meanwhile. */
export function button(label, act, attributes = {}) {
  const element = h("button", { type: "button", ...attributes }, label);
  element.addEventListener("click", async (event) => {
    if (element.getAttribute("aria-busy") === "true") return;
    element.setAttribute("aria-busy", "true");
    try {
      await act(event);
    } finally {
      element.removeAttribute("aria-busy");
    }
  });
  return element;
}

/** A choice; options are [value, text]. */
export function choice(options, value, attributes = {}) {
  const select = offer(h("select", attributes), options);
  select.value = value;
  return select;
}

const offered = new WeakMap();

/** Have these options and no others. What is chosen stays so; what is gone makes way for the first. */
export function offer(select, options) {
  const told = JSON.stringify(options);
  if (offered.get(select) === told) return select;
  offered.set(select, told);
  const { value } = select;
  select.replaceChildren(...options.map(([key, text]) => h("option", { value: key }, text)));
  select.value = value;
  if (select.selectedIndex < 0) select.selectedIndex = 0;
  return select;
}

/** Keep `container`'s children those of `items`, in order, made once for each key. */
export function reconcile(container, items, key, make, update) {
  const kept = new Map([...container.children].map((child) => [child.dataset.key, child]));
  let place = container.firstElementChild;
  for (const item of items) {
    const id = String(key(item));
    let child = kept.get(id);
    kept.delete(id);
    if (!child) {
      child = make(item);
      child.dataset.key = id;
    }
    update?.(child, item);
    if (child === place) place = place.nextElementSibling;
    else container.insertBefore(child, place);
  }
  for (const child of kept.values()) child.remove();
}
