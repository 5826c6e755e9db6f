// Decides how words to be copied are shown, and how a secret is shown that is never shown again.
import { h, icon } from "./dom.js";
import { t } from "./texts.js";
import { dialog } from "./dialogs.js";
import { say } from "./status.js";

const copy = (node) => async () => {
  try {
    await navigator.clipboard.writeText(node.textContent);
    say(t("copied"));
  } catch {
    // A browser that forbids it leaves copying to the keyboard.
    getSelection().selectAllChildren(node);
    say(t("copy.selected"));
  }
};

// Can be scrolled by keyboard, so it can be focused.
export const codeBlock = (label, text) => {
  const code = h("code", {}, text);
  return h("div", { class: "code" },
    h("pre", { tabIndex: 0, role: "region", "aria-label": label }, code),
    h("button", { type: "button", onclick: copy(code) }, icon("copy"), t("copy"), h("span", { class: "unseen" }, ` ${label}`)));
};

// Closing by Escape would lose what cannot be had again, so only the button closes it.
export const shownOnce = (title, text, secret) => {
  const shown = dialog(title, h("p", {}, text), codeBlock(title, secret),
    h("div", { class: "actions" }, h("button", { type: "button", class: "main", onclick: () => shown.close() }, t("once.done"))));
  shown.node.addEventListener("cancel", (event) => event.preventDefault());
  return shown.closed;
};
