// Decides how one request looks, and what whoever answers it can do with it at this moment.
import { h, fill, icon } from "./dom.js";
import { api, at } from "./api.js";
import { dayAndTime, t } from "./texts.js";
import { cancelButton, dialog } from "./dialogs.js";
import { button, field, form, select } from "./forms.js";
import { time } from "./leads.js";
import { skeleton } from "./lists.js";
import { sentence } from "./problems.js";
import { dueOf, requestState, rightOf } from "./requests.js";
import { heading, view } from "./router.js";
import { account, may } from "./session.js";
import { say } from "./status.js";

const GROUNDS = ["not_verified", "cannot_identify", "unfounded", "excessive", "rights_of_others", "legal_obligation", "legal_claims", "expression", "no_such_right"];

const fact = (label, value) => value && [h("dt", {}, label), h("dd", {}, value)];

const facts = (one) =>
  h("dl", { class: "facts" },
    fact(t("request.received"), time(one.received_at, dayAndTime)),
    !one.closed_at && fact(t("request.due"), dueOf(one)),
    fact(t("email"), one.contact?.email),
    fact(t("lead.phone"), one.contact?.phone),
    fact(t("request.details"), one.contact?.details && h("span", { class: "words" }, one.contact.details)),
    fact(t("request.verified"), one.verified_at && time(one.verified_at, dayAndTime)),
    fact(t("request.extended"), one.extension && t(`request.reason.${one.extension}`)),
    fact(t("request.cooling"), one.cooling_until && !one.closed_at && dayAndTime(one.cooling_until)),
    fact(t("request.closed"), one.closed_at && time(one.closed_at, dayAndTime)));

const handled = ({ handled: kinds }) =>
  kinds.length > 0 && h("section", { class: "panel" }, h("h2", {}, t("request.handled")),
    h("dl", { class: "facts" }, kinds.map(({ kind, count, ground }) => fact(kind, ground ? t(`request.ground.${ground}`) : String(count)))));

// The values are shown as they are kept: what a person is told is made by the API, not here.
const dataOf = (one, signal) => {
  const place = h("div", { class: "stack" });
  const failed = (error) => fill(place, h("p", { class: "error", role: "alert" }, sentence(error)));
  const load = async () => {
    const { items, more } = await api.get(at("requests", one.id, "data"), {}, signal);
    fill(place,
      items.length ? items.map((row) => h("dl", { class: "facts" }, Object.entries(row).map(([name, value]) => fact(name, value !== null && (typeof value === "object" ? JSON.stringify(value) : String(value))))))
        : h("p", { class: "soft" }, t("request.data_none")),
      more && h("p", { class: "note" }, t("request.data_more")));
  };
  return h("section", { class: "panel" }, h("h2", {}, t("request.data")), h("p", { class: "soft" }, t("request.data_text")),
    h("div", { class: "actions" }, button(t("request.data_show"), load, { failed })), place);
};

const ground = () => field(t("request.ground"), select({ name: "ground" }, GROUNDS.map((one) => [one, t(`request.ground.${one}`)])));

const numbers = (name, all, word, chosen) => field(t(`request.${name}`), select({ name }, all.map((one) => [String(one), t(word, { count: one })]), chosen));

const asked = (title, text, fields, send, danger = false) => {
  const open = dialog(title, h("p", {}, text), form({
    fields, submit: title, danger, more: cancelButton(() => open.close()), send, done: () => open.close(),
  }));
};

// Each is offered only where the API would take it; who proposed a denial leaves it to another.
const offers = (one, move, deny) => {
  const proposed = one.proposal;
  const mine = proposed?.by === `member:${account().member?.id}`;
  const reviewed = one.state === "in_review";
  const isErasure = one.right === "erasure";
  const ask = (name, fields, values = (typed) => typed, danger = false) => () =>
    asked(t(`request.do.${name}`), t(`request.text.${name}`), fields(), (typed) => move(values(typed)), danger);
  const offer = (is, name, onclick, kind = "") => is && h("button", { type: "button", class: kind, onclick }, t(`request.do.${name}`));
  const partly = proposed?.decision === "partially_approved";
  return [
    offer(one.state === "verified", "review", ask("review", () => [], () => ({ step: "review" })), "main"),
    offer(one.state === "extended", "resume", ask("resume", () => [], () => ({ step: "resume_review" })), "main"),
    offer(reviewed, "approve", ask("approve",
      () => (isErasure ? [numbers("hours", [0, 24, 48, 72], "request.in_hours", "24")] : []),
      ({ hours }) => ({ step: "approve", ...(isErasure && { hours: Number(hours) }) })), "main"),
    offer(reviewed && !one.extension, "extend", ask("extend",
      () => [field(t("request.why"), select({ name: "reason" }, ["complex", "many"].map((word) => [word, t(`request.reason.${word}`)]))), numbers("months", [1, 2], "request.in_months", "2")],
      ({ reason, months }) => ({ step: "extend", reason, months: Number(months) }))),
    offer(reviewed, "partly", ask("partly", () => [ground()], (typed) => ({ step: "propose", decision: "partially_approved", ...typed }))),
    offer(reviewed || one.state === "identity_pending", "propose", ask("propose", () => [ground()], (typed) => ({ step: "propose", decision: "denied", ...typed }))),
    offer(reviewed && proposed && !mine && partly, "confirm_partly", ask("confirm_partly", () => [], () => ({ step: "approve_partially", ground: proposed.ground }))),
    offer(proposed && !mine && !partly && may("requests.deny"), "deny", () =>
      asked(t("request.do.deny"), t("request.text.deny"), [], () => deny(proposed.ground), true), "danger"),
  ];
};

const proposal = ({ proposal: made }) =>
  made && h("p", { class: "note" }, icon("people"), h("span", {}, t(`request.proposed.${made.decision}`, { ground: t(`request.ground.${made.ground}`) })));

const back = () => h("a", { href: "#/requests", class: "back" }, icon("back"), t("requests.title"));

const show = async ({ main, title, params, signal }) => {
  const path = at("requests", params.request);
  const changed = (one) => {
    draw(one);
    main.querySelector("h1").focus();
    say(t("saved"));
  };
  const move = async (step) => changed(await api.post(`${path}/steps`, step));
  const deny = async (reason) => changed(await api.post(`${path}/denial`, { ground: reason }));
  const draw = (one) =>
    fill(main,
      back(),
      heading(rightOf(one), requestState(one)),
      h("div", { class: "stack" },
        proposal(one),
        may("requests.handle") && !one.closed_at && h("div", { class: "actions" }, offers(one, move, deny)),
        h("section", { class: "panel" }, facts(one)),
        handled(one),
        one.verified_at && !one.closed_at && dataOf(one, signal)));
  fill(main, back(), heading(title), skeleton());
  draw(await api.get(path, {}, signal));
};

view({ path: "requests/:request", title: "request.title", action: "requests.read", within: "requests", show });
