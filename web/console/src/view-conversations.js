// Decides how the list of conversations looks: who is talking now, with the AI or with a colleague.
import { fill, h, icon } from "./dom.js";
import { api } from "./api.js";
import { counted, t } from "./texts.js";
import { filterBar, filtersOf, isFiltered } from "./filters.js";
import { emptyPanel, pagedList } from "./lists.js";
import { picking } from "./picking.js";
import { poll } from "./poll.js";
import { heading, view } from "./router.js";
import { conversationRow, namesAround, visitorName } from "./rows.js";
import { searchBox } from "./search.js";
import { may } from "./session.js";
import { tell } from "./status.js";

const FRESH_MS = 15_000;

const nothing = (chosen, sites) => {
  if (isFiltered(chosen)) return emptyPanel("search", t("list.none_found"));
  const there = may("sites.change") && h("a", { class: "button main", href: "#/sites" }, t(sites.length ? "leads.snippet" : "leads.create_site"));
  return emptyPanel(sites.length ? "chat" : "sites", t(sites.length ? "conversations.none" : "leads.no_site"), there);
};

const show = async ({ main, title, query, signal }) => {
  const chosen = filtersOf(query);
  let names = { sites: [], people: [] };
  const picks = picking({ kind: "conversations", labelOf: visitorName, deleted: (ids) => list.remove(ids) });
  const box = may("leads.delete") ? picks.box : () => null;
  const list = pagedList({
    label: title, marks: "conversations",
    load: (cursor) => api.get("conversations", { ...chosen, cursor }, signal),
    row: (one) => conversationRow(one, names, box(one)),
    empty: () => nothing(chosen, names.sites),
  });
  const restart = () => {
    picks.clear();
    return list.start();
  };
  const search = searchBox(list.node);
  const masked = may("leads.read") === "masked";
  fill(main,
    heading(title, may("leads.answer") && search.form),
    masked && h("p", { class: "note" }, icon("lock"), t("masked.text")),
    filterBar({ path: "conversations", states: ["open", "closed"], chosen, changed: restart }),
    search.found, list.node, picks.bar);
  names = await namesAround();
  await list.start();
  poll(signal, FRESH_MS, async () => {
    const fresh = await list.refresh();
    if (fresh.length) tell(counted("conversations.fresh", fresh.length));
  });
};

view({ path: "conversations", title: "conversations.title", action: "leads.read", nav: { group: "work", order: 20, icon: "chat" }, show });
