// Decides what somebody sees who is not signed in: asking for a link, using it, a new account.
import { h, fill, icon } from "./dom.js";
import { token } from "./api.js";
import { hasText, t } from "./texts.js";
import { button, field, form } from "./forms.js";
import { skeleton } from "./lists.js";
import { sentence } from "./problems.js";
import { heading, view } from "./router.js";
import { askForLink, goBack, isUnderWay, useLink } from "./sign-in.js";

const emailField = () =>
  field(t("email"), h("input", { name: "email", type: "email", required: true, autocomplete: "email", inputmode: "email", maxlength: 254 }));

const card = (...content) => h("div", { class: "card" }, content);

// The same words whether or not the address is known: the page cannot tell, and must not.
const mailed = (main, title, email, again) =>
  fill(main, card(
    icon("mail"),
    heading(t("mailbox.title")),
    h("p", {}, t("mailbox.text", { email })),
    h("p", { class: "soft" }, t("mailbox.hint")),
    h("div", { class: "actions" }, h("button", { type: "button", onclick: again }, t("mailbox.other"))),
  )).querySelector("h1").focus();

const signIn = ({ main, title }) => {
  if (token()) return goBack();
  fill(main, card(
    heading(title),
    h("p", { class: "soft" }, t("sign_in.text")),
    form({
      fields: [emailField()],
      submit: t("sign_in.submit"),
      send: async ({ email }) => (await askForLink({ email }), email),
      done: (email) => mailed(main, title, email, () => signIn({ main, title })),
    }),
    h("p", { class: "aside" }, t("sign_in.new"), " ", h("a", { href: "#/sign-up" }, t("sign_up.title"))),
  ));
};

const signUp = ({ main, title }) => {
  const name = h("input", { name: "account_name", required: true, autocomplete: "organization", maxlength: 100 });
  fill(main, card(
    heading(title),
    h("p", { class: "soft" }, t("sign_up.text")),
    form({
      fields: [field(t("sign_up.name"), name, t("sign_up.name_hint")), emailField()],
      submit: t("sign_up.submit"),
      send: async (values) => (await askForLink(values), values.email),
      done: (email) => mailed(main, title, email, () => signUp({ main, title })),
    }),
    h("p", { class: "aside" }, t("sign_up.known"), " ", h("a", { href: "#/sign-in" }, t("sign_in.title"))),
  ));
};

const explain = (main, title, text, again) =>
  fill(main, card(
    heading(title),
    h("p", { role: "alert" }, text),
    h("div", { class: "actions" },
      again && h("button", { type: "button", class: "main", onclick: again }, t("again")),
      h("a", { class: again ? "button" : "button main", href: "#/sign-in" }, t("link.new"))),
  ));

const chooseAccount = (main, link, accounts) => {
  const problem = h("p", { class: "error", role: "alert" });
  const use = (id) => async () => {
    await useLink(link, id);
    goBack();
  };
  fill(main, card(
    heading(t("choose.title")),
    h("p", { class: "soft" }, t("choose.text")),
    h("ul", { class: "choices" }, accounts.map(({ id, name }) =>
      h("li", {}, button(name, use(id), { failed: (error) => fill(problem, sentence(error)) })))),
    problem,
  )).querySelector("h1").focus();
};

const followLink = async ({ main, title, params, signal }) => {
  // The link was opened in a browser that never asked for one: here it can only fail.
  if (!isUnderWay()) return explain(main, t("link.title"), t("link.elsewhere"));
  fill(main, card(heading(title), skeleton(2)));
  try {
    const accounts = await useLink(params.token);
    if (signal.aborted) return null;
    return accounts ? chooseAccount(main, params.token, accounts) : goBack();
  } catch (error) {
    const again = error.code === "network" && (() => followLink({ main, title, params, signal }));
    const known = hasText(`problem.${error.code}`);
    return explain(main, t("link.title"), known ? sentence(error) : t("problem.link_invalid"), again);
  }
};

view({ path: "sign-in", title: "sign_in.title", open: true, show: signIn });
view({ path: "sign-up", title: "sign_up.title", open: true, show: signUp });
view({ path: "sign-in/:token", title: "link.following", open: true, show: followLink });
