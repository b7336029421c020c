// Characters that can't be seen or that turn the text about them round, made visible. What a client
// sent is shown in the order in which it was sent, and stays the same text when it is copied.

/** Controls but tab and line feed, what directs text, what has no width, tags outside of a flag. */
export const UNSEEN =
  /([\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|(?<!\u{1f3f4}[\u{e0020}-\u{e007f}]*)[\u{e0000}-\u{e007f}])/u;
const ALL = new RegExp(UNSEEN, "gu");
/** So many in a text are marked one by one, the rest of it as one. */
const MOST = 200;

const nameOf = (character) => `U+${character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`;

function mark(text, name) {
  const element = document.createElement("span");
  element.className = "unseen";
  element.dataset.name = name;
  element.textContent = text;
  return element;
}

/** A text as nodes, in which each such character stands apart and has its name before it. */
export function marked(text) {
  if (!UNSEEN.test(text)) return [text];
  const parts = text.split(ALL); // texts, and between them what separates them
  const few = parts.slice(0, 2 * MOST).map((part, index) => (index % 2 ? mark(part, nameOf(part)) : part));
  const rest = parts.slice(2 * MOST).join("");
  return rest ? [...few, mark(rest, "…")] : few;
}

/** The same where there is nothing but text: in an option, in a drawing. */
export const spelled = (text) => text.replace(ALL, (character) => `⟨${nameOf(character)}⟩`);
