// Decides how a request about somebody's data is named, and by when it has to be answered.
import { h } from "./dom.js";
import { longDay, t } from "./texts.js";

const LOOKS = { fulfilled: "won", partially_fulfilled: "won", failed_retry: "failed", verified: "new" };

export const rightOf = ({ right }) => t(`right.${right}`);

export const requestState = ({ state }) => h("span", { class: `state ${LOOKS[state] ?? "open"}` }, t(`request.state.${state}`));

// The day is over at its end, by the clock of whoever looks.
const isLate = ({ due, closed_at: closed }) => !closed && new Date(`${due}T23:59:59`) < new Date();

export const dueOf = (one) =>
  h("span", { class: isLate(one) ? "state failing" : "soft" }, t(isLate(one) ? "request.late" : "request.until", { day: longDay(one.due) }));
