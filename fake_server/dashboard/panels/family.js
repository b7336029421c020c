// A job's parent and children, as small cards.

import { Refused, control, segment } from "../lib/api.js";
import { makeCard, updateCard } from "./card.js";
import { h, reconcile, write } from "../lib/dom.js";
import { t } from "../lib/text.js";

/** Show the family of `job` in `container`. */
export async function family(container, job, { jobs: children, total }) {
  if (!container.firstChild) {
    for (const part of ["parent", "children"]) {
      container.append(h("h3", {}, t(`job.${part}`)), h("ul", { class: "cards small" }));
    }
  }
  const [parentTitle, parents, childrenTitle, rest] = container.children;
  const parent = job.parent_hash ? await found(job.parent_hash) : null;
  show(parentTitle, parents, parent ? [parent] : []);
  show(childrenTitle, rest, children);
  write(childrenTitle, total > children.length ? t("job.children.some", children.length, total) : t("job.children"));
}

function show(title, list, jobs) {
  title.hidden = list.hidden = jobs.length === 0;
  reconcile(list, jobs, (job) => job.hash, makeCard, updateCard);
}

/** The job of a hash; null for one that was deleted. */
async function found(hash) {
  try {
    return await control("GET", `jobs/${segment(hash)}`);
  } catch (problem) {
    if (problem instanceof Refused && problem.status === 404) return null;
    throw problem;
  }
}
