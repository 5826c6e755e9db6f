// Decides what the inbox of leads shows.
import { counted, t } from "./texts.js";
import { inboxView } from "./inbox.js";
import { leadName, LEAD_STATES } from "./leads.js";
import { leadRow } from "./rows.js";

inboxView({
  path: "leads", title: "leads.title", order: 10, symbol: "inbox",
  states: LEAD_STATES, labelOf: leadName, row: leadRow,
  none: () => t("leads.none"),
  told: (count) => counted("leads.fresh", count),
});
