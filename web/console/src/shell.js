// Decides what stands around a view: navigation by role, account, language, and what is pressing.
import { h, fill, icon } from "./dom.js";
import { api } from "./api.js";
import { carryOver } from "./carry.js";
import { button, select } from "./forms.js";
import { choose, language, LANGUAGES, longDay, number, t } from "./texts.js";
import { framedBy, heading, main, navigation, show } from "./router.js";
import { account, may, setAccount } from "./session.js";
import { sentence } from "./problems.js";
import { say, statusRegions } from "./status.js";
import { signOut } from "./sign-in.js";

const app = h("div", { id: "app" });
let drawn = "";

const languageSwitch = () =>
  h("label", { class: "language" }, icon("globe"), h("span", { class: "unseen" }, t("language")),
    select({ onchange: ({ target }) => speakNow(target.value) }, Object.entries(LANGUAGES), language()));

const speakNow = (wanted) => {
  choose(wanted);
  carryOver(show);
  // The mails of the service follow; that they could not be told is no reason to stop anybody.
  if (account()) api.patch("me", { language: wanted }).catch(() => {});
};

const badges = new Map();

// Numbers that wait behind an entry of the navigation, for example notices nobody has read.
export const refreshBadges = () => {
  for (const { path, nav } of navigation()) {
    nav.badge?.().then((count) => {
      badges.set(path, count);
      drawBadge(path);
    }, () => {});
  }
};

const drawBadge = (path) => {
  const count = badges.get(path);
  const place = app.querySelector(`[data-badge="${path}"]`);
  if (place) fill(place, count ? [h("span", { class: "badge" }, number(count)), h("span", { class: "unseen" }, t("nav.unread"))] : null);
};

const link = ({ path, title, nav }, current) =>
  h("li", {}, h("a", { href: `#/${path}`, "aria-current": current === path && "page" },
    icon(nav.icon), h("span", {}, t(title)), nav.badge && h("span", { "data-badge": path })));

const group = (name, current) => {
  const entries = navigation().filter(({ nav }) => nav.group === name);
  return entries.length > 0 && [
    h("p", { class: "nav-head", id: `nav-${name}` }, t(`nav.${name}`)),
    h("ul", { "aria-labelledby": `nav-${name}` }, entries.map((one) => link(one, current))),
  ];
};

const toggle = (open) => {
  app.classList.toggle("nav-open", open);
  app.querySelector(".menu")?.setAttribute("aria-expanded", String(open));
};

const menuButton = () =>
  h("button", {
    type: "button", class: "quiet round menu", "aria-expanded": "false", "aria-controls": "nav",
    "aria-label": t("nav.menu"), onclick: () => toggle(!app.classList.contains("nav-open")),
  }, icon("menu"));

const who = () => {
  const { member, role } = account();
  return h("div", { class: "who" },
    h("p", {}, h("strong", {}, member?.name || member?.email || t("role.key")), h("span", { class: "soft" }, t(`role.${role}`))),
    h("button", { type: "button", class: "quiet", onclick: signOut }, t("sign_out")));
};

const sidebar = (current) =>
  h("div", { class: "side" },
    h("div", { class: "brand" }, h("a", { href: "#/", class: "mark", "aria-label": "LeadLayer" }, mark(), h("span", {}, account().name)), menuButton()),
    h("div", { id: "nav", class: "fold" },
      h("nav", { "aria-label": t("nav.label") }, group("work", current), group("settings", current)),
      h("div", { class: "side-foot" }, languageSwitch(), who())));

const mark = () => h("img", { src: "icon.svg", alt: "", width: 28, height: 28 });

const banner = () => {
  const { state, terminated_at: since, export_until: until } = account();
  if (state === "active") return null;
  const problem = h("p", { class: "error", role: "alert" });
  const back = async () => {
    setAccount(await api.delete("account/termination"));
    say(t("account.reactivated"));
    drawn = "";
    show();
  };
  return h("section", { class: "banner", "aria-label": t("account.terminated") },
    icon("alert"),
    h("p", {}, h("strong", {}, t("account.terminated")), " ", until && t("account.until", { day: longDay(until), since: since ? longDay(since) : "" })),
    h("div", { class: "actions" },
      may("export") && h("a", { class: "button", href: "#/exports" }, t("account.export")),
      may("account.terminate") && button(t("account.reactivate"), back, { kind: "main", failed: (error) => fill(problem, sentence(error)) })),
    problem);
};

// The door: what stands around signing in and signing up.
const door = () => [
  h("header", { class: "door-head" }, h("span", { class: "mark" }, mark(), h("strong", {}, "LeadLayer")), languageSwitch()),
  main,
];

// Which entry is the present one: the view's own, or the one it belongs to (`within`).
const entryOf = (view) => view?.within ?? view?.path ?? "";

const draw = (view, open) => {
  const outside = open || !account();
  const state = JSON.stringify([outside, language(), account()]);
  toggle(false);
  if (state !== drawn) {
    drawn = state;
    app.className = outside ? "door" : "shell";
    fill(app, outside ? door() : [sidebar(entryOf(view)), h("div", { class: "content" }, banner(), main)]);
    skip.textContent = t("skip");
    if (!outside) refreshBadges();
  }
  for (const one of app.querySelectorAll("nav a")) {
    if (one.getAttribute("href") === `#/${entryOf(view)}`) one.setAttribute("aria-current", "page");
    else one.removeAttribute("aria-current");
  }
};

// A link to `#main` would be taken for the address of a view.
const skip = h("a", { class: "skip", href: "#main", onclick: (event) => {
  event.preventDefault();
  main.focus();
} });

const closeOnEscape = ({ key }) => {
  if (key !== "Escape" || !app.classList.contains("nav-open")) return;
  toggle(false);
  app.querySelector(".menu").focus();
};

export const build = () => {
  document.body.append(skip, ...statusRegions(), app);
  addEventListener("keydown", closeOnEscape);
  // The account is still on its way, and the link can be focused already.
  skip.textContent = t("skip");
  framedBy(draw);
  fill(app, main);
  fill(main, heading("LeadLayer"));
};
