// Decides what somebody does about the account and about themselves: name, language, sessions, end.
import { h, fill, icon } from "./dom.js";
import { api, at } from "./api.js";
import { choose, dayAndTime, language, LANGUAGES, t } from "./texts.js";
import { confirmTyped } from "./dialogs.js";
import { button, field, form, select } from "./forms.js";
import { skeleton } from "./lists.js";
import { failure, sentence, wasLeft } from "./problems.js";
import { heading, show as showAgain, view } from "./router.js";
import { account, all, forgetColleagues, isActive, may, setAccount } from "./session.js";
import { signOutEverywhere } from "./sign-in.js";
import { say } from "./status.js";

const panel = (title, ...content) => h("section", { class: "panel" }, h("h2", {}, title), content);

// The page around shows names too.
const saved = (answer) => {
  setAccount(answer);
  say(t("saved"));
  showAgain();
};

const accountPanel = () => {
  const { name, state } = account();
  const box = h("input", { name: "name", value: name, required: true, maxlength: 100, autocomplete: "organization" });
  return panel(t("account.name_title"),
    may("account.change")
      ? form({ fields: [field(t("account.name"), box)], submit: t("save"), send: (values) => api.patch("account", values), done: saved })
      : h("p", {}, name, state !== "active" && ` (${t("account.terminated")})`));
};

const mePanel = () => {
  const { member, role } = account();
  const name = h("input", { name: "name", value: member.name ?? "", maxlength: 100, autocomplete: "name", required: true });
  const spoken = select({ name: "language" }, Object.entries(LANGUAGES), member.language ?? language());
  return panel(t("me.title"),
    h("p", { class: "soft" }, member.email, " · ", t(`role.${role}`)),
    form({
      fields: [h("div", { class: "pair" }, field(t("me.name"), name, t("me.name_hint")), field(t("me.language"), spoken, t("me.language_hint")))],
      submit: t("save"),
      send: (values) => api.patch("me", values),
      done: (answer) => {
        choose(answer.member.language);
        forgetColleagues();
        saved(answer);
      },
    }));
};

const sessionsPanel = () => {
  const list = h("ul", { class: "lines" });
  const problem = h("p", { class: "error", role: "alert" });
  const failed = (error) => fill(problem, sentence(error));
  const revoke = ({ id }, line) => async () => {
    problem.textContent = "";
    await api.delete(at("sessions", id));
    line().remove();
    say(t("sessions.ended"));
    list.querySelector("button, li")?.focus();
  };
  const line = (session) => {
    const node = h("li", { tabIndex: -1 },
      h("span", {}, t("sessions.since", { time: dayAndTime(session.signed_in_at) }), h("span", { class: "soft" }, " ", t("sessions.until", { time: dayAndTime(session.expires_at) }))),
      session.current
        ? h("span", { class: "tag" }, t("sessions.this"))
        : button(t("sessions.end"), revoke(session, () => node), { failed }));
    return node;
  };
  const load = async () => {
    fill(list, h("li", {}, skeleton(2)));
    try {
      fill(list, (await all("sessions")).map(line));
    } catch (error) {
      if (!wasLeft(error)) fill(list, h("li", {}, failure(error, load)));
    }
  };
  load();
  return panel(t("sessions.title"), h("p", { class: "soft" }, t("sessions.text")), list, problem,
    h("div", { class: "actions" }, button(t("sessions.everywhere"), signOutEverywhere, { failed })));
};

const terminate = async () => {
  const { name } = account();
  const done = await confirmTyped({
    title: t("terminate.title"),
    text: t("terminate.text"),
    word: name,
    action: t("terminate.action"),
    work: async () => setAccount(await api.post("account/termination", { confirmation: name })),
  });
  if (!done) return;
  say(t("terminate.done"));
  showAgain();
};

const endPanel = () =>
  h("section", { class: "panel risky" }, h("h2", {}, t("terminate.title")), h("p", {}, t("terminate.text")),
    h("div", { class: "actions" }, h("button", { type: "button", class: "danger", onclick: terminate }, icon("alert"), t("terminate.action"))));

const show = ({ main, title }) =>
  fill(main, heading(title), h("div", { class: "stack narrow" },
    account().member && mePanel(),
    accountPanel(),
    account().member && sessionsPanel(),
    isActive() && may("account.terminate") && endPanel()));

view({ path: "account", title: "account.title", action: "account.read", nav: { group: "settings", order: 90, icon: "account" }, show });
