// Decides how people are invited, what each of them may do, and how they leave.
import { h, fill, icon } from "./dom.js";
import { api, at } from "./api.js";
import { language, LANGUAGES, t } from "./texts.js";
import { cancelButton, confirmTyped, dialog } from "./dialogs.js";
import { field, form, select } from "./forms.js";
import { initials } from "./leads.js";
import { emptyPanel, pagedList } from "./lists.js";
import { heading, view } from "./router.js";
import { account, forgetColleagues, may } from "./session.js";
import { say } from "./status.js";

const ROLES = ["owner", "admin", "agent", "viewer", "privacy_officer"];

// An admin neither makes an owner nor touches one.
const reachable = (role) => role !== "owner" || may("people") === "yes";
const roleOptions = () => ROLES.filter(reachable).map((role) => [role, t(`role.${role}`)]);

const rolesExplained = () =>
  h("details", { class: "panel" }, h("summary", {}, t("people.roles")),
    h("dl", { class: "facts" }, ROLES.map((role) => [h("dt", {}, t(`role.${role}`)), h("dd", {}, t(`people.role.${role}`))])));

const nameOf = ({ name, email }) => name || email;

const show = async ({ main, title, signal }) => {
  const changed = async (text) => {
    forgetColleagues();
    say(text);
    await list.start();
  };

  const invite = () => {
    const fields = [
      field(t("email"), h("input", { name: "email", type: "email", required: true, maxlength: 254, autocomplete: "off" })),
      field(t("people.role"), select({ name: "role" }, roleOptions(), "agent"), t("people.role_hint")),
      field(t("language"), select({ name: "language" }, Object.entries(LANGUAGES), language()), t("people.language_hint")),
    ];
    const asked = dialog(t("people.invite"), form({
      fields, submit: t("people.invite"), more: cancelButton(() => asked.close()),
      send: (values) => api.post("members", values),
      done: (member) => {
        asked.close();
        return changed(t("people.invited", { email: member.email }));
      },
    }));
  };

  const change = (member) => {
    const asked = dialog(t("people.change", { name: nameOf(member) }), form({
      fields: field(t("people.role"), select({ name: "role" }, roleOptions(), member.role)),
      submit: t("save"), more: cancelButton(() => asked.close()),
      send: (values) => api.patch(at("members", member.id), values),
      done: () => {
        asked.close();
        return changed(t("saved"));
      },
    }));
  };

  const remove = async (member) => {
    const done = await confirmTyped({
      title: t("people.remove_title", { name: nameOf(member) }), text: t("people.remove_text"),
      word: member.email, action: t("people.remove"), work: () => api.delete(at("members", member.id)),
    });
    if (done) await changed(t("people.removed"));
  };

  const own = ({ id }) => id === account().member?.id;
  const row = (member) =>
    h("li", { class: "row entry" },
      initials(nameOf(member)),
      h("div", { class: "row-main" },
        h("span", { class: "row-title" }, h("span", { class: "cut" }, nameOf(member)), own(member) && h("span", { class: "tag" }, t("you"))),
        h("span", { class: "soft cut" }, member.name ? member.email : t(`people.state.${member.state}`))),
      h("span", { class: "state" + (member.state === "invited" ? "" : " open") }, t(member.state === "invited" ? "people.state.invited" : `role.${member.role}`)),
      reachable(member.role) && h("div", { class: "actions" },
        h("button", { type: "button", onclick: () => change(member) }, t("people.change_role"), h("span", { class: "unseen" }, ` ${nameOf(member)}`)),
        h("button", { type: "button", class: "danger quiet round", "aria-label": t("people.remove_title", { name: nameOf(member) }), onclick: () => remove(member) }, icon("trash"))));

  const list = pagedList({ label: title, load: (cursor) => api.get("members", { cursor }, signal), row, empty: () => emptyPanel("people", t("people.none")) });
  fill(main,
    heading(title, h("button", { type: "button", class: "main", onclick: invite }, icon("plus"), t("people.invite"))),
    h("div", { class: "stack" }, list.node, rolesExplained()));
  await list.start();
};

view({ path: "people", title: "people.title", action: "people", nav: { group: "settings", order: 30, icon: "people" }, show });
