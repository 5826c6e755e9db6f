// Decides how one site is set up: its snippet, its settings section by section, and what they look like.
import { h, fill, icon } from "./dom.js";
import { api, at } from "./api.js";
import { LANGUAGES, t } from "./texts.js";
import { codeBlock } from "./copying.js";
import { skeleton } from "./lists.js";
import { heading, view } from "./router.js";
import { forgetSites, may } from "./session.js";
import { basics, greetings, knowledge, spoken } from "./site-words.js";
import { consent, consentHistory, leadFields, model, pixel, retention } from "./site-asks.js";
import { previewFrame } from "./preview-frame.js";
import { collectingOf } from "./view-sites.js";

const snippetOf = ({ id }) =>
  `<script async src="${new URL("../widget.js", document.baseURI).href}" data-site="${id}"></script>`;

const snippet = (site) =>
  h("section", { class: "panel" }, h("h2", { tabIndex: -1 }, t("site.snippet")),
    h("ol", { class: "steps" }, ["copy", "paste", "visit"].map((one) => h("li", {}, t(`site.snippet.${one}`)))),
    codeBlock(t("site.snippet"), snippetOf(site)),
    h("p", { class: "hint" }, t("site.snippet_csp", { origin: new URL(document.baseURI).origin })));

const missingNotice = () =>
  h("p", { class: "note warn" }, icon("alert"), h("span", {}, t("site.notice_missing")));

// For those who may look and not change.
const facts = (site) =>
  h("section", { class: "panel" }, h("h2", {}, t("site.basics")), h("dl", { class: "facts" }, [
    ["site.name", site.name],
    ["site.origins", site.origins.join("\n")],
    ["site.notice", site.privacy_notice_url || "–"],
    ["site.languages", site.languages.map((one) => LANGUAGES[one]).join(", ")],
    ["site.fields", site.lead_fields.map(({ name }) => t(name === "email" ? "email" : `lead.${name}`)).join(", ")],
    ["site.pixel", t(`site.pixel.${site.pixel_mode}`)],
    ["site.retention", t("site.months", { months: site.retention_months ?? site.retention_months_most })],
  ].map(([key, text]) => [h("dt", {}, t(key)), h("dd", { class: "words" }, text)])));

const jumps = (sections) =>
  h("nav", { class: "jumps", "aria-label": t("site.parts") }, sections.map(({ title, panel }) =>
    h("button", { type: "button", class: "quiet", onclick: () => {
      panel.scrollIntoView({ block: "start" });
      panel.querySelector("h2").focus({ preventScroll: true });
    } }, title)));

const editor = ({ site, path, signal, saved }) => {
  const place = { site, path, signal, saved };
  const made = [basics, greetings, knowledge, leadFields, consent, spoken, pixel, model].map((one) => one(place));
  // A terminated account keeps to the policy; nothing is collected any more anyhow.
  if (may("retention.change")) made.push(retention(place));
  const preview = previewFrame({ site, signal });
  const parts = h("div", { class: "stack" }, snippet(site), made.map(({ panel }) => panel));
  const typed = () => preview.show(Object.assign({}, ...made.map((one) => one.typed())));
  parts.addEventListener("input", typed);
  typed();
  const all = [{ title: t("site.snippet"), panel: parts.firstChild }, ...made, { title: t("preview.title"), panel: preview.node }];
  parts.prepend(jumps(all));
  return h("div", { class: "settings" }, parts, preview.node);
};

const reader = ({ site, path, signal, saved }) =>
  h("div", { class: "stack narrow" }, facts(site),
    h("section", { class: "panel" }, h("h2", {}, t("consent.title")), consentHistory(path, signal).node),
    may("retention.change") && retention({ site, path, signal, saved }).panel);

const show = async ({ main, title, params, signal }) => {
  const path = at("sites", params.site);
  const back = h("a", { href: "#/sites", class: "back" }, icon("back"), t("sites.title"));
  fill(main, back, heading(title), skeleton(6));
  let site = await api.get(path, {}, signal);
  if (signal.aborted) return;
  const head = h("div", {});
  const draw = () => fill(head, heading(site.name, collectingOf(site)), !site.collecting && site.state === "active" && missingNotice());
  const saved = (answer) => {
    site = { ...site, ...answer };
    forgetSites();
    draw();
  };
  const hadFocus = main.contains(document.activeElement);
  draw();
  const place = { site, path, signal, saved };
  fill(main, back, head, may("sites.change") ? editor(place) : reader(place));
  if (hadFocus) head.querySelector("h1").focus({ preventScroll: true });
};

view({ path: "sites/:site", title: "site.title", action: "sites.read", within: "sites", show });
