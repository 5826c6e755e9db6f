// Decides how one lead looks: who it is, what they agreed to, what was done, what was talked about.
import { h, fill, icon } from "./dom.js";
import { api, at } from "./api.js";
import { dayAndTime, longDay, t } from "./texts.js";
import { deleteOne } from "./deletions.js";
import { dialog, cancelButton } from "./dialogs.js";
import { field, form, select } from "./forms.js";
import { conversationPath, leadName, LEAD_STATES, stateOf, time } from "./leads.js";
import { skeleton } from "./lists.js";
import { notes } from "./notes.js";
import { failure, sentence, wasLeft } from "./problems.js";
import { go, heading, view } from "./router.js";
import { colleagues, may, nameOf, sites } from "./session.js";
import { say } from "./status.js";
import { thread } from "./thread.js";

const fact = (label, ...value) => [h("dt", {}, label), h("dd", {}, value)];

const mailto = (email, masked) => (masked ? email : h("a", { href: `mailto:${email}` }, email));
const tel = (phone, masked) => (masked ? phone : h("a", { href: `tel:${phone.replace(/[^+\d]/g, "")}` }, phone));

const facts = (lead, allSites) =>
  h("dl", { class: "facts" },
    lead.name && fact(t("lead.name"), lead.name),
    lead.email && fact(t("email"), mailto(lead.email, lead.masked)),
    lead.phone && fact(t("lead.phone"), tel(lead.phone, lead.masked)),
    lead.city && fact(t("lead.city"), lead.city),
    (lead.message || lead.masked) && fact(t("lead.message"), h("span", { class: "words" }, lead.message ?? t("masked.message"))),
    fact(t("lead.site"), nameOf(allSites, lead.site) ?? lead.site),
    lead.page && fact(t("lead.page"), h("code", {}, lead.page)),
    fact(t("lead.came"), time(lead.created_at, dayAndTime)));

const consent = ({ consent: evidence }) =>
  h("section", { class: "panel" },
    h("h2", {}, t("consent.title")),
    h("dl", { class: "facts" },
      fact(t("consent.given"), h("span", { class: evidence?.given ? "yes" : "" }, evidence?.given && icon("check"), t(evidence?.given ? "consent.yes" : "consent.no"))),
      evidence?.at && [
        fact(t("consent.at"), time(evidence.at, dayAndTime)),
        fact(t("consent.method"), t(evidence.method === "conversation" ? "consent.by_conversation" : "consent.by_form")),
        fact(t("consent.version"), `${evidence.version} (${evidence.language})`),
        evidence.text_hash && fact(t("consent.hash"), h("code", { class: "hash" }, evidence.text_hash)),
      ]));

// A change of state or colleague is saved at once; the choice goes back when it could not be.
const quick = (lead, name, label, options, changed) => {
  const problem = h("p", { class: "error", role: "alert" });
  const control = select({
    onchange: async () => {
      problem.textContent = "";
      try {
        changed(await api.patch(at("sites", lead.site, "leads", lead.id), { [name]: control.value || null }));
        say(t("saved"));
      } catch (error) {
        control.value = lead[name] ?? "";
        problem.textContent = sentence(error);
      }
    },
  }, options, lead[name] ?? "");
  return h("div", {}, field(label, control), problem);
};

const work = (lead, people, changed) =>
  h("section", { class: "panel pair" },
    h("h2", { class: "unseen" }, t("lead.work")),
    quick(lead, "state", t("lead.state"), LEAD_STATES.map((one) => [one, t(`state.${one}`)]), changed),
    people.length > 0 && quick(lead, "assigned_to", t("lead.assigned"), [["", t("lead.nobody")], ...people.map(({ id, name }) => [id, name])], changed));

const FIELDS = [["name", "text", "name"], ["email", "email", "off"], ["phone", "tel", "off"], ["city", "text", "off"]];
const LABELS = { name: "lead.name", email: "email", phone: "lead.phone", city: "lead.city" };

