// Forms made from the schemas of the control API's document, so that they know every parameter.
// What is left empty is left out.

import { choice, field, fill, h, offer } from "./dom.js";
import { described, t } from "./text.js";

/** The schema itself, or what its `$ref` names; a description beside the reference is kept. */
function resolve(document, schema) {
  let found = schema;
  while (found.$ref) {
    const target = found.$ref.slice(2).split("/").reduce((node, step) => node[step], document);
    const { $ref, ...own } = found;
    found = { ...target, ...own };
  }
  return found;
}

/**
 * Controls for a value of `schema`: { element, value() }. `given` is { choices, rare, hints, says }:
 * choices { name: () => [[value, text], …] } for names that the schema leaves open; a set of the names
 * that are folded away, as `name` or `object.name`; { name: hint } instead of a description; and
 * what a type does. What there is to choose from may change: see `offerAnew`.
 */
export function schemaForm(document, schema, name, required, given) {
  const described = resolve(document, schema);
  const found = given.hints[name] ? { ...described, description: given.hints[name] } : described;
  const branches = found.oneOf ?? found.anyOf;
  if (branches) return alternatives(document, branches, name, required, given, found.description);
  if (given.choices[name]) return chosen(found, name, required, given.choices[name]());
  if (found.enum) return select(found, name, required, found.enum.map((each) => [each, String(each)]));
  const types = [found.type].flat().filter((each) => each !== "null");
  if (types.length > 1) return SIMPLE.anything(found, name, required);
  if (found.properties) return object(document, found, name, required, given);
  if (typeof found.additionalProperties === "object") return pairs(document, found, name, required);
  const make = SIMPLE[types[0]] ?? SIMPLE.anything;
  return make(found, name, required);
}

const SIMPLE = {
  integer: (schema, name, required) => number(schema, name, required, 1),
  number: (schema, name, required) => number(schema, name, required, "any"),
  boolean: (schema, name, required) => select(schema, name, required, [[true, t("yes")], [false, t("no")]]),
  string(schema, name, required) {
    const input = h("input", { type: "text", required, maxlength: schema.maxLength, autocomplete: "off", spellcheck: "false" });
    if (schema.pattern) input.pattern = schema.pattern.replace(/^\^|\$$/g, "") + (schema.pattern.endsWith("$") ? "" : ".*");
    return { element: labelled(schema, name, required, input), value: () => input.value || undefined };
  },
  array(schema, name, required) {
    const lines = h("textarea", { rows: 2, required, spellcheck: "false" });
    const value = () => {
      const found = lines.value.split("\n").filter(Boolean);
      return found.length ? found : undefined;
    };
    return { element: labelled(schema, name, required, lines, t("form.lines")), value };
  },
  /** Whatever JSON has; what is none is a text. */
  anything(schema, name, required) {
    const text = h("textarea", { rows: 2, required, spellcheck: "false" });
    const value = () => (text.value ? jsonOrText(text.value) : undefined);
    return { element: labelled(schema, name, required, text, t("form.json")), value };
  },
  /** A text, or a number of which only digits are written. */
  value(schema, name, required) {
    const input = h("input", { type: "text", required, autocomplete: "off", placeholder: "2s" });
    const value = () => (/^\d+$/.test(input.value) ? Number(input.value) : input.value || undefined);
    return { element: labelled(schema, name, required, input), value };
  },
};

