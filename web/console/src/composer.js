// Decides how an answer is written: Enter sends, Shift+Enter breaks the line, nothing gets lost.
import { h, icon } from "./dom.js";
import { begunAnew } from "./api.js";
import { t } from "./texts.js";
import { dropDraft, remember } from "./drafts.js";
import { busy } from "./forms.js";
import { sentence } from "./problems.js";

const MOST = 2000;

export const composer = ({ draft, send, sent, refused }) => {
  const box = h("textarea", {
    rows: 2, maxlength: MOST, "aria-label": t("composer.label"), placeholder: t("composer.label"),
    // Whoever writes with an input method ends a word with Enter, not the answer.
    onkeydown: (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      node.requestSubmit();
    },
  });
  remember(draft, box);
  const alert = h("p", { class: "error", role: "alert" });
  const ask = h("button", { class: "main round", "aria-label": t("composer.send") }, icon("send"));
  const deliver = async () => {
    const text = box.value.trim();
    if (!text) return;
    alert.textContent = "";
    try {
      const message = await send(text);
      // Somebody may have typed on while it was sent.
      if (box.value.trim() === text) {
        box.value = "";
        dropDraft(draft);
      }
      await sent(message);
    } catch (error) {
      alert.textContent = sentence(error);
      refused(error);
    }
  };
  const submitted = (event) => {
    event.preventDefault();
    busy(ask, deliver);
  };
  const node = h("form", { class: "composer", onsubmit: submitted, oninput: begunAnew },
    h("div", { class: "composer-line" }, box, ask), h("p", { class: "hint" }, t("composer.hint")), alert);
  return { node, focus: () => box.isConnected && box.focus() };
};
