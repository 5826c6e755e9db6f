// Decides how API keys are made, shown once, and revoked.
import { h, fill, icon } from "./dom.js";
import { api, at } from "./api.js";
import { longDay, t } from "./texts.js";
import { codeBlock, shownOnce } from "./copying.js";
import { cancelButton, confirmTyped, dialog } from "./dialogs.js";
import { field, form, select } from "./forms.js";
import { emptyPanel, pagedList } from "./lists.js";
import { heading, view } from "./router.js";
import { say } from "./status.js";

const ROLES = ["viewer", "agent", "privacy_officer", "admin"];
const DAYS = 90;

const example = () => `curl -H "Authorization: Bearer $LEADLAYER_KEY" \\\n  "${new URL("../v1/leads?limit=10", document.baseURI).href}"`;

const show = async ({ main, title, signal }) => {
  const create = () => {
    const fields = [
      field(t("keys.name"), h("input", { name: "name", required: true, maxlength: 100, autocomplete: "off" }), t("keys.name_hint")),
      h("div", { class: "pair" },
        field(t("people.role"), select({ name: "role" }, ROLES.map((role) => [role, t(`role.${role}`)]), "viewer"), t("keys.role_hint")),
        field(t("keys.days"), h("input", { name: "days", type: "number", inputmode: "numeric", min: 1, max: 365, value: DAYS, required: true }), t("keys.days_hint"))),
    ];
    const asked = dialog(t("keys.create"), form({
      fields, submit: t("keys.create"), more: cancelButton(() => asked.close()),
      send: (values) => api.post("api-keys", { ...values, days: Number(values.days) }),
      done: async ({ key }) => {
        asked.close();
        await shownOnce(t("keys.new"), t("keys.once"), key);
        await list.start();
      },
    }));
  };

  const revoke = async (key) => {
    const done = await confirmTyped({
      title: t("keys.revoke_title", { name: key.name }), text: t("keys.revoke_text"), word: key.name,
      action: t("keys.revoke"), work: () => api.delete(at("api-keys", key.id)),
    });
    if (!done) return;
    list.remove(new Set([key.id]));
    say(t("keys.revoked"));
  };

  const row = (key) => {
    const over = new Date(key.expires_at) < new Date();
    return h("li", { class: "row entry" },
      h("div", { class: "row-main" },
        h("span", { class: "row-title" }, h("span", { class: "cut" }, key.name), h("code", { class: "soft" }, `${key.prefix}…`)),
        h("span", { class: "soft" }, t(over ? "keys.expired" : "keys.expires", { day: longDay(key.expires_at) }), " · ",
          key.last_used_day ? t("keys.used", { day: longDay(key.last_used_day) }) : t("keys.unused"))),
      h("span", { class: `state ${over ? "closed" : "open"}` }, t(`role.${key.role}`)),
      h("div", { class: "actions" }, h("button", { type: "button", class: "danger", onclick: () => revoke(key) }, t("keys.revoke"), h("span", { class: "unseen" }, ` ${key.name}`))));
  };

  const add = (kind) => h("button", { type: "button", class: kind, onclick: create }, icon("plus"), t("keys.create"));
  const list = pagedList({ label: title, load: (cursor) => api.get("api-keys", { cursor }, signal), row, empty: () => emptyPanel("key", t("keys.none")) });
  fill(main, heading(title, add("main")), h("div", { class: "stack" }, list.node,
    h("section", { class: "panel" }, h("h2", {}, t("keys.use")), h("p", { class: "soft" }, t("keys.use_text")), codeBlock(t("keys.use"), example()))));
  await list.start();
};

view({ path: "keys", title: "keys.title", action: "credentials", nav: { group: "settings", order: 40, icon: "key" }, show });
