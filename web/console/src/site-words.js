// Decides how one sets what a site is called, where it stands, and what its widget says and knows.
import { h, fill } from "./dom.js";
import { LANGUAGES, number, t } from "./texts.js";
import { field, select, tick } from "./forms.js";
import { remember } from "./drafts.js";
import { byLanguage, GREETING, NOTICE_MOST, originsOf, section, SPOKEN, textsByLanguage } from "./site-settings.js";

const KNOWLEDGE_MOST = 100_000;

export const basics = (place) => {
  const { site } = place;
  return section({
    ...place, title: t("site.basics"),
    fields: [
      field(t("site.name"), h("input", { name: "name", value: site.name, required: true, maxlength: 100, autocomplete: "off" }), t("site.name_hint")),
      field(t("site.origins"), h("textarea", { name: "origins", required: true, rows: 2, spellcheck: "false" }, site.origins.join("\n")), t("site.origins_hint")),
      field(t("site.notice"), h("input", { name: "privacy_notice_url", type: "url", value: site.privacy_notice_url, maxlength: NOTICE_MOST, placeholder: "https://", "data-plain": "" }), t("site.notice_hint")),
    ],
    read: ({ name, origins, privacy_notice_url }) => ({ name, origins: originsOf(origins), privacy_notice_url }),
  });
};

export const spoken = (place) => {
  const { site } = place;
  const box = (one) => tick(LANGUAGES[one], h("input", { type: "checkbox", name: `languages.${one}`, checked: site.languages.includes(one) }));
  return section({
    ...place, title: t("site.languages"), intro: t("site.languages_intro"),
    places: { languages: `languages.${SPOKEN[0]}` },
    fields: [
      h("div", { class: "ticks", role: "group", "aria-label": t("site.languages") }, SPOKEN.map(box)),
      h("div", { class: "pair" },
        field(t("site.language"), select({ name: "language" }, Object.entries(LANGUAGES), site.language), t("site.language_hint")),
        field(t("site.country"), h("input", { name: "country", value: site.country, required: true, maxlength: 2, pattern: "[A-Za-z]{2}", autocapitalize: "characters" }), t("site.country_hint"))),
    ],
    read: (values) => ({
      languages: SPOKEN.filter((one) => values[`languages.${one}`]),
      language: values.language,
      country: values.country.toUpperCase(),
    }),
  });
};

export const greetings = (place) =>
  section({
    ...place, title: t("site.greeting"), intro: t("site.greeting_intro"),
    fields: textsByLanguage({
      site: place.site, name: "greetings", label: t("site.greeting"), texts: place.site.greetings, most: 500,
      placeholder: (one) => GREETING[one],
    }),
    read: (values) => ({ greetings: byLanguage("greetings", values) }),
  });

export const knowledge = (place) => {
  const count = h("span", {});
  const box = h("textarea", { name: "knowledge", class: "long", rows: 12, maxlength: KNOWLEDGE_MOST, "data-plain": "" }, place.site.knowledge);
  const draw = () => fill(count, t("site.knowledge_count", { count: number(box.value.length), most: number(KNOWLEDGE_MOST) }));
  remember(`${place.site.id} knowledge`, box);
  box.addEventListener("input", draw);
  draw();
  return section({
    ...place, title: t("site.knowledge"), intro: t("site.knowledge_intro"),
    fields: [field(t("site.knowledge_label"), box, count)],
    read: ({ knowledge: text }) => ({ knowledge: text }),
  });
};
