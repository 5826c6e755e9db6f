// Decides how lists are narrowed down: by site, state and day, kept in the address.
import { h, fill, icon } from "./dom.js";
import { t } from "./texts.js";
import { field, select } from "./forms.js";
import { rename } from "./router.js";
import { sites } from "./session.js";

const NAMES = ["site", "state", "day"];

export const filtersOf = (query) => Object.fromEntries(NAMES.map((name) => [name, query.get(name) ?? ""]));

const addressOf = (path, chosen) => {
  const query = new URLSearchParams(Object.entries(chosen).filter(([, value]) => value));
  return `${path}${query.size ? `?${query}` : ""}`;
};

// `chosen` is changed in place; `changed` reads it. Sites come later and keep their place.
export const filterBar = ({ path, states, chosen, changed }) => {
  const change = (name) => ({ target }) => {
    chosen[name] = target.value;
    rename(addressOf(path, chosen));
    clear.hidden = !NAMES.some((one) => chosen[one]);
    changed();
  };
  const site = select({ onchange: change("site") }, [["", t("filter.all_sites")]], "");
  const state = select({ onchange: change("state") }, [["", t("filter.all_states")], ...states.map((one) => [one, t(`state.${one}`)])], chosen.state);
  const day = h("input", { type: "date", value: chosen.day, "data-plain": "", onchange: change("day") });
  const reset = () => {
    for (const [name, control] of [["site", site], ["state", state], ["day", day]]) chosen[name] = control.value = "";
    clear.hidden = true;
    rename(path);
    site.focus();
    changed();
  };
  const clear = h("button", { type: "button", class: "quiet", hidden: !NAMES.some((one) => chosen[one]), onclick: reset }, icon("close"), t("filter.clear"));
  sites().then((all) => {
    fill(site, h("option", { value: "" }, t("filter.all_sites")), all.map(({ id, name }) => h("option", { value: id }, name)));
    site.value = chosen.site;
  }, () => {});
  return h("div", { class: "filters" },
    field(t("filter.site"), site), field(t("filter.state"), state), field(t("filter.day"), day), clear);
};

export const isFiltered = (chosen) => NAMES.some((name) => chosen[name]);
