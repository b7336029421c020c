// A job as a card: its picture, its prompt, its kind, its state and how far it is.

import { picture } from "../lib/api.js";
import { h, write } from "../lib/dom.js";
import { t } from "../lib/text.js";

/** `Running 46%`. */
export function stateText(job) {
  const text = t(job.stalled ? "state.stalled" : `state.${job.state}`);
  return job.state === "running" && job.progress !== null ? `${text} ${job.progress}%` : text;
}

/** The class that a state is coloured by. */
export const stateClass = (job) => `badge ${job.stalled ? "stalled" : job.state}`;

export function makeCard(job) {
  const link = h(
    "a",
    { href: `#jobs/${encodeURIComponent(job.hash)}` },
    h("span", { class: "frame" }),
    h("span", { class: "prompt" }),
  );
  return h(
    "li",
    { class: "card" },
    link,
    h("span", { class: "facts" }, h("span", { class: "kind" }), h("span", { class: "state" })),
    h("span", { class: "owner" }),
  );
}

export function updateCard(card, job) {
  const [link, facts, owner] = card.children;
  const [frame, prompt] = link.children;
  write(prompt, job.prompt);
  write(facts.children[0], t(`kind.${job.kind}`));
  write(facts.children[1], stateText(job));
  facts.children[1].className = stateClass(job);
  write(owner, job.favourite ? `★ ${job.account}` : job.account);
  updateFrame(frame, job, "thumb");
}

/** What is in a picture's place: the picture, or how far it is, or why there is none. */
export function updateFrame(frame, job, view) {
  const content = job.kind !== "describe" && job.state === "finished" ? "picture" : job.state;
  const shown = `${job.job_id} ${content}`;
  if (frame.dataset.shown === shown) {
    const bar = frame.querySelector("progress");
    if (bar) bar.value = job.progress ?? 0;
    return;
  }
  frame.dataset.shown = shown;
  frame.replaceChildren(...contentOf(job, content, view));
}

function contentOf(job, content, view) {
  if (content === "picture") {
    const image = h("img", { alt: "", loading: "lazy", decoding: "async", src: picture(job, view) });
    image.addEventListener("error", () =>
      image.replaceWith(h("span", { class: "none" }, t("picture.none"))),
    );
    return [image];
  }
  if (content === "finished") return [h("span", { class: "none" }, t("kind.describe"))];
  if (content === "failed") return [h("span", { class: "none failed", "aria-hidden": true }, "✕")];
  const bar = h("progress", { max: 100, "aria-label": t("progress"), value: job.progress ?? 0 });
  return [h("span", { class: "none" }, bar)];
}