function jsonOrText(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** A map, a pair in each line; of a name that is repeated a list. */
function pairs(document, schema, name, required) {
  const lines = h("textarea", { rows: 2, required, spellcheck: "false" });
  const inner = resolve(document, schema.additionalProperties);
  const read = JSON.stringify(inner).includes('"object"') ? jsonOrText : (text) => text;
  const value = () => {
    const found = {};
    for (const line of lines.value.split("\n")) {
      const [, key, text] = /^([^:]+):\s*(.*)$/.exec(line) ?? [];
      if (key) found[key.trim()] = key.trim() in found ? [found[key.trim()], read(text)].flat() : read(text);
    }
    return Object.keys(found).length ? found : undefined;
  };
  return { element: labelled(schema, name, required, lines, t("form.pairs")), value };
}

function labelled(schema, name, required, control, hint = null) {
  const told = [described(schema.description ?? ""), hint].filter(Boolean).join(" ");
  return field(control.required ? `${name} ${t("form.required")}` : name, control, told || null);
}

function number(schema, name, required, step) {
  const input = h("input", {
    type: "number",
    step,
    min: schema.minimum,
    max: schema.maximum,
    required,
    placeholder: schema.default,
  });
  const value = () => (input.value === "" ? undefined : Number(input.value));
  return { element: labelled(schema, name, required, input), value };
}

function select(schema, name, required, options) {
  const all = withNone(options, required);
  const control = choice(all.map(([, text], index) => [String(index), text]), "0");
  return {
    element: labelled(schema, name, required, control),
    value: () => (all[Number(control.value)][0] === "" ? undefined : all[Number(control.value)][0]),
  };
}

const withNone = (options, required) => (required ? options : [["", "–"], ...options]);

/** One of what there is now. */
function chosen(schema, name, required, options) {
  const control = choice(withNone(options, required), "", { "data-choice": name, required });
  return { element: labelled(schema, name, required, control), value: () => control.value || undefined };
}

/** Offer what there is now where a form has a choice of that name; all else in it is left alone. */
export function offerAnew(element, name, options) {
  for (const control of element.querySelectorAll(`[data-choice="${name}"]`)) offer(control, withNone(options, control.required));
}

const fold = (title, content) => h("details", { class: "folded" }, h("summary", {}, title), content);

/**
 * The fields of an object, the rare ones folded away. An object that may be left out is folded away
 * itself, and left out where it is empty.
 */
function object(document, schema, name, required, given) {
  const must = schema.required ?? [];
  const parts = Object.entries(schema.properties).map(([key, inner]) => {
    if (inner.const !== undefined) return [key, { element: null, value: () => inner.const }];
    return [key, schemaForm(document, inner, key, must.includes(key) && required, given)];
  });
  const isRare = (key) => given.rare.has(name ? `${name}.${key}` : key) && !must.includes(key);
  const [usual, rare] = [false, true].map((is) => parts.filter(([key]) => isRare(key) === is).map(([, part]) => part.element));
  const elements = rare.length ? [...usual, fold(t("form.more"), rare)] : usual;
  const element = name && !required ? fold(name, elements) : h("div", { class: "fields" }, elements);
  const value = () => {
    const found = parts.map(([key, part]) => [key, part.value()]).filter(([, each]) => each !== undefined);
    const told = found.filter(([key]) => schema.properties[key].const === undefined);
    return told.length || required ? Object.fromEntries(found) : undefined;
  };
  return { element, value };
}

/** One of several: told apart by a constant of theirs, by their values or by their type. */
function alternatives(document, branches, name, required, given, description) {
  const all = branches.map((branch) => resolve(document, branch));
  const simple = all.filter((each) => !each.properties);
  const ways = all.filter((each) => each.properties).flatMap(waysOf);
  if (simple.length) ways.unshift({ label: t("form.value"), schema: { ...simple[0], simple: true } });
  const offered = required ? ways : [{ label: "–", schema: null }, ...ways];
  const text = (label) => [label, given.says(label)].filter(Boolean).join(": ");
  const control = choice(offered.map(({ label }) => [label, text(label)]), offered[0].label);
  const inner = h("div", { class: "fields" });
  let part = null;
  function show() {
    const { schema } = offered.find((each) => each.label === control.value);
    part = schema && (schema.simple ? SIMPLE.value({}, t("form.value"), true) : schemaForm(document, schema, "", true, given));
    fill(inner, part?.element);
  }
  control.addEventListener("change", show);
  show();
  const label = name || "type";
  return {
    element: h("div", { class: "alternatives" }, labelled({ description }, label, required, control), inner),
    value: () => part?.value(),
  };
}

function waysOf(schema) {
  const properties = Object.entries(schema.properties ?? {});
  const [key, telling] = properties.find(([, each]) => each.const !== undefined) ?? [];
  if (key) return [{ label: String(telling.const), schema }];
  const [listed, several] = properties.find(([each, inner]) => each === "type" && inner.enum) ?? [];
  if (listed) {
    return several.enum.map((value) => ({
      label: value,
      schema: { ...schema, properties: { ...schema.properties, [listed]: { const: value } } },
    }));
  }
  return [{ label: schema.title ?? [schema.type].flat().join(" / "), schema }];
}
