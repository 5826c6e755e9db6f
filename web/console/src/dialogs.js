// Decides how a dialog asks: nothing is destroyed without its name or word typed by hand.
import { h, icon, newId } from "./dom.js";
import { t } from "./texts.js";
import { field, form } from "./forms.js";

// Shows a dialog; `closed` is the promise of what it was closed with, null when it was dismissed.
export const dialog = (title, ...body) => {
  const id = newId();
  let result = null;
  const node = h("dialog", { "aria-labelledby": id },
    h("div", { class: "dialog-head" },
      h("h2", { id, tabIndex: -1 }, title),
      h("button", { type: "button", class: "quiet round", "aria-label": t("close"), onclick: () => node.close() }, icon("close")),
    ),
    body,
  );
  document.body.append(node);
  const closed = new Promise((resolve) => {
    node.addEventListener("close", () => {
      node.remove();
      resolve(result);
    });
  });
  node.showModal();
  const close = (value = null) => {
    result = value;
    node.close();
  };
  return { node, close, closed };
};

export const cancelButton = (close) =>
  h("button", { type: "button", onclick: () => close() }, t("cancel"));

// Asks for `word` before it runs `work`. Stays open with the reason when `work` fails; answers
// whether it was done. `shown` are nodes between the words and the box: a progress bar, a list.
export const confirmTyped = async ({ title, text, word, action, work, shown = [] }) => {
  const box = h("input", { name: "word", required: true, autocomplete: "off", autocapitalize: "off", spellcheck: "false" });
  const asked = dialog(title, h("p", {}, text), form({
    fields: [field(t("confirm.type", { word }), box), shown],
    submit: action,
    danger: true,
    more: cancelButton(() => asked.close()),
    send: async ({ word: typed }) => {
      if (typed !== word) throw Object.assign(new Error("word"), { code: "wrong_word", errors: [] });
      return work(box);
    },
    done: () => asked.close(true),
  }));
  box.focus();
  return (await asked.closed) === true;
};

export const progressBar = (label) => {
  const bar = h("progress", { max: 1, value: 0, "aria-label": label });
  const words = h("span", { class: "soft" });
  const node = h("div", { class: "progress", hidden: true }, bar, words);
  const update = (done, total, text) => {
    node.hidden = false;
    bar.max = total || 1;
    bar.value = done;
    words.textContent = text;
  };
  return { node, update };
};
