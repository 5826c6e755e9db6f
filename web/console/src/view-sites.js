// Decides which sites are listed and how a new one begins.
import { h, fill, icon } from "./dom.js";
import { api, at } from "./api.js";
import { language, LANGUAGES, t } from "./texts.js";
import { cancelButton, dialog } from "./dialogs.js";
import { field, form, select } from "./forms.js";
import { emptyPanel, pagedList } from "./lists.js";
import { go, heading, view } from "./router.js";
import { forgetSites, may } from "./session.js";
import { NOTICE_MOST, originsOf } from "./site-settings.js";
import { say } from "./status.js";

export const collectingOf = ({ state, collecting }) =>
  h("span", { class: `state ${collecting ? "open" : "closed"}` },
    t(state !== "active" ? "site.terminated" : collecting ? "site.collecting" : "site.silent"));

const row = (site) =>
  h("li", { class: "row" }, h("a", { class: "row-link plain", href: `#/${at("sites", site.id)}` },
    h("span", { class: "row-main" },
      h("span", { class: "row-title" }, h("span", { class: "cut" }, site.name)),
      h("span", { class: "soft cut" }, site.origins.map((one) => one.replace("https://", "")).join(" · "))),
    collectingOf(site)));

const create = () => {
  const fields = [
    field(t("site.name"), h("input", { name: "name", required: true, maxlength: 100, autocomplete: "off" })),
    field(t("site.origins"), h("textarea", { name: "origins", required: true, rows: 2, placeholder: "https://www.example.com", spellcheck: "false" }), t("site.origins_hint")),
    field(t("site.language"), select({ name: "language" }, Object.entries(LANGUAGES), language())),
    field(t("site.notice"), h("input", { name: "privacy_notice_url", type: "url", maxlength: NOTICE_MOST, placeholder: "https://" }), t("site.notice_hint")),
  ];
  const asked = dialog(t("sites.create"), form({
    fields, submit: t("sites.create"), more: cancelButton(() => asked.close()),
    send: (values) => api.post("sites", { ...values, origins: originsOf(values.origins) }),
    done: (site) => {
      asked.close();
      forgetSites();
      say(t("sites.created"));
      go(at("sites", site.id));
    },
  }));
};

const show = async ({ main, title, signal }) => {
  const add = (kind) => may("sites.change") && h("button", { type: "button", class: kind, onclick: create }, icon("plus"), t("sites.create"));
  const list = pagedList({
    label: title,
    load: (cursor) => api.get("sites", { cursor }, signal),
    row,
    empty: () => emptyPanel("sites", t("sites.none"), add("main")),
  });
  fill(main, heading(title, add("main")), list.node);
  await list.start();
};

view({ path: "sites", title: "sites.title", action: "sites.read", nav: { group: "settings", order: 10, icon: "sites" }, show });
