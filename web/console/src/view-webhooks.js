// Decides which webhooks are listed and how a new one begins.
import { h, fill, icon } from "./dom.js";
import { api, at } from "./api.js";
import { t } from "./texts.js";
import { shownOnce } from "./copying.js";
import { cancelButton, dialog } from "./dialogs.js";
import { field, form, tick } from "./forms.js";
import { emptyPanel, pagedList } from "./lists.js";
import { go, heading, view } from "./router.js";

const EVENTS = ["lead.created", "conversation.started"];

export const hookState = ({ state, has_secret: whole }) =>
  h("span", { class: `state ${whole && state === "enabled" ? "open" : state}` }, t(whole ? `hook.state.${state}` : "hook.state.no_secret"));

export const hookFields = ({ url = "", events = EVENTS } = {}) => [
  field(t("hook.url"), h("input", { name: "url", type: "url", value: url, required: true, maxlength: 500, placeholder: "https://", autocomplete: "off" }), t("hook.url_hint")),
  h("div", { class: "ticks", role: "group", "aria-label": t("hook.events") },
    EVENTS.map((one) => tick(t(`hook.event.${one}`), h("input", { type: "checkbox", name: one, checked: events.includes(one) })))),
];

export const hookOf = (values) => {
  const events = EVENTS.filter((one) => values[one]);
  if (!events.length) throw Object.assign(new Error("events"), { code: "invalid_request", errors: [{ field: EVENTS[0], reason: "one_needed" }] });
  return { url: values.url, events };
};

const row = (hook) =>
  h("li", { class: "row" }, h("a", { class: "row-link plain", href: `#/${at("webhooks", hook.id)}` },
    h("span", { class: "row-main" },
      h("span", { class: "row-title" }, h("span", { class: "cut" }, hook.url)),
      h("span", { class: "soft cut" }, hook.events.map((one) => t(`hook.event.${one}`)).join(" · "))),
    hookState(hook)));

const show = async ({ main, title, signal }) => {
  const create = () => {
    const asked = dialog(t("hooks.create"), form({
      fields: hookFields(), submit: t("hooks.create"), more: cancelButton(() => asked.close()),
      send: async (values) => api.post("webhooks", hookOf(values)),
      done: async ({ id, secret }) => {
        asked.close();
        await shownOnce(t("hook.secret"), t("hook.secret_once"), secret);
        go(at("webhooks", id));
      },
    }));
  };
  const add = () => h("button", { type: "button", class: "main", onclick: create }, icon("plus"), t("hooks.create"));
  const list = pagedList({ label: title, load: (cursor) => api.get("webhooks", { cursor }, signal), row, empty: () => emptyPanel("hook", t("hooks.none")) });
  fill(main, heading(title, add()), list.node);
  await list.start();
};

view({ path: "webhooks", title: "hooks.title", action: "credentials", nav: { group: "settings", order: 50, icon: "hook" }, show });
