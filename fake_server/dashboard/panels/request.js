// A request of the journal: one line, and all of it when it is opened.

import { BEARER, curl } from "../lib/curl.js";
import { button, h, reconcile, write } from "../lib/dom.js";
import { copy } from "../lib/snippets.js";
import { clockTime, duration, t } from "../lib/text.js";

const NOT_REPEATED = ["host", "content-length", "connection", "accept-encoding", "accept"];

/** A list of requests; `show(requests, findings)` shows these. */
export function requestList() {
  const element = h("ul", { class: "requests" });
  const none = h("p", { class: "nothing" }, t("requests.none"));
  function show(requests, findings) {
    none.hidden = requests.length > 0;
    const lint = byRequest(findings);
    reconcile(element, requests, (each) => each.id, make, (row, each) => update(row, each, lint.get(each.id) ?? []));
  }
  return { element: h("div", {}, none, element), show };
}

/** The findings that speak of each request, by its id. */
function byRequest(findings) {
  const found = new Map();
  for (const finding of findings) {
    for (const id of finding.requests) found.set(id, [...(found.get(id) ?? []), finding]);
  }
  return found;
}

function make() {
  const parts = ["when", "what", "why", "who", "result", "marks", "took"].map((name) => h("span", { class: name }));
  const details = h("details", {}, h("summary", {}, parts));
  details.addEventListener("toggle", () => details.open && details.fill());
  return h("li", {}, details);
}

function update(row, request, lint) {
  const told = JSON.stringify([request.status, request.took_ms, request.reason, lint.length]);
  if (row.dataset.told === told) return;
  row.dataset.told = told;
  const details = row.firstElementChild;
  const [when, what, why, who, result, marks, took] = details.firstElementChild.children;
  write(when, clockTime(request.at));
  write(what, `${request.method} ${request.path}`);
  write(why, request.reason ?? "");
  write(who, request.account ?? "");
  write(result, outcome(request));
  result.className = `result badge ${tone(request)}`;
  marks.replaceChildren(
    ...(request.fault ? [h("span", { class: "badge failed" }, t("requests.fault", request.fault))] : []),
    ...(lint.length ? [h("span", { class: "badge stalled" }, t("requests.lint", lint.length))] : []),
    ...(request.operation === null && request.errno === 410 ? [h("span", { class: "badge" }, t("requests.unmatched"))] : []),
  );
  write(took, duration(request.took_ms));
  details.fill = () => details.replaceChildren(details.firstElementChild, whole(request, lint));
  if (details.open) details.fill();
}

function outcome({ status, errno }) {
  if (status === null) return t("requests.unanswered");
  return errno === null ? `HTTP ${status}` : `errno ${errno}`;
}

function tone({ status, errno }) {
  if (status === null) return "stalled";
  return errno === 0 || (errno === null && status < 400) ? "finished" : "failed";
}

function whole(request, lint) {
  const reason = request.reason && h("p", { class: "reason" }, h("strong", {}, `${t("requests.reason")} `), request.reason);
  const near = request.nearest && h("p", {}, h("strong", {}, `${t("requests.nearest")} `), nearest(request.nearest));
  return h(
    "div",
    { class: "whole" },
    h("p", { class: "soft" }, `#${request.id} · ${request.at} · HTTP ${request.status ?? "–"} · ${request.operation ?? t("requests.unmatched")}`),
    reason,
    near,
    lint.map((each) => h("p", { class: "lint" }, h("strong", {}, `${each.rule}: `), each.message)),
    h(
      "div",
      { class: "pair" },
      h("div", {}, h("h3", {}, t("requests.sent")), block(headers(request)), block(text(request.request_body))),
      h("div", {}, h("h3", {}, t("requests.answer")), block(text(request.response_body) || t("requests.no-body"))),
    ),
    request.truncated && h("p", { class: "soft" }, t("requests.truncated")),
    button(t("requests.curl"), () => copy(asCurl(request))),
  );
}

function nearest({ operation, method, path, differs }) {
  const what = differs.map((each) => t(`differs.${each}`)).join(t("requests.nearest.and"));
  return t("requests.nearest.is", operation, `${method} ${path}`, what);
}

const block = (content) => content && h("pre", { tabindex: 0 }, content);
const headers = (request) =>
  Object.entries(request.request_headers)
    .map(([name, value]) => `${name}: ${value}`)
    .join("\n");
const text = (body) => (body === null || typeof body === "string" ? body : JSON.stringify(body, null, 2));

/** The request as curl sends it; what the journal has removed is a variable or its mark. */
function asCurl(request) {
  const kept = Object.entries(request.request_headers).filter(([name]) => !NOT_REPEATED.includes(name));
  const withToken = kept.map(([name, value]) => [name, name === "authorization" ? BEARER : value]);
  return curl({ method: request.method, path: request.path, headers: Object.fromEntries(withToken), body: request.request_body });
}
