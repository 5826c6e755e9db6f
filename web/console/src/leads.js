// Decides how a lead is named and shown wherever it appears.
import { h } from "./dom.js";
import { dayAndTime, t, when } from "./texts.js";

export const LEAD_STATES = ["new", "open", "won", "lost", "closed"];

export const leadName = ({ name, email, phone }) => name || email || phone || t("lead.nameless");

export const stateOf = (state) => h("span", { class: `state ${state}` }, t(`state.${state}`));

export const time = (iso, write = when) => h("time", { datetime: iso, title: dayAndTime(iso) }, write(iso));

// A round sign with the first letters of a name. It says nothing that the name beside it does not.
export const initials = (name) => {
  const words = name.split(/[\s@.]+/).filter(Boolean);
  const letters = words.length > 1 ? words[0][0] + words.at(-1)[0] : (words[0] ?? "?").slice(0, 1);
  return h("span", { class: "initials", "aria-hidden": "true" }, letters.toUpperCase());
};

export const leadPath = ({ site, id }) => `leads/${site}/${id}`;
export const conversationPath = ({ site, id }) => `conversations/${site}/${id}`;
