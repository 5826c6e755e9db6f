// Decides how the inbox of leads looks: newest first, kept fresh, searched, chosen from, deleted.
import { fill, h, icon } from "./dom.js";
import { api } from "./api.js";
import { counted, t } from "./texts.js";
import { filterBar, filtersOf, isFiltered } from "./filters.js";
import { leadName, LEAD_STATES } from "./leads.js";
import { emptyPanel, pagedList } from "./lists.js";
import { picking } from "./picking.js";
import { poll } from "./poll.js";
import { heading, view } from "./router.js";
import { leadRow, namesAround } from "./rows.js";
import { searchBox } from "./search.js";
import { may } from "./session.js";
import { tell } from "./status.js";

const FRESH_MS = 15_000;

// What to do about an inbox without leads depends on what is missing.
const nothing = (chosen, sites) => {
  if (isFiltered(chosen)) return emptyPanel("search", t("list.none_found"));
  const there = may("sites.change") && h("a", { class: "button main", href: "#/sites" }, t(sites.length ? "leads.snippet" : "leads.create_site"));
  return emptyPanel(sites.length ? "inbox" : "sites", t(sites.length ? "leads.none" : "leads.no_site"), there);
};

const show = async ({ main, title, query, signal }) => {
  const chosen = filtersOf(query);
  let names = { sites: [], people: [] };
  const picks = picking({ kind: "leads", labelOf: leadName, deleted: (ids) => list.remove(ids) });
  const box = may("leads.delete") ? picks.box : () => null;
  const list = pagedList({
    label: title, marks: "leads",
    load: (cursor) => api.get("leads", { ...chosen, cursor }, signal),
    row: (lead) => leadRow(lead, names, box(lead)),
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
    filterBar({ path: "leads", states: LEAD_STATES, chosen, changed: restart }),
    search.found, list.node, picks.bar);
  names = await namesAround();
  await list.start();
  poll(signal, FRESH_MS, async () => {
    const fresh = await list.refresh();
    if (fresh.length) tell(counted("leads.fresh", fresh.length));
  });
};

view({ path: "leads", title: "leads.title", action: "leads.read", nav: { group: "work", order: 10, icon: "inbox" }, show });
