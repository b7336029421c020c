// What the control API does to one job.

import { control, segment } from "../lib/api.js";
import { button, field, fill, h, write } from "../lib/dom.js";
import { attempt, dialog, sure } from "../lib/notice.js";
import { t } from "../lib/text.js";

/** How much of a prompt and of a hash a dialog shows. */
const PROMPT_SHOWN = 80;
const HASH_SHOWN = 10;

/** Which job a dialog is about. */
const nameOf = ({ prompt, hash }) =>
  `${prompt.length > PROMPT_SHOWN ? `${prompt.slice(0, PROMPT_SHOWN)}…` : prompt} (${hash.slice(0, HASH_SHOWN)}…)`;

/** Buttons for the job at `path`; `show(job)` leaves those that it can take. */
export function controls(path, changed) {
  const hash = path.slice("jobs/".length);
  let current = null;
  const act = (method, to, body) => attempt(() => control(method, to, { body })).then(changed);
  const ending = (name) => act("POST", `${path}/${name}`, {});

  const finish = button(t("job.finish"), () => ending("complete"), { class: "main" });
  const fail = button(t("job.fail"), async () => {
    const error = await askError(current);
    if (error !== null) await act("POST", `${path}/fail`, error ? { error } : {});
  });
  const stall = button(t("job.stall"), () => ending("stall"));
  const resume = button(t("job.resume"), () => ending("resume"));
  const favourite = button("", () =>
    act(current.favourite ? "DELETE" : "PUT", `favourites/${hash}`, current.favourite ? undefined : {}),
  );
  const remove = button(
    t("job.delete"),
    async () => {
      if (!(await sure(t("job.delete.sure"), t("job.delete"), nameOf(current)))) return;
      if (await attempt(() => control("DELETE", path), t("job.deleted"))) location.hash = "#jobs";
    },
    { class: "danger" },
  );

  const folder = h("input", { type: "text", maxlength: 200, required: true, autocomplete: "off" });
  const folders = h("ul", { class: "chips" });
  const form = h(
    "form",
    { class: "row" },
    field(t("job.folder"), folder),
    h("button", {}, t("job.folder.add")),
  );
  const at = (name) => `folders/${segment(name)}/jobs/${hash}`;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    await act("PUT", at(folder.value), {});
    folder.value = "";
  });

  function show(job) {
    current = job;
    element.hidden = false; // nothing can be done to a job that is not known yet
    const ended = ["finished", "failed"].includes(job.state);
    for (const each of [finish, fail]) each.hidden = ended;
    stall.hidden = ended || job.stalled;
    resume.hidden = ended || !job.stalled;
    write(favourite, job.favourite ? `★ ${t("job.favourite.not")}` : `☆ ${t("job.favourite")}`);
    const told = JSON.stringify(job.folders);
    if (folders.dataset.told === told) return;
    folders.dataset.told = told;
    fill(
      folders,
      job.folders.map((name) =>
        h(
          "li",
          {},
          name,
          button("×", () => act("DELETE", at(name)), { "aria-label": t("job.folder.remove", name) }),
        ),
      ),
    );
  }

  const row = h("div", { class: "row" }, finish, fail, stall, resume, favourite, remove);
  const element = h("div", { class: "panel", hidden: true }, row, form, folders);
  return { element, show };
}

/** The error that a job is to fail with; null where it is left after all. */
function askError(job) {
  const ask = (close) => {
    const input = h("input", { type: "text", maxlength: 1000, placeholder: "job failed" });
    const form = h(
      "form",
      {},
      field(t("job.fail.error"), input, t("job.fail.hint")),
      h("button", { class: "danger" }, t("job.fail.this")),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      close(input.value);
    });
    return form;
  };
  return dialog(t("job.fail"), ask, nameOf(job));
}
