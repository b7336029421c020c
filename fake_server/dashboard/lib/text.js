// Texts by their key, in the language that was chosen or that the browser asks for.

import en from "./english.js";
import zh from "./chinese.js";
import hints from "./chinese_hints.js";

const LANGUAGES = { en, zh };
const KEPT = "sampan-language";

const preferred = () => (navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en");

export let language = LANGUAGES[localStorage.getItem(KEPT)] ? localStorage.getItem(KEPT) : preferred();

/** The text of a key; `{0}` and so on are replaced by values. `one|many` goes by the first. */
export function t(key, ...values) {
  const [one, many = one] = (LANGUAGES[language][key] ?? en[key] ?? key).split("|");
  const text = values[0] === 1 ? one : many;
  return text.replace(/\{(\d)\}/g, (_, index) => values[index]);
}

/** Whether there is a text. */
export const known = (key) => key in LANGUAGES[language];

/** What a scenario does, in the page's language where there are words for it. */
export const effect = ({ name, says }) => (known(`scenario.${name}`) ? t(`scenario.${name}`) : says);

/** A description of the control API's, on one line and in the page's language where that has it. */
export function described(text) {
  const plain = text.replaceAll("`", "").replace(/\s+/g, " ").trim();
  return language === "zh" ? (hints[plain] ?? plain) : plain;
}

/** Write the texts of what came with the page. */
export function translate(root) {
  document.documentElement.lang = language === "zh" ? "zh-Hans" : "en";
  for (const element of root.querySelectorAll("[data-text]")) element.textContent = t(element.dataset.text);
}

export function choose(chosen) {
  language = chosen;
  localStorage.setItem(KEPT, chosen);
}

/** A time of the fake's, as short as it can be told. */
export function clockTime(iso) {
  return iso.slice(11, 19);
}

/** `1.5 s`, `3 min`. */
export function duration(ms) {
  if (ms < 1000) return `${ms < 10 ? Math.round(ms * 10) / 10 : Math.round(ms)} ms`;
  if (ms < 120_000) return `${Math.round(ms / 100) / 10} s`;
  return ms < 7_200_000 ? `${Math.round(ms / 6000) / 10} min` : `${Math.round(ms / 360_000) / 10} h`;
}
