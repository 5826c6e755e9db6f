// Decides what the list of conversations shows: who is talking now, with the AI or with a colleague.
import { counted, t } from "./texts.js";
import { inboxView } from "./inbox.js";
import { conversationRow, visitorName } from "./rows.js";

inboxView({
  path: "conversations", title: "conversations.title", order: 20, symbol: "chat",
  states: ["open", "closed"], labelOf: visitorName, row: conversationRow,
  none: () => t("conversations.none"),
  told: (count) => counted("conversations.fresh", count),
});
