// Decides that what was typed into a view is still there when the view is drawn in another language.
import { main } from "./router.js";

// Of controls with the same name the second one stays the second one.
const named = () => {
  const seen = {};
  return [...main.querySelectorAll("[name]")].map((control) => {
    const kind = `${control.name} ${control.type === "radio" ? control.value : ""}`;
    seen[kind] = (seen[kind] ?? 0) + 1;
    return [`${kind} ${seen[kind]}`, control];
  });
};

const isBox = ({ type }) => type === "checkbox" || type === "radio";

// Of several radio buttons the chosen one says it all.
const isSaid = ([, { type, checked }]) => type !== "radio" || checked;

const put = (control, { value, checked }) => {
  if (isBox(control)) control.checked = checked;
  else control.value = value;
  control.dispatchEvent(new Event("input", { bubbles: true }));
};

// Views draw themselves bit by bit: each control gets its words back as soon as it is there.
export const carryOver = (redraw) => {
  const typed = new Map(named().filter(isSaid).map(([name, { value, checked }]) => [name, { value, checked }]));
  const putBack = () => {
    for (const [name, control] of named()) {
      if (!typed.has(name)) continue;
      put(control, typed.get(name));
      typed.delete(name);
    }
    if (!typed.size) drawn.disconnect();
  };
  const drawn = new MutationObserver(putBack);
  redraw();
  drawn.observe(main, { childList: true, subtree: true });
  addEventListener("hashchange", () => drawn.disconnect(), { once: true });
  putBack();
};
