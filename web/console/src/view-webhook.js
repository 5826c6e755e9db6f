// Decides how one webhook is changed, tried, and what became of each delivery.
import { h, fill, icon } from "./dom.js";
import { api, at } from "./api.js";
import { dayAndTime, number, t } from "./texts.js";
import { codeBlock, shownOnce } from "./copying.js";
import { cancelButton, confirmTyped, dialog } from "./dialogs.js";
import { button, form } from "./forms.js";
import { time } from "./leads.js";
import { pagedList, skeleton } from "./lists.js";
import { poll } from "./poll.js";
import { sentence } from "./problems.js";
import { go, heading, view } from "./router.js";
import { say } from "./status.js";
import { hookFields, hookOf, hookState } from "./view-webhooks.js";

const NEWS_MS = 5000;

// Standard Webhooks: the id, the time and the body as it came, under the secret's bytes.
const VERIFY = [
  "import base64, hashlib, hmac, time",
  "",
  "def is_from_leadlayer(secret, headers, body):  # body: bytes",
  '    sent_at = headers["webhook-timestamp"]',
  "    if abs(time.time() - int(sent_at)) > 300:",
  "        return False",
  '    key = base64.b64decode(secret.removeprefix("whsec_"))',
  `    signed = f"{headers['webhook-id']}.{sent_at}.".encode() + body`,
  "    digest = hmac.new(key, signed, hashlib.sha256).digest()",
  '    expected = "v1," + base64.b64encode(digest).decode()',
  '    given = headers["webhook-signature"].split(" ")',
  "    return any(hmac.compare_digest(expected, one) for one in given)",
].join("\n");

const outcomeOf = ({ outcome, status, took_ms: took }) =>
  [t(`hook.outcome.${outcome}`), status && String(status), t("hook.took", { ms: number(took) })].filter(Boolean).join(" · ");

const log = ({ path, signal, failed }) => {
  const retry = (attempt) => async () => {
    await api.post(`${path}/${at("deliveries", attempt.delivery, "retry")}`);
    say(t("hook.retried"));
  };
  const row = (attempt) =>
    h("li", { class: "row entry" },
      h("div", { class: "row-main" },
        h("span", { class: "row-title" }, t(`hook.event.${attempt.event}`)),
        h("span", { class: "soft" }, time(attempt.at, dayAndTime), " · ", outcomeOf(attempt))),
      h("span", { class: `state ${attempt.outcome === "delivered" ? "open" : "failing"}` }, t(attempt.outcome === "delivered" ? "hook.ok" : "hook.failed")),
      attempt.outcome !== "delivered" && attempt.event !== "test" && h("div", { class: "actions" }, button(t("hook.retry"), retry(attempt), { failed })));
  return pagedList({
    label: t("hook.log"), row,
    load: (cursor) => api.get(`${path}/deliveries`, { cursor }, signal),
    empty: () => h("p", { class: "soft" }, t("hook.no_log")),
  });
};

const show = async ({ main, title, params, signal }) => {
  const path = at("webhooks", params.webhook);
  const back = h("a", { href: "#/webhooks", class: "back" }, icon("back"), t("hooks.title"));
  fill(main, back, heading(title), skeleton(6));
  let hook = await api.get(path, {}, signal);
  if (signal.aborted) return;
  const head = h("div", {});
  const problem = h("p", { class: "error", role: "alert" });
  const failed = (error) => fill(problem, sentence(error));
  const list = log({ path, signal, failed });

  const changed = (answer) => {
    hook = { ...hook, ...answer };
    draw();
    say(t("saved"));
  };
  const test = async () => {
    fill(problem);
    await api.post(`${path}/test`);
    say(t("hook.tested"));
  };
  const toggle = async () => {
    fill(problem);
    changed(await api.patch(path, { enabled: hook.state === "disabled" }));
    head.querySelector("[data-toggle]")?.focus();
  };
  // The old secret goes on signing for a day, so this asks and destroys nothing.
  const rotate = () => {
    const asked = dialog(t("hook.rotate"), h("p", {}, t("hook.rotate_text")), form({
      fields: [], submit: t("hook.rotate"), more: cancelButton(() => asked.close()),
      send: () => api.post(`${path}/secret`),
      done: async ({ secret }) => {
        asked.close();
        await shownOnce(t("hook.secret"), t("hook.secret_once"), secret);
        changed({ has_secret: true });
      },
    }));
  };
  const remove = async () => {
    const done = await confirmTyped({ title: t("hook.delete_title"), text: t("hook.delete_text"), word: t("confirm.word"), action: t("delete.action"), work: () => api.delete(path) });
    if (!done) return;
    go("webhooks");
    say(t("hook.deleted"));
  };
  const draw = () => fill(head, heading(title, hookState(hook),
    button(t("hook.test"), test, { failed }),
    button(t(hook.state === "disabled" ? "hook.enable" : "hook.disable"), toggle, { failed, "data-toggle": "" }),
    h("button", { type: "button", class: "danger", onclick: remove }, icon("trash"), t("delete.action"))), problem,
  hook.failing_since && h("p", { class: "note warn" }, icon("alert"), h("span", {}, t("hook.failing", { time: dayAndTime(hook.failing_since) }))));

  const hadFocus = main.contains(document.activeElement);
  draw();
  fill(main, back, head, h("div", { class: "beside" },
    h("div", { class: "stack" },
      h("section", { class: "panel" }, h("h2", {}, t("hook.settings")),
        form({ fields: hookFields(hook), submit: t("save"), send: async (values) => api.patch(path, hookOf(values)), done: changed })),
      h("section", { class: "panel" }, h("h2", {}, t("hook.secret")), h("p", { class: "soft" }, t("hook.secret_text")),
        h("div", { class: "actions" }, h("button", { type: "button", onclick: rotate }, icon("refresh"), t("hook.rotate")))),
      h("details", { class: "panel" }, h("summary", {}, t("hook.verify")), h("p", { class: "soft" }, t("hook.verify_text")), codeBlock("Python", VERIFY))),
    h("section", { class: "panel flush" }, h("h2", {}, t("hook.log")), h("p", { class: "soft" }, t("hook.log_text")), list.node)));
  if (hadFocus) head.querySelector("h1").focus({ preventScroll: true });
  await list.start();
  poll(signal, NEWS_MS, async () => void (await list.refresh()));
};

view({ path: "webhooks/:webhook", title: "hook.title", action: "credentials", within: "webhooks", show });
