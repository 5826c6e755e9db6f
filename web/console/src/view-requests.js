// Decides how people's requests about their data are listed: what is open first, each with its term.
import { h, fill } from "./dom.js";
import { api } from "./api.js";
import { dayAndTime, t } from "./texts.js";
import { field, select } from "./forms.js";
import { time } from "./leads.js";
import { emptyPanel, pagedList } from "./lists.js";
import { dueOf, requestState, rightOf } from "./requests.js";
import { heading, view } from "./router.js";

const row = (one) =>
  h("li", { class: "row entry" },
    h("div", { class: "row-main" },
      h("a", { href: `#/requests/${one.id}`, class: "row-title" }, rightOf(one)),
      h("span", { class: "soft" }, t("request.received"), " ", time(one.received_at, dayAndTime))),
    !one.closed_at && dueOf(one),
    requestState(one));

const show = async ({ main, title, signal }) => {
  const state = select({ onchange: () => list.start() }, ["open", "closed", ""].map((one) => [one, t(`requests.${one || "all"}`)]), "open");
  const list = pagedList({
    label: title,
    load: (cursor) => api.get("requests", { state: state.value, cursor }, signal),
    row,
    empty: () => emptyPanel("lock", t("requests.none")),
  });
  fill(main, heading(title), h("p", { class: "soft intro" }, t("requests.intro")), h("div", { class: "filters" }, field(t("requests.which"), state)), list.node);
  await list.start();
};

view({ path: "requests", title: "requests.title", action: "requests.read", nav: { group: "work", order: 40, icon: "lock" }, show });
