// Decides how everything of an account is taken along: asked for, watched, fetched, deleted.
import { h, fill, icon } from "./dom.js";
import { api, at } from "./api.js";
import { dayAndTime, longDay, number, t } from "./texts.js";
import { confirmTyped, progressBar } from "./dialogs.js";
import { button, field, form, select } from "./forms.js";
import { emptyPanel, pagedList } from "./lists.js";
import { poll } from "./poll.js";
import { sentence } from "./problems.js";
import { heading, view } from "./router.js";
import { account } from "./session.js";
import { say } from "./status.js";

const WATCH_MS = 2000;

const isPending = ({ state }) => state === "queued" || state === "running";
const isOver = ({ expires_at: until }) => new Date(until) < new Date();
const stateOf = (one) => (one.state === "ready" && isOver(one) ? "expired" : one.state);

const sizeOf = (bytes) => (bytes < 1e6 ? `${number(Math.max(1, Math.round(bytes / 1e3)))} kB` : `${number(Math.round(bytes / 1e5) / 10)} MB`);

// A file comes by a link that works once; should it fail, the page stays where it is.
const fetchFile = (url) => {
  const link = h("a", { href: new URL(`../v1/${url}`, document.baseURI).href, download: "" });
  document.body.append(link);
  link.click();
  link.remove();
};

const explained = (one) => {
  const state = stateOf(one);
  if (state === "ready") return t("export.ready_text", { size: sizeOf(one.bytes), day: longDay(one.expires_at) });
  return isPending(one) ? null : t(`export.${state}_text`);
};

const show = async ({ main, title, signal }) => {
  const problem = h("p", { class: "error", role: "alert" });
  const failed = (error) => fill(problem, sentence(error));

  const download = (one) => async () => {
    fill(problem);
    fetchFile((await api.post(`${at("exports", one.id)}/link`)).url);
    say(t("export.comes"));
  };
  const remove = async (one) => {
    const done = await confirmTyped({ title: t("export.delete_title"), text: t("export.delete_text"), word: t("confirm.word"), action: t("delete.action"), work: () => api.delete(at("exports", one.id)) });
    if (!done) return;
    await list.refresh();
    say(t("export.deleted"));
  };
  const progress = ({ progress: percent }) => {
    const bar = progressBar(t("export.progress"));
    bar.update(percent, 100, t("export.percent", { percent }));
    return bar.node;
  };
  const row = (one) => {
    const state = stateOf(one);
    const words = explained(one);
    return h("li", { class: "row entry" },
      h("div", { class: "row-main" },
        h("span", { class: "row-title" }, t("export.of", { format: one.format.toUpperCase(), time: dayAndTime(one.created_at) })),
        words && h("span", { class: "soft" }, words),
        isPending(one) && progress(one)),
      h("span", { class: `state ${state === "ready" ? "open" : state}` }, t(`export.state.${state}`)),
      h("div", { class: "actions" },
        state === "ready" && button([icon("download"), t("export.download")], download(one), { kind: "main", failed }),
        (isPending(one) || state === "ready") && h("button", { type: "button", class: "danger quiet round", "aria-label": t("export.delete_title"), onclick: () => remove(one) }, icon("trash"))));
  };

  const list = pagedList({ label: title, load: (cursor) => api.get("exports", { cursor }, signal), row, empty: () => emptyPanel("download", t("export.none")) });
  const ask = form({
    fields: h("div", { class: "brief" }, field(t("export.format"), select({ name: "format" }, ["json", "csv"].map((one) => [one, t(`export.format.${one}`)]), "json"))),
    submit: t("export.start"),
    send: (values) => api.post("exports", values),
    done: async () => {
      say(t("export.started"));
      await list.refresh();
    },
  });
  fill(main, heading(title), h("div", { class: "stack" },
    h("section", { class: "panel" }, h("h2", {}, t("export.new")), h("p", { class: "soft" }, t("export.intro")), ask),
    problem, list.node));
  await list.start();
  // Looking needs a recent sign-in too: when that is over, looking does not ask for another by itself.
  const mayLook = () => Date.now() < Date.parse(account()?.recent_until ?? 0);
  poll(signal, WATCH_MS, async () => {
    const before = list.items().filter(isPending);
    if (!before.length || !mayLook()) return;
    await list.refresh();
    const now = new Map(list.items().map((one) => [one.id, one]));
    if (before.some(({ id }) => now.get(id)?.state === "ready")) say(t("export.is_ready"));
  });
};

view({ path: "exports", title: "export.title", action: "export", nav: { group: "settings", order: 60, icon: "download" }, show });
