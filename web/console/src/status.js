// Decides how the page says that something happened: aloud for screen readers, and for a moment.
import { h, fill } from "./dom.js";

const SHOWN_MS = 6000;
const spoken = h("div", { role: "status", "aria-live": "polite", class: "unseen" });
const shown = h("div", { class: "toast", "aria-hidden": "true", hidden: true });
let hiding;

// Live regions have to be known before anything appears in them, so they come first.
export const statusRegions = () => [spoken, shown];

// Only heard: for what the eye sees anyway.
export const tell = (text) => {
  // The same words again are news only when the region changes.
  spoken.textContent = spoken.textContent === text ? `${text}\u00a0` : text;
};

export const say = (text) => {
  tell(text);
  fill(shown, text);
  shown.hidden = false;
  clearTimeout(hiding);
  hiding = setTimeout(() => (shown.hidden = true), SHOWN_MS);
};
