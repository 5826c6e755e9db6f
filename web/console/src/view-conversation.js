// Decides how one conversation is followed live, taken over from the AI, answered, and given back.
import { h, fill, icon } from "./dom.js";
import { api, at } from "./api.js";
import { dayAndTime, longDay, t } from "./texts.js";
import { composer } from "./composer.js";
import { deleteOne } from "./deletions.js";
import { button, field, select } from "./forms.js";
import { leadPath, time } from "./leads.js";
import { skeleton } from "./lists.js";
import { sentence } from "./problems.js";
import { poll } from "./poll.js";
import { go, heading, view } from "./router.js";
import { modeOf, visitorName } from "./rows.js";
import { account, colleagues, may, nameOf, sites } from "./session.js";
import { say } from "./status.js";
import { thread } from "./thread.js";

const FRESH_MS = 3000;
// Nobody has said anything for a while: looking more rarely costs nobody anything.
const QUIET_MS = 12_000;
const QUIET_AFTER_MS = 180_000;
// Who holds the conversation changes more rarely than what is said in it.
const LOOK_AGAIN_MS = 15_000;

const fact = (label, ...value) => [h("dt", {}, label), h("dd", {}, value)];

const about = (one, allSites, people) =>
  h("dl", { class: "facts" },
    fact(t("lead.site"), nameOf(allSites, one.site) ?? one.site),
    one.page && fact(t("lead.page"), h("code", {}, one.page)),
    fact(t("conversation.began"), time(one.started_at, dayAndTime)),
    one.language && fact(t("language"), one.language.toUpperCase()),
    one.taken_by && fact(t("conversation.taken_by"), one.taken_by === account().member?.id ? t("you") : (nameOf(people, one.taken_by) ?? t("someone"))),
    one.lead && fact(t("conversation.lead"), h("a", { href: `#/${leadPath({ site: one.site, id: one.lead })}` }, t("conversation.open_lead"))));

const show = async ({ main, title, params, signal }) => {
  const path = at("sites", params.site, "conversations", params.id);
  const back = h("a", { href: "#/conversations", class: "back" }, icon("back"), t("conversations.title"));
  fill(main, back, heading(title), skeleton(6));
  let one = await api.get(path, {}, signal);
  const [allSites, people] = await Promise.all([sites().catch(() => []), colleagues().catch(() => [])]);
  if (signal.aborted) return;

  const mayAnswer = may("leads.answer") === "yes";
  const said = thread({ live: true });
  const head = h("div", {});
  const side = h("section", { class: "panel" });
  const foot = h("div", { class: "thread-foot" });
  const problem = h("p", { class: "error", role: "alert" });
  const failed = (error) => fill(problem, sentence(error));
  let lastNews = Date.now();
  let lastLook = Date.now();

  const changed = (answer) => {
    const { messages = [], ...rest } = answer ?? {};
    one = { ...one, ...rest };
    heard(messages);
    draw();
  };
  const heard = (messages) => {
    if (said.add(messages).length) lastNews = Date.now();
  };
  const look = async () => {
    lastLook = Date.now();
    changed(await api.get(path, {}, signal));
  };

  // What is done may answer the conversation or nothing; then it is read again.
  const doing = (work, words) => async () => {
    problem.textContent = "";
    const answer = await work();
    if (answer?.id) changed(answer);
    else await look();
    say(words);
    box.focus();
  };
  const takeOver = button([icon("hand"), t("conversation.take_over")], doing(() => api.post(`${path}/takeover`), t("conversation.taken")), { kind: "main", failed });
  const handBack = button([icon("robot"), t("conversation.hand_back")], doing(() => api.delete(`${path}/takeover`), t("conversation.handed_back")), { failed });

  const box = composer({
    draft: `answer ${params.id}`,
    send: (text) => api.post(`${path}/messages`, { text }),
    sent: (message) => (message?.id ? heard([message]) : look()),
    // A colleague gave it back to the AI meanwhile: what was typed stays, and taking over is offered.
    refused: (error) => error.code === "not_taken_over" && look(),
  });

  const remove = async () => {
    if (!(await deleteOne({ kind: "conversations", path }))) return;
    go("conversations");
    say(t("conversation.deleted"));
  };
  const change = (name) => async ({ target }) => {
    problem.textContent = "";
    try {
      changed(await api.patch(path, { [name]: target.value || null }));
      say(t("saved"));
    } catch (error) {
      target.value = one[name] ?? "";
      failed(error);
    }
  };

  const drawHead = () =>
    fill(head, heading(visitorName(one), modeOf(one),
      may("leads.delete") && h("button", { type: "button", class: "danger", onclick: remove }, icon("trash"), t("delete.action"))));

  const drawSide = () =>
    fill(side, h("h2", {}, t("conversation.about")), about(one, allSites, people),
      mayAnswer && h("div", { class: "pair" },
        field(t("lead.state"), select({ onchange: change("state") }, ["open", "closed"].map((state) => [state, t(`state.${state}`)]), one.state)),
        people.length > 0 && field(t("lead.assigned"), select({ onchange: change("assigned_to") },
          [["", t("lead.nobody")], ...people.map(({ id, name }) => [id, name])], one.assigned_to ?? ""))),
      h("p", { class: "kept" }, icon("clock"), t("lead.kept", { day: longDay(one.expires_at) })));

  const drawFoot = () => {
    const human = one.mode === "human";
    fill(foot, problem,
      mayAnswer && human && box.node,
      mayAnswer && h("div", { class: "actions foot-line" },
        h("p", { class: "soft" }, t(human ? "conversation.human_now" : "conversation.ai_now")), human ? handBack : takeOver));
  };

  let drawn = "";
  // Nothing is drawn anew without need: somebody may be typing or choosing.
  const draw = () => {
    const { last_message_at: _, turns: __, ...shown } = one;
    if (JSON.stringify(shown) === drawn) return;
    const hadFocus = head.contains(document.activeElement);
    const typing = foot.contains(document.activeElement);
    drawn = JSON.stringify(shown);
    drawHead();
    drawSide();
    drawFoot();
    if (hadFocus) head.querySelector("h1").focus({ preventScroll: true });
    if (typing) box.focus();
  };

  const hadFocus = main.contains(document.activeElement);
  draw();
  fill(main, back, head, h("div", { class: "beside talk-first" },
    h("section", { class: "panel talk", "aria-label": t("thread.label") }, said.node, foot), h("div", { class: "stack" }, side)));
  heard(one.messages);
  said.node.scrollTop = said.node.scrollHeight;
  if (hadFocus) head.querySelector("h1").focus({ preventScroll: true });

  poll(signal, FRESH_MS, async () => {
    if (Date.now() - lastLook > LOOK_AGAIN_MS) await look();
    else heard((await api.get(`${path}/messages`, { after: said.last() }, signal)).items);
    return Date.now() - lastNews > QUIET_AFTER_MS ? QUIET_MS : FRESH_MS;
  });
};

view({ path: "conversations/:site/:id", title: "conversation.title", action: "leads.read", within: "conversations", show });
