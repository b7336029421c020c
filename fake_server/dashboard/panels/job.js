// One job: its picture and cells, what can be done to it, its family, its record, its requests.

import { Refused, control, segment } from "../lib/api.js";
import { stateClass, stateText, updateFrame } from "./card.js";
import { fill, h, write } from "../lib/dom.js";
import { controls } from "./job_controls.js";
import { family } from "./family.js";
import { Refresher } from "../lib/live.js";
import { requestList } from "./request.js";
import { copyable } from "../lib/snippets.js";
import { composer } from "./submit.js";
import { t } from "../lib/text.js";

/** How often (ms) a job is read while it moves. */
const PACE = 400;
const REQUESTS = 50;
// Requests that a finding names, so that each is marked.
const EVIDENCE = 10000;
/** The border about a picture, and the footer below it (px), where it is framed. */
const MARGIN = 32;
const FOOTER = 64;

export class JobPage {
  constructor(hash, container) {
    this.path = `jobs/${segment(hash)}`;
    this.hash = hash;
    this.container = container;
    this.refresher = new Refresher(() => this.read());
    this.gone = true; // or not there yet
  }

  async open() {
    this.build();
    await this.refresher.now();
  }

  close() {
    this.refresher.stop();
    this.container.replaceChildren();
  }

  build() {
    this.gone = false;
    this.composed = this.told = this.recorded = null;
    this.title = h("h2", { tabindex: "-1", class: "prompt-title" });
    this.badge = h("span", {});
    this.frame = h("span", { class: "frame large" });
    this.cells = h("fieldset", { class: "cells", hidden: true }, h("legend", { class: "hidden" }, t("job.cells")));
    this.facts = h("dl", { class: "facts-list" });
    this.controls = controls(this.path, () => this.refresher.now());
    this.family = h("div", { class: "family" });
    this.next = h("div", { class: "panel", hidden: true });
    this.record = h("details", { class: "panel" }, h("summary", {}, t("job.record")), h("div", {}));
    this.requests = requestList();
    this.asked = h("span", { class: "count" });
    const pictured = h("div", { class: "pictured" }, this.frame, this.cells);
    fill(
      this.container,
      h("p", { class: "back" }, h("a", { href: "#jobs" }, `← ${t("nav.jobs")}`)),
      h("div", { class: "heading" }, this.title, this.badge),
      h(
        "div",
        { class: "job" },
        h("div", {}, pictured, this.family),
        h("div", {}, this.controls.element, this.facts, this.next),
      ),
      h("div", { class: "heading" }, h("h3", {}, t("job.requests")), this.asked),
      this.requests.element,
      this.record,
    );
  }

  async read() {
    try {
      await this.readAll();
    } catch (problem) {
      if (!(problem instanceof Refused) || problem.status !== 404) throw problem;
      this.gone = true; // an import may bring it back
      fill(this.container, h("h2", { tabindex: "-1" }, t("job.gone")), h("a", { href: "#jobs" }, t("nav.jobs")));
    }
  }

  async readAll() {
    const job = await control("GET", this.path);
    const query = { account: job.account };
    const [record, profile, requests, lint, children] = await Promise.all([
      control("GET", `${this.path}/record`),
      control("GET", "profile", { query }),
      control("GET", "requests", { query: { job: this.hash, order: "newest-first", limit: REQUESTS } }),
      control("GET", "lint", { query: { ...query, evidence: EVIDENCE } }),
      control("GET", "jobs", { query: { parent: this.hash } }),
    ]);
    if (this.gone) this.build();
    this.show(job, record, profile.answers);
    this.requests.show(requests.requests, lint.findings);
    const count = requests.requests.length;
    write(this.asked, requests.total > count ? t("requests.count", count, requests.total) : "");
    await family(this.family, job, children);
    if (["queued", "running"].includes(job.state) && !job.stalled) this.refresher.later(PACE);
  }

  show(job, record, answers) {
    write(this.title, job.prompt);
    write(this.badge, stateText(job));
    this.badge.className = stateClass(job);
    updateFrame(this.frame, job, "image");
    const image = this.frame.querySelector("img");
    if (image) image.alt = t("job.picture", job.prompt);
    this.controls.show(job);
    this.showFacts(job, record);
    this.showNext(job, record, answers);
    const text = JSON.stringify(record, null, 2);
    if (this.recorded !== text) {
      this.recorded = text;
      fill(this.record.lastElementChild, copyable(text, t("job.record")));
    }
  }

  showFacts(job, record) {
    const facts = [
      [t("account"), job.account],
      [t("job.kind"), `${t(`kind.${job.kind}`)} · ${job.service}`],
      [t("job.created"), job.created_at],
      [t("job.ends"), job.ends_at ?? t("job.never")],
      ["status", String(job.status)],
      ["error", record.error],
      ["description", record.description],
      ["hash", job.hash],
      ["job_id", job.job_id],
    ].filter(([, value]) => value !== null && value !== undefined);
    const told = JSON.stringify(facts);
    if (this.told === told) return;
    this.told = told;
    fill(this.facts, facts.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
  }

  /** What can be submitted from a finished job; a form that is being filled in is left alone. */
  showNext(job, record, answers) {
    const finished = job.state === "finished" && job.kind !== "describe";
    const grid = finished && (job.kind === "blend" ? answers["blend-result"] === "grid" : job.kind !== "upscale");
    const varies = grid || (finished && job.kind === "upscale" && answers["upscale-variation"] === "allowed");
    const wanted = [finished, grid, varies, record.img_width, answers["image-frame"]].join();
    if (this.composed === wanted) return;
    this.composed = wanted;
    this.next.hidden = !finished;
    this.cells.hidden = !grid;
    if (!finished) return;
    const names = [...(varies ? ["vary", "remix"] : []), ...(grid ? ["upscale"] : []), "blend", "describe"];
    const links = [record.original_url, record.img_buffer];
    const form = composer(names, { parent: job, links, celled: (cell) => this.markCell(cell) });
    fill(this.next, h("h3", {}, t("job.next")), form);
    if (grid) this.drawCells(record, answers["image-frame"] === "framed", form);
  }

  /** One choice for each cell, over the picture. */
  drawCells(record, framed, form) {
    const [side, below] = framed ? [MARGIN, MARGIN + FOOTER] : [0, 0];
    const style = this.cells.style;
    style.setProperty("--side", `${(side / record.img_width) * 100}%`);
    style.setProperty("--above", `${(side / record.img_height) * 100}%`);
    style.setProperty("--below", `${(below / record.img_height) * 100}%`);
    const cells = [1, 2, 3, 4].map((number) => {
      const input = h("input", { type: "radio", name: "cell", value: String(number), checked: number === 1 });
      input.addEventListener("change", () => form.chooseCell(number));
      return h("label", {}, input, h("span", {}, t("job.cell", number)));
    });
    this.cells.replaceChildren(this.cells.firstElementChild, ...cells);
  }

  markCell(cell) {
    for (const input of this.cells.querySelectorAll("input")) input.checked = Number(input.value) === cell;
  }
}
