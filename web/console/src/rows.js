// Decides how a lead and a conversation look as one line of a list.
import { h, icon } from "./dom.js";
import { counted, t } from "./texts.js";
import { conversationPath, initials, leadName, leadPath, stateOf, time } from "./leads.js";
import { colleagues, nameOf, sites } from "./session.js";

// What a list needs to know beside its items; names that did not load are left out of the lines.
export const namesAround = async () => {
  const [all, people] = await Promise.all([sites().catch(() => []), colleagues().catch(() => [])]);
  return { sites: all, people };
};

const side = (names, { site, assigned_to: person }) =>
  h("span", { class: "row-side" },
    names.sites.length > 1 && h("span", { class: "soft cut" }, nameOf(names.sites, site)),
    person && h("span", { class: "soft for" }, icon("person"), h("span", { class: "cut" }, nameOf(names.people, person) ?? t("someone"))));

const contact = ({ email, phone, city }) => [email, phone, city].filter(Boolean).join(" · ");

export const leadRow = (lead, names, pick = null) =>
  h("li", { class: `row ${lead.state}` },
    pick,
    h("a", { href: `#/${leadPath(lead)}`, class: "row-link" },
      initials(leadName(lead)),
      h("span", { class: "row-main" },
        h("span", { class: "row-title" },
          h("span", { class: "cut" }, leadName(lead)),
          lead.conversation && [icon("chat"), h("span", { class: "unseen" }, t("leads.with_chat"))]),
        h("span", { class: "soft cut" }, contact(lead))),
      h("span", { class: "row-text cut" }, lead.masked ? "" : (lead.message ?? "")),
      side(names, lead),
      stateOf(lead.state),
      time(lead.created_at)));

export const modeOf = ({ mode, state }) =>
  state === "closed"
    ? stateOf("closed")
    : h("span", { class: `state ${mode}` }, icon(mode === "human" ? "hand" : "robot"), t(`mode.${mode}`));

export const visitorName = ({ id }) => t("conversation.visitor", { id: id.slice(-4).toUpperCase() });

export const conversationRow = (one, names, pick = null) =>
  h("li", { class: `row ${one.mode} ${one.state}` },
    pick,
    h("a", { href: `#/${conversationPath(one)}`, class: "row-link" },
      h("span", { class: "initials" }, icon("chat")),
      h("span", { class: "row-main" },
        h("span", { class: "row-title" },
          h("span", { class: "cut" }, visitorName(one)),
          one.lead && h("span", { class: "tag" }, t("conversation.lead"))),
        h("span", { class: "soft cut" }, [counted("conversation.turns", one.turns), one.page].filter(Boolean).join(" · "))),
      h("span", { class: "row-text cut" }),
      side(names, one),
      modeOf(one),
      time(one.last_message_at ?? one.started_at)));
