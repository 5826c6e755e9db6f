// Decides what the preview of a widget is told: the settings being typed, and nothing of the account.
import { h, icon } from "./dom.js";
import { LANGUAGES, t } from "./texts.js";
import { select } from "./forms.js";
import { GREETING } from "./site-settings.js";

// Whoever types is not to be disturbed by a widget that is painted anew at every letter.
const CALM_MS = 350;

const wordsIn = (texts, one) => texts[one] || texts.en || Object.values(texts)[0] || "";

// What the public configuration of the widget would be with these settings.
const shownOf = (settings, chosen) => {
  const { languages, language, greetings, consent, lead_fields: fields, privacy_notice_url: notice } = settings;
  const spoken = languages.includes(chosen) ? chosen : language;
  return {
    name: settings.name,
    language: spoken,
    languages,
    greeting: wordsIn(greetings, spoken) || GREETING[spoken],
    privacy_notice_url: notice,
    collecting: settings.state === "active" && notice.startsWith("https://"),
    fields,
    consent: { text: wordsIn(consent.texts, spoken), required: consent.required, version: "0" },
    link_origins: settings.origins,
  };
};

export const previewFrame = ({ site, signal }) => {
  let settings = site;
  let waiting;
  let last = "";
  const language = select({ onchange: () => send(), "aria-label": t("language") }, Object.entries(LANGUAGES), site.language);
  const frame = h("iframe", { src: "preview.html", title: t("preview.title") });
  const silent = h("p", { class: "hint", hidden: true }, t("preview.silent"));
  const send = () => {
    const shown = shownOf(settings, language.value);
    silent.hidden = shown.collecting;
    const written = JSON.stringify(shown);
    if (written === last) return;
    last = written;
    frame.contentWindow?.postMessage({ site: site.id, shown, answer: t("preview.answer") }, location.origin);
  };
  const heard = ({ source, origin, data }) => {
    if (source !== frame.contentWindow || origin !== location.origin || data !== "ready") return;
    last = "";
    send();
  };
  addEventListener("message", heard, { signal });
  const show = (typed) => {
    settings = { ...settings, ...typed };
    clearTimeout(waiting);
    waiting = setTimeout(send, CALM_MS);
  };
  const node = h("section", { class: "panel preview", "aria-label": t("preview.title") },
    h("div", { class: "panel-head" }, h("h2", { tabIndex: -1 }, t("preview.title")), h("span", { class: "tag" }, icon("lock"), t("preview.safe"))),
    language, silent, frame);
  return { node, show };
};
