// The profile: what the service's page leaves open, and the fake's answer to each question.

import { control } from "../lib/api.js";
import { button, choice, field, h, write } from "../lib/dom.js";
import { attempt } from "../lib/notice.js";
import { ofAccount } from "../lib/scope.js";
import { t } from "../lib/text.js";

const OWN = "\u0000own";

/** The panel of questions; `changed` is called after each change. */
export async function questions(changed) {
  const { questions: all } = await control("GET", "questions");
  const name = h("span", { class: "badge" });
  const wanted = h("input", { type: "search", autocomplete: "off", spellcheck: "false" });
  const other = h("input", { type: "checkbox" });
  const rows = all.map((question) => makeRow(question, answer));
  const none = h("p", { class: "nothing", hidden: true }, t("questions.no-match"));

  async function answer(id, value) {
    await attempt(() => control("PATCH", "profile", { body: { answers: { [id]: value }, ...ofAccount() } }), t("questions.changed", id));
    await changed();
  }
  const use = (profile) =>
    button(profile, async () => {
      await attempt(() => control("PUT", "profile", { body: { profile, ...ofAccount() } }), t("questions.used", profile));
      await changed();
    });
  function sift() {
    const text = wanted.value.toLowerCase();
    for (const row of rows) {
      const meets = !text || row.told.includes(text);
      row.element.hidden = !(meets && (!other.checked || row.element.classList.contains("other")));
    }
    none.hidden = rows.some((row) => !row.element.hidden);
  }
  wanted.addEventListener("input", sift);
  other.addEventListener("change", sift);

  async function refresh() {
    const profile = await control("GET", "profile", { query: ofAccount() });
    write(name, profile.name);
    for (const row of rows) row.show(profile.answers[row.id]);
    sift();
  }
  const bar = h(
    "div",
    { class: "bar" },
    h("h3", {}, t("questions.title"), " ", name),
    field(t("questions.text"), wanted),
    h("label", { class: "check" }, other, t("questions.other")),
    h("span", { class: "row" }, t("questions.use"), use("documented"), use("mixed")),
  );
  const element = h("div", {}, bar, h("p", { class: "soft" }, t("questions.what")), none, rows.map((row) => row.element));
  return { element, refresh };
}

function makeRow(question, answer) {
  const plain = question.variants.filter((each) => !each.pattern);
  const patterned = question.variants.filter((each) => each.pattern);
  const options = plain.map((each) => [each.id, each.id]);
  const open = patterned.length > 0 || question.each;
  if (open) options.push([OWN, t("questions.own")]);
  const select = choice(options, question.default, { "aria-label": question.id });
  const own = h("input", { type: "text", "aria-label": t("questions.own-answer", question.id), placeholder: patterned[0]?.example ?? "", hidden: true });
  const meaning = h("span", {});
  select.addEventListener("change", () => {
    own.hidden = select.value !== OWN;
    if (select.value === OWN) own.focus();
    else answer(question.id, select.value);
  });
  own.addEventListener("change", () => own.value && answer(question.id, own.value));

  const section = question.section === "GEN" ? t("questions.all") : question.section;
  const element = h(
    "article",
    { class: "question" },
    h("div", {}, h("h4", {}, question.id), h("p", { class: "soft" }, [section, ...question.operations].join(" · ")), h("p", {}, question.why)),
    h("div", {}, h("div", { class: "row" }, select, own), h("p", {}, meaning), h("p", { class: "soft" }, t("questions.default", question.default), " ", question.reason)),
  );
  function show(value) {
    const variant = plain.find((each) => each.id === value);
    element.classList.toggle("other", value !== question.default);
    if (document.activeElement !== own) {
      select.value = variant ? value : OWN;
      own.hidden = Boolean(variant);
      own.value = variant ? "" : value;
    }
    write(meaning, variant?.says ?? patterned[0]?.says ?? "");
  }
  const told = JSON.stringify(question).toLowerCase();
  return { id: question.id, element, show, told };
}
