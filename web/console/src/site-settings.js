// Decides how what is typed about a site becomes its settings, and how a part of them is saved.
import { h, newId } from "./dom.js";
import { api } from "./api.js";
import { LANGUAGES, t } from "./texts.js";
import { field, form, valuesOf } from "./forms.js";
import { dropDraft, remember } from "./drafts.js";
import { say } from "./status.js";

export const SPOKEN = Object.keys(LANGUAGES);
export const NOTICE_MOST = 1000;
// What the widget says where the customer says nothing.
export const GREETING = {
  nl: "Hallo! Waarmee kan ik je helpen?",
  en: "Hello! How can I help you?",
  de: "Hallo! Wie kann ich dir helfen?",
};

// One a line. Whoever pastes a page's address means its website.
export const originsOf = (text) => text.split(/[\s,]+/).filter(Boolean).map((line) => {
  try {
    return new URL(/^https?:/i.test(line) ? line : `https://${line}`).origin;
  } catch {
    return line;
  }
});

// { nl: "…" } of the controls `greetings.nl`, `greetings.en`…; what is empty is left out.
export const byLanguage = (name, values) =>
  Object.fromEntries(SPOKEN.map((one) => [one, values[`${name}.${one}`]]).filter(([, text]) => text));

// A box for each language; what was typed outlives the view.
export const textsByLanguage = ({ site, name, label, texts, most, placeholder = () => null }) =>
  SPOKEN.map((one) => {
    const box = h("textarea", { name: `${name}.${one}`, rows: 2, maxlength: most, lang: one, placeholder: placeholder(one), "data-plain": "" }, texts[one] ?? "");
    remember(`${site.id} ${box.name}`, box);
    return field(`${label} (${LANGUAGES[one]})`, box);
  });

const forgetDrafts = (site, node) => {
  for (const { name } of node.elements) if (name) dropDraft(`${site.id} ${name}`);
};

// Says a refusal of the whole beside the control that stands for it.
const placed = (error, places) => {
  for (const one of error.errors ?? []) one.field = places[one.field] ?? one.field;
  throw error;
};

// section({ site, title, fields, read, path, places, saved }): a panel with its own form. `read`
// makes settings of its values, for saving and for the preview alike.
export const section = ({ site, title, intro, fields, read, path, places = {}, saved, more }) => {
  const id = newId();
  const node = form({
    fields, submit: t("save"),
    send: (values) => api.patch(path, read(values)).catch((error) => placed(error, places)),
    done: (answer) => {
      forgetDrafts(site, node);
      say(t("saved"));
      saved(answer);
    },
  });
  const panel = h("section", { class: "panel", "aria-labelledby": id },
    h("h2", { id, tabIndex: -1 }, title), intro && h("p", { class: "soft" }, intro), node, more);
  return { title, panel, typed: () => read(valuesOf(node)) };
};
