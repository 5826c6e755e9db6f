// Decides how the audit log reads: who did what and when, and whether anybody meddled with it.
import { h, fill, icon } from "./dom.js";
import { api } from "./api.js";
import { dayAndTime, hasText, number, t } from "./texts.js";
import { time } from "./leads.js";
import { emptyPanel, pagedList } from "./lists.js";
import { sentence, wasLeft } from "./problems.js";
import { heading, view } from "./router.js";
import { account, colleagues } from "./session.js";

// What was done, by the route that did it; a route without words is shown as it is.
const wordsOf = ({ call, action }) => {
  const key = `did.${call.replace("/v1/", "")}`;
  return hasText(key) ? t(key) : call || action;
};

const actorOf = ({ actor }, people) => {
  const [kind, id] = actor.split(":");
  if (id === account().member?.id) return t("you");
  const name = people.find((one) => one.id === id)?.name;
  return name ?? t(kind === "key" ? "audit.key" : "audit.member", { id: id.slice(-6) });
};

// The ids by which an entry can be found elsewhere; a word of the log's own says nothing here.
const row = (people) => (entry) =>
  h("li", { class: "row entry" },
    h("div", { class: "row-main" },
      h("span", { class: "row-title" }, h("span", {}, wordsOf(entry))),
      h("span", { class: "soft" }, actorOf(entry, people), " · ", t(hasText(`role.${entry.role}`) ? `role.${entry.role}` : "role.key"), " · ", time(entry.at, dayAndTime)),
      entry.target && h("code", { class: "soft" }, entry.target)),
    entry.outcome === "denied" && h("span", { class: "state failing" }, t("audit.denied")),
    h("span", { class: "soft seq" }, `#${entry.seq}`));

const verify = async (place, signal) => {
  try {
    // The API checks a stretch at a time.
    let entries = 0;
    let stretch = { intact: true, next: undefined };
    do {
      stretch = await api.get("audit/verification", { from: stretch.next }, signal);
      entries += stretch.entries;
    } while (stretch.intact && stretch.next);
    const { intact, broken_at: broken } = stretch;
    fill(place, h("p", { class: intact ? "note" : "note bad", role: intact ? null : "alert" }, icon(intact ? "check" : "alert"),
      h("span", {}, intact ? t("audit.intact", { count: number(entries) }) : t("audit.broken", { seq: broken }))));
  } catch (error) {
    if (!wasLeft(error)) fill(place, h("p", { class: "error" }, sentence(error)));
  }
};

const show = async ({ main, title, signal }) => {
  const place = h("div", { class: "verified" }, h("p", { class: "note" }, icon("clock"), h("span", {}, t("audit.checking"))));
  let people = [];
  const list = pagedList({
    label: title,
    load: async (cursor) => {
      const { items, next } = await api.get("audit", { cursor }, signal);
      return { items: items.map((entry) => ({ ...entry, id: entry.seq })), next };
    },
    row: (entry) => row(people)(entry),
    empty: () => emptyPanel("audit", t("audit.none")),
  });
  fill(main, heading(title), h("p", { class: "soft intro" }, t("audit.intro")), place, list.node);
  people = await colleagues().catch(() => []);
  await Promise.all([list.start(), verify(place, signal)]);
};

view({ path: "audit", title: "audit.title", action: "audit.read", nav: { group: "settings", order: 70, icon: "audit" }, show });
