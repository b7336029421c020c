// The page: which view is shown, whose things, and that what is shown is what is.

import { useTokenFrom } from "./lib/api.js";
import { choice, fill, h, offer } from "./lib/dom.js";
import { Refresher, listen } from "./lib/live.js";
import { askToken, leaveDialogs } from "./lib/notice.js";
import { accountOptions, choose, readAccounts, scope } from "./lib/scope.js";
import { choose as chooseLanguage, language, t, translate } from "./lib/text.js";
import { readStopped, stopped } from "./panels/stopped.js";
import { jobs } from "./views/jobs.js";
import { requests } from "./views/requests.js";
import { start } from "./views/start.js";
import { state } from "./views/state.js";
import { time } from "./views/time.js";
import { trouble } from "./views/trouble.js";

const VIEWS = { jobs, requests, time, trouble, state, start };
const HIDDEN_FROM_NAV = "start";

let shown = null;
const links = new Map();
const accountChoice = choice([["", t("everybody")]], "", { "aria-label": t("account") });
const connection = h("span", { class: "connection", role: "img", "aria-label": t("connecting") });

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // typed by hand
  }
}

/** The view and what of it the address names. */
function wanted() {
  const [name, ...rest] = location.hash.slice(1).split("/");
  return [Object.hasOwn(VIEWS, name) ? name : null, rest.map(decoded).join("/")];
}

async function show() {
  let [name, rest] = wanted();
  if (name === null) {
    const any = scope.accounts.some((each) => each.jobs > 0);
    name = any ? "jobs" : "start";
  }
  const entered = shown !== name;
  if (entered && shown) VIEWS[shown].close?.();
  shown = name;
  for (const each of Object.keys(VIEWS)) document.getElementById(each).hidden = each !== name;
  for (const [each, link] of links) {
    if (each === name) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (entered) scrollTo(0, 0);
  document.title = `${t(`nav.${name}`)} · sampan`;
  await VIEWS[name].open(document.getElementById(name), rest);
}

function listAccounts() {
  offer(accountChoice, [["", t("everybody")], ...accountOptions()]);
  accountChoice.value = scope.account;
}

const refresher = new Refresher(async () => {
  await readAccounts();
  listAccounts();
  if (shown === null) await show();
  await readStopped();
  await VIEWS[shown].refresh();
});

function build() {
  const nav = document.getElementById("views");
  nav.setAttribute("aria-label", t("views"));
  for (const name of Object.keys(VIEWS)) {
    if (name === HIDDEN_FROM_NAV) continue;
    const link = h("a", { href: `#${name}` }, t(`nav.${name}`));
    links.set(name, link);
    nav.append(link);
  }
  accountChoice.addEventListener("change", () => {
    choose(accountChoice.value);
    refresher.now();
  });
  const other = language === "zh" ? "en" : "zh";
  const languages = h(
    "button",
    { type: "button", class: "language", lang: other === "zh" ? "zh-Hans" : "en" },
    other === "zh" ? "中文" : "English",
  );
  languages.addEventListener("click", () => {
    chooseLanguage(other);
    location.reload();
  });
  nav.after(stopped);
  fill(document.getElementById("tools"), connection, accountChoice, languages);
  for (const id of ["views", "tools"]) document.getElementById(id).hidden = false;
}

/** `state` is "live", "crowded" or "away". */
function connected(state) {
  connection.className = `connection ${state}`;
  connection.setAttribute("aria-label", t(state));
  connection.title = t(state);
  document.body.classList.toggle("away", state === "away");
}

translate(document);
build();
useTokenFrom(askToken);
window.addEventListener("hashchange", async () => {
  leaveDialogs();
  await show();
  // Who came by keyboard goes on in what is new.
  const titles = [...document.querySelectorAll("main h2")];
  titles.find((title) => title.checkVisibility())?.focus({ preventScroll: true });
});
listen(() => refresher.soon(), connected);
