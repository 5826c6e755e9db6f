// Decides how a conversation reads: who said what and when, and what is new.
import { h, icon } from "./dom.js";
import { clock, longDay, t } from "./texts.js";
import { time } from "./leads.js";

const SIGNS = { visitor: "person", assistant: "robot", staff: "hand" };

const bubble = ({ role, text, at }) =>
  h("div", { class: `said ${role}` },
    h("p", { class: "by" }, icon(SIGNS[role]), t(`said.${role}`), " ", time(at, clock)),
    h("p", { class: "words" }, text ?? t("masked.message")));

const dayOf = (at) => new Date(at).toDateString();

const AT_END_PX = 80;

// thread({ live: true }): `add(messages)` puts new ones at the end and leaves alone what is there;
// `last()` is the id of the newest.
// Whoever reads further up is not taken away from it.
export const thread = ({ live = false } = {}) => {
  const node = h("div", { class: "thread", role: "log", "aria-label": t("thread.label"), "aria-live": live ? "polite" : "off", tabIndex: 0 });
  const seen = new Set();
  let day = "";
  const add = (messages) => {
    const atEnd = node.scrollHeight - node.scrollTop - node.clientHeight < AT_END_PX;
    const fresh = messages.filter(({ id }) => !seen.has(id));
    for (const message of fresh) {
      seen.add(message.id);
      if (dayOf(message.at) !== day) node.append(h("p", { class: "day" }, longDay(message.at)));
      day = dayOf(message.at);
      node.append(bubble(message));
    }
    if (fresh.length && atEnd) node.scrollTop = node.scrollHeight;
    return fresh;
  };
  const last = () => [...seen].at(-1) ?? "";
  return { node, add, last };
};
