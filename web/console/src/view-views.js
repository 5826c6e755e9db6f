// Decides how a month's page views of a site are read.
import { h, fill } from "./dom.js";
import { api } from "./api.js";
import { language, number, t } from "./texts.js";
import { columns, lines } from "./chart.js";
import { field, select } from "./forms.js";
import { emptyPanel, skeleton } from "./lists.js";
import { failure, wasLeft } from "./problems.js";
import { heading, rename, view } from "./router.js";
import { may, sites } from "./session.js";

const KEPT_MONTHS = 24;

// Counters are of days in UTC, and so are their names.
const written = (day, options) =>
  new Intl.DateTimeFormat(language() === "en" ? "en-GB" : language(), { timeZone: "UTC", ...options }).format(new Date(day));
const monthName = (month) => written(month, { month: "long", year: "numeric" });
const now = () => new Date().toISOString();
const monthsBack = () => {
  const [year, month] = now().split("-").map(Number);
  return Array.from({ length: KEPT_MONTHS }, (_, back) => new Date(Date.UTC(year, month - 1 - back, 1)).toISOString().slice(0, 7));
};

const shown = (value) => (typeof value === "number" ? number(value) : t("views.fewer", { count: value.slice(1) }));

const daysOf = ({ month, days }) => {
  const [year, count] = month.split("-").map(Number);
  const last = month === now().slice(0, 7) ? Number(now().slice(8, 10)) : new Date(Date.UTC(year, count, 0)).getUTCDate();
  const views = new Map(days.map((one) => [one.day, one.views]));
  return Array.from({ length: last }, (_, index) => {
    const day = `${month}-${String(index + 1).padStart(2, "0")}`;
    const value = views.get(day) ?? 0;
    return { label: written(day, { day: "numeric", month: "short" }), short: index % 5 === 0 ? index + 1 : "", value, text: shown(value) };
  });
};

const report = (answer) =>
  answer.total === 0
    ? emptyPanel("chart", t("views.none"))
    : h("div", { class: "stack" },
      h("section", { class: "panel" },
        h("h2", {}, t("views.by_day")),
        h("p", { class: "total" }, h("strong", {}, shown(answer.total)), " ", t("views.in_month", { month: monthName(answer.month) })),
        columns({ label: t("views.by_day"), items: daysOf(answer) })),
      h("section", { class: "panel" },
        h("h2", {}, t("views.by_path")),
        lines({ label: t("views.by_path"), items: answer.paths.map(({ path, views }) => ({ label: path === "(other)" ? t("views.other") : path, value: views, text: shown(views) })) })),
      may("views.read") === "rounded" && h("p", { class: "hint" }, t("views.rounded")));

const show = async ({ main, title, query, signal }) => {
  const place = h("div", { class: "list" }, skeleton(6));
  fill(main, heading(title), place);
  const all = await sites();
  if (signal.aborted) return;
  if (!all.length) return fill(place, emptyPanel("chart", t("leads.no_site"), may("sites.change") && h("a", { class: "button main", href: "#/sites" }, t("leads.create_site"))));
  const months = monthsBack();
  const site = select({ onchange: () => load() }, all.map(({ id, name }) => [id, name]), all.some(({ id }) => id === query.get("site")) ? query.get("site") : all[0].id);
  const month = select({ onchange: () => load() }, months.map((one) => [one, monthName(one)]), months.includes(query.get("month")) ? query.get("month") : months[0]);
  let asked = 0;
  const load = async () => {
    const mine = (asked += 1);
    rename(`views?${new URLSearchParams({ site: site.value, month: month.value })}`);
    fill(place, skeleton(6));
    try {
      const answer = await api.get("views", { site: site.value, month: month.value }, signal);
      if (mine === asked) fill(place, report(answer));
    } catch (error) {
      if (!wasLeft(error) && mine === asked) fill(place, failure(error, load));
    }
  };
  place.before(h("div", { class: "filters" }, field(t("filter.site"), site), field(t("views.month"), month)));
  await load();
};

view({ path: "views", title: "views.title", action: "views.read", nav: { group: "work", order: 40, icon: "chart" }, show });
