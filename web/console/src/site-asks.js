// Decides how one sets what a site's form asks, to what visitors agree, and what is counted and kept.
import { h, fill } from "./dom.js";
import { api } from "./api.js";
import { dayAndTime, LANGUAGES, number, t } from "./texts.js";
import { field, select, tick } from "./forms.js";
import { failure, wasLeft } from "./problems.js";
import { byLanguage, section, textsByLanguage } from "./site-settings.js";

const FIELDS = ["name", "email", "phone", "city", "message"];
const PIXEL = ["off", "exempt", "consent"];
export const MODELS = ["claude-haiku-5-5", "claude-sonnet-5-5", "claude-opus-5-5"];
// The least and the most of each.
const LIMITS = { turns_per_conversation: [1, 200], turns_per_day: [1, 100_000], tokens_per_day: [10_000, 100_000_000], answer_tokens: [50, 4_000] };

const askedOf = ({ lead_fields: asked }, name) => {
  const one = asked.find((each) => each.name === name);
  return one ? (one.required ? "required" : "asked") : "off";
};

export const leadFields = (place) => {
  const { site } = place;
  const order = [...new Set([...site.lead_fields.map(({ name }) => name), ...FIELDS])];
  const states = ["off", "asked", "required"].map((one) => [one, t(`site.field.${one}`)]);
  return section({
    ...place, title: t("site.fields"), intro: t("site.fields_intro"),
    places: { lead_fields: `ask.${order[0]}` },
    fields: h("div", { class: "pair" }, order.map((name) => field(t(name === "email" ? "email" : `lead.${name}`), select({ name: `ask.${name}` }, states, askedOf(site, name))))),
    read: (values) => ({
      lead_fields: order.filter((name) => values[`ask.${name}`] !== "off").map((name) => ({ name, required: values[`ask.${name}`] === "required" })),
    }),
  });
};

const version = ({ version: name, since, texts }) =>
  h("li", {},
    h("p", {}, h("strong", {}, t("site.version", { version: name })), " ", since && h("span", { class: "soft" }, t("site.since", { time: dayAndTime(since) }))),
    h("dl", { class: "facts" }, Object.entries(texts).map(([one, text]) => [h("dt", {}, LANGUAGES[one] ?? one), h("dd", { class: "words", lang: one }, text)])));

// Every text that visitors agreed to can be looked up; read when somebody wants to.
export const consentHistory = (path, signal) => {
  const list = h("ol", { class: "versions" });
  const load = async () => {
    try {
      const { items } = await api.get(`${path}/consent-texts`, {}, signal);
      fill(list, items.length ? items.toReversed().map(version) : h("li", { class: "soft" }, t("site.no_versions")));
    } catch (error) {
      if (!wasLeft(error)) fill(list, h("li", {}, failure(error, load)));
    }
  };
  const node = h("details", { ontoggle: () => node.open && load() }, h("summary", {}, t("site.versions")), list);
  return { node, again: () => node.open && load() };
};

export const consent = (place) => {
  const { site, path, signal, saved } = place;
  const present = h("p", { class: "soft" });
  const draw = ({ texts, version: name }) => fill(present, Object.keys(texts).length ? t("site.version_now", { version: name }) : t("site.no_versions"));
  const history = consentHistory(path, signal);
  draw(site.consent);
  return section({
    ...place, title: t("consent.title"), intro: t("site.consent_intro"),
    places: { consent: "consent.texts.nl" },
    fields: [
      textsByLanguage({ site, name: "consent.texts", label: t("site.consent_text"), texts: site.consent.texts, most: 2000 }),
      tick(t("site.consent_required"), h("input", { type: "checkbox", name: "consent.required", checked: site.consent.required })),
    ],
    read: (values) => ({ consent: { texts: byLanguage("consent.texts", values), required: values["consent.required"] } }),
    more: h("div", { class: "below" }, present, history.node),
    saved: (answer) => {
      draw(answer.consent);
      history.again();
      saved(answer);
    },
  });
};

// One of a few, each with a line on what it means.
const choice = (name, label, options, chosen) =>
  h("div", { class: "choice", role: "radiogroup", "aria-label": label }, options.map(([value, words, hint]) =>
    h("label", {}, h("input", { type: "radio", name, value, checked: value === chosen }), h("span", {}, h("strong", {}, words), h("span", { class: "hint" }, hint)))));

export const pixel = (place) => {
  const modes = choice("pixel_mode", t("site.pixel"), PIXEL.map((one) => [one, t(`site.pixel.${one}`), t(`site.pixel.${one}_hint`)]), place.site.pixel_mode);
  return section({
    ...place, title: t("site.pixel"), intro: t("site.pixel_intro"), fields: modes,
    read: () => ({ pixel_mode: modes.querySelector(":checked").value }),
  });
};

export const model = (place) => {
  const { site } = place;
  const names = [...new Set([...MODELS, site.model])].map((one) => [one, one]);
  const limit = ([name, [min, max]]) =>
    field(t(`site.limit.${name}`), h("input", { name: `limits.${name}`, type: "number", inputmode: "numeric", min, max, value: site.limits[name], required: true }),
      t("site.between", { min: number(min), max: number(max) }));
  return section({
    ...place, title: t("site.model"), intro: t("site.model_intro"),
    fields: [field(t("site.model_label"), select({ name: "model" }, names, site.model), t("site.model_hint")), h("div", { class: "pair" }, Object.entries(LIMITS).map(limit))],
    read: (values) => ({
      model: values.model,
      limits: Object.fromEntries(Object.keys(LIMITS).map((name) => [name, Number(values[`limits.${name}`])])),
    }),
  });
};

export const retention = (place) => {
  const { site, path } = place;
  const most = site.retention_months_most;
  const months = [["", t("site.months_most", { months: most })], ...Array.from({ length: most - 1 }, (_, index) => String(most - 1 - index)).map((one) => [one, t("site.months", { months: one })])];
  return section({
    ...place, path: `${path}/retention`, title: t("site.retention"), intro: t("site.retention_intro"),
    fields: field(t("site.retention_label"), select({ name: "months" }, months, String(site.retention_months ?? "")), t("site.retention_hint")),
    read: ({ months: chosen }) => ({ months: chosen ? Number(chosen) : null }),
  });
};
