// Decides how an inbox works: newest first, kept fresh, filtered, searched, chosen from, deleted.
import { fill, h, icon } from "./dom.js";
import { api } from "./api.js";
import { t } from "./texts.js";
import { filterBar, filtersOf, isFiltered } from "./filters.js";
import { emptyPanel, pagedList } from "./lists.js";
import { picking } from "./picking.js";
import { poll } from "./poll.js";
import { heading, view } from "./router.js";
import { namesAround } from "./rows.js";
import { searchBox } from "./search.js";
import { may } from "./session.js";
import { tell } from "./status.js";

const FRESH_MS = 15_000;

// What to do about an empty inbox depends on what is missing.
const nothing = ({ symbol, none }, chosen, sites) => {
  if (isFiltered(chosen)) return emptyPanel("search", t("list.none_found"));
  const there = may("sites.change") && h("a", { class: "button main", href: "#/sites" }, t(sites.length ? "leads.snippet" : "leads.create_site"));
  return emptyPanel(sites.length ? symbol : "sites", sites.length ? none() : t("leads.no_site"), there);
};

const show = (inbox) => async ({ main, title, query, signal }) => {
  const { path, states, labelOf, row } = inbox;
  const chosen = filtersOf(query);
  let names = { sites: [], people: [] };
  const picks = picking({ kind: path, labelOf, deleted: (ids) => list.remove(ids) });
  const box = may("leads.delete") ? picks.box : () => null;
  const list = pagedList({
    label: title, marks: path,
    load: (cursor) => api.get(path, { ...chosen, cursor }, signal),
    row: (one) => row(one, names, box(one)),
    empty: () => nothing(inbox, chosen, names.sites),
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
    filterBar({ path, states, chosen, changed: restart }),
    search.found, list.node, picks.bar);
  names = await namesAround();
  await list.start();
  poll(signal, FRESH_MS, async () => {
    const fresh = await list.refresh();
    if (fresh.length) tell(inbox.told(fresh.length));
  });
};

export const inboxView = (inbox) => {
  const { path, title, order, symbol } = inbox;
  view({ path, title, action: "leads.read", nav: { group: "work", order, icon: symbol }, show: show(inbox) });
};
