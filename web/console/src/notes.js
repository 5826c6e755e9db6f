// Decides how colleagues write to each other about a lead.
import { h, fill, icon } from "./dom.js";
import { api, at } from "./api.js";
import { dayAndTime, t } from "./texts.js";
import { dropDraft, remember } from "./drafts.js";
import { button, field, form } from "./forms.js";
import { time } from "./leads.js";
import { sentence } from "./problems.js";
import { account, may, nameOf } from "./session.js";
import { say } from "./status.js";

const authorOf = ({ author }, people) =>
  author === account().member?.id ? t("you") : (nameOf(people, author) ?? t("someone"));

export const notes = ({ lead, people, path }) => {
  let all = [...lead.notes];
  const list = h("ul", { class: "notes" });
  const problem = h("p", { class: "error", role: "alert" });
  const remove = (note) => async () => {
    problem.textContent = "";
    await api.delete(`${path}/${at("notes", note.id)}`);
    all = all.filter(({ id }) => id !== note.id);
    draw();
    box.focus();
    say(t("notes.deleted"));
  };
  const failed = (error) => fill(problem, sentence(error));
  const line = (note) =>
    h("li", {},
      h("p", { class: "by" }, h("strong", {}, authorOf(note, people)), " ", time(note.at, dayAndTime)),
      h("p", { class: "words" }, note.text),
      may("leads.answer") && button(icon("trash"), remove(note), { kind: "quiet round", failed, "aria-label": t("notes.delete") }));
  const draw = () => fill(list, all.length ? all.map(line) : h("li", { class: "soft" }, t("notes.none")));
  const box = h("textarea", { name: "text", rows: 2, required: true, maxlength: 2000 });
  const draft = `note ${lead.id}`;
  remember(draft, box);
  const write = form({
    fields: [field(t("notes.new"), box)],
    submit: t("notes.add"),
    send: (values) => api.post(`${path}/notes`, values),
    done: (note) => {
      all = [...all, note];
      box.value = "";
      dropDraft(draft);
      draw();
      box.focus();
      say(t("notes.added"));
    },
  });
  draw();
  return h("section", { class: "panel" }, h("h2", {}, t("notes.title")), list, problem, may("leads.answer") && write);
};
