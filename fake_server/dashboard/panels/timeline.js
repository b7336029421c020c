// The running jobs of a clock on a line of time.

import { clockTime } from "../lib/text.js";
import { spelled } from "../lib/unseen.js";

const SVG = "http://www.w3.org/2000/svg";
const ROW = 28;
const LEAST_WIDTH = 520;
/** Of `.panel` in base.css. */
const PADDING = 16;
/** Of the line, this part lies before now. */
const PAST = 0.2;

function s(tag, attributes, text = null) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text !== null) element.textContent = spelled(text);
  return element;
}

/** Draw `jobs` into `svg`; `nowOf(account)` is an account's time in ms, `label` names the drawing. */
export function draw(svg, jobs, nowOf, label) {
  const spans = jobs.map((job) => {
    const now = nowOf(job.account);
    const end = job.ends_at === null ? null : Date.parse(job.ends_at);
    return { job, before: now - Date.parse(job.created_at), left: end === null ? null : end - now };
  });
  const longest = Math.max(1000, ...spans.map(({ before, left }) => Math.max(before * 2, left ?? 0)));
  const width = Math.max(LEAST_WIDTH, svg.parentElement.clientWidth - 2 * PADDING);
  const unit = (width * (1 - PAST)) / longest;
  const x = (ms) => Math.max(0, Math.min(width, width * PAST + ms * unit));
  svg.setAttribute("width", width);
  svg.setAttribute("viewBox", `0 0 ${width} ${Math.max(1, jobs.length) * ROW + 4}`);
  svg.setAttribute("aria-label", label);
  svg.replaceChildren(
    ...spans.flatMap(({ job, before, left }, row) => {
      const from = x(-before);
      const to = left === null ? width : x(left);
      const y = row * ROW + 4;
      const end = job.ends_at === null ? "∞" : clockTime(job.ends_at);
      return [
        s("rect", { x: from, y, width: Math.max(2, to - from), height: ROW - 8, rx: 4, class: `bar ${job.stalled ? "stalled" : job.state}` }),
        s("text", { x: from + 6, y: y + ROW - 14, class: "label" }, `${job.prompt.slice(0, 40)} → ${end}`),
      ];
    }),
    s("line", { x1: x(0), x2: x(0), y1: 0, y2: Math.max(1, jobs.length) * ROW + 4, class: "now" }),
  );
}
