// Decides what the people of an account are told, and from when on somebody has seen it.
import { h, fill, icon } from "./dom.js";
import { api, at } from "./api.js";
import { dayAndTime, hasText, t } from "./texts.js";
import { time } from "./leads.js";
import { emptyPanel, pagedList } from "./lists.js";
import { heading, view } from "./router.js";
import { account, isActive, may } from "./session.js";
import { refreshBadges } from "./shell.js";

// Where one can do something about it, for those who may.
const PLACES = {
  export_ready: ["export", "exports"],
  webhook_failing: ["credentials", "webhooks"],
  webhook_disabled: ["credentials", "webhooks"],
  account_terminated: ["export", "exports"],
  account_reactivated: ["credentials", "keys"],
};

const wordsOf = ({ kind }) => t(hasText(`notice.${kind}`) ? `notice.${kind}` : "notice.other");

const placeOf = ({ kind }) => {
  const [action, path] = PLACES[kind] ?? [];
  return path && may(action) && (isActive() || path === "exports") && h("a", { class: "button", href: `#/${path}` }, t("notice.open"));
};

const show = async ({ main, title, signal }) => {
  // Seen is what was on the screen, not what was loaded below it.
  const seen = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      seen.unobserve(target);
      api.post(at("notices", target.dataset.id, "shown")).then(refreshBadges, () => {});
    }
  });
  signal.addEventListener("abort", () => seen.disconnect());
  const row = (notice) => {
    const node = h("li", { class: "row entry", "data-id": notice.id },
      h("div", { class: "row-main" },
        h("span", { class: "row-title" }, wordsOf(notice)),
        time(notice.created_at, dayAndTime)),
      !notice.shown_at && h("span", { class: "state new" }, t("notice.new")),
      placeOf(notice));
    if (!notice.shown_at && account().member) seen.observe(node);
    return node;
  };
  const list = pagedList({ label: title, load: (cursor) => api.get("notices", { cursor }, signal), row, empty: () => emptyPanel("bell", t("notices.none")) });
  fill(main, heading(title), list.node);
  await list.start();
};

const unread = async () => (await api.get("notices", { limit: 100 })).items.filter(({ shown_at: at }) => !at).length;

view({ path: "notices", title: "notices.title", action: "notices.read", nav: { group: "work", order: 50, icon: "bell", badge: unread }, show });