// Only what was changed is sent: an old value that today's rules refuse stays as it is.
const changes = (lead, values) =>
  Object.fromEntries(Object.entries(values).filter(([name, value]) => value !== (lead[name] ?? "")).map(([name, value]) => [name, value || null]));

const edit = async (lead, changed) => {
  const inputs = FIELDS.map(([name, type]) =>
    field(t(LABELS[name]), h("input", { name, type, value: lead[name] ?? "", maxlength: name === "email" ? 254 : 100, autocomplete: "off" })));
  const message = h("textarea", { name: "message", rows: 5, value: lead.message ?? "", maxlength: 2000 });
  const asked = dialog(t("lead.edit"), form({
    fields: [h("div", { class: "pair" }, inputs), field(t("lead.message"), message)],
    submit: t("save"),
    more: cancelButton(() => asked.close()),
    send: async (values) => {
      const changed = changes(lead, values);
      return Object.keys(changed).length ? api.patch(at("sites", lead.site, "leads", lead.id), changed) : lead;
    },
    done: (answer) => asked.close(answer),
  }));
  const answer = await asked.closed;
  if (!answer) return;
  changed(answer);
  say(t("saved"));
};

const talk = async (lead, place, signal) => {
  const load = async () => {
    fill(place, h("h2", {}, t("lead.conversation")), skeleton(3));
    const address = { site: lead.site, id: lead.conversation };
    try {
      const conversation = await api.get(at("sites", lead.site, "conversations", lead.conversation), {}, signal);
      const said = thread();
      fill(place,
        h("div", { class: "panel-head" }, h("h2", {}, t("lead.conversation")), h("a", { href: `#/${conversationPath(address)}` }, t("lead.open_conversation"))),
        said.node);
      said.add(conversation.messages);
    } catch (error) {
      if (!wasLeft(error)) fill(place, h("h2", {}, t("lead.conversation")), failure(error, load));
    }
  };
  await load();
};

const show = async ({ main, title, params, signal }) => {
  const path = at("sites", params.site, "leads", params.lead);
  const back = h("a", { href: "#/leads", class: "back" }, icon("back"), t("leads.title"));
  fill(main, back, heading(title), skeleton(6));
  let lead = await api.get(path, {}, signal);
  const [allSites, people] = await Promise.all([sites().catch(() => []), colleagues().catch(() => [])]);
  if (signal.aborted) return;

  const head = h("div", {});
  const details = h("section", { class: "panel" });
  const talked = h("section", { class: "panel talk" });
  const changed = (answer) => {
    lead = { ...lead, ...answer };
    draw();
  };
  const remove = async () => {
    if (!(await deleteOne({ kind: "leads", path }))) return;
    go("leads");
    say(t("lead.deleted"));
  };
  const draw = () => {
    const focused = head.contains(document.activeElement);
    fill(head, heading(leadName(lead), stateOf(lead.state),
      may("leads.answer") && h("button", { type: "button", onclick: () => edit(lead, changed) }, icon("edit"), t("lead.edit")),
      may("leads.delete") && h("button", { type: "button", class: "danger", onclick: remove }, icon("trash"), t("delete.action"))));
    if (focused) head.querySelector("h1").focus();
    fill(details, h("h2", {}, t("lead.details")), facts(lead, allSites),
      h("p", { class: "kept" }, icon("clock"), t("lead.kept", { day: longDay(lead.expires_at) })));
  };
  draw();
  const hadFocus = main.contains(document.activeElement);
  fill(main, back, head,
    lead.masked && h("p", { class: "note" }, icon("lock"), t("masked.text")),
    h("div", { class: lead.conversation ? "beside" : "" },
      h("div", { class: "stack" },
        may("leads.answer") && work(lead, people, changed),
        details,
        !lead.masked && notes({ lead, people, path }),
        consent(lead)),
      lead.conversation && talked));
  if (hadFocus) head.querySelector("h1").focus({ preventScroll: true });
  if (lead.conversation) await talk(lead, talked, signal);
};

view({ path: "leads/:site/:lead", title: "lead.title", action: "leads.read", within: "leads", show });
