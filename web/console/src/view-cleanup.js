// Decides how everything of a site that is older than a day is deleted at once.
import { h, fill } from "./dom.js";
import { longDay, t } from "./texts.js";
import { deleteBefore } from "./deletions.js";
import { field, form, select } from "./forms.js";
import { emptyPanel, skeleton } from "./lists.js";
import { heading, view } from "./router.js";
import { nameOf, sites } from "./session.js";
import { say } from "./status.js";

const show = async ({ main, title }) => {
  fill(main, heading(title), skeleton(3));
  const all = await sites();
  if (!all.length) return fill(main, heading(title), emptyPanel("sites", t("leads.no_site")));
  const site = select({ name: "site" }, all.map(({ id, name }) => [id, name]));
  const today = new Date().toISOString().slice(0, 10);
  const before = h("input", { name: "before", type: "date", required: true, max: today });
  const ask = (values) =>
    deleteBefore({ ...values, text: t("cleanup.text", { site: nameOf(all, values.site), day: longDay(values.before) }) });
  const head = main.querySelector(".head");
  return fill(main, head, h("div", { class: "stack narrow" }, h("section", { class: "panel risky" },
    h("p", {}, t("cleanup.intro")),
    form({
      fields: [h("div", { class: "pair" }, field(t("filter.site"), site), field(t("cleanup.before"), before))],
      submit: t("cleanup.action"),
      danger: true,
      send: ask,
      done: (was) => was && say(t("cleanup.done")),
    }))));
};

view({ path: "cleanup", title: "cleanup.title", action: "leads.delete", nav: { group: "settings", order: 85, icon: "trash" }, show });
