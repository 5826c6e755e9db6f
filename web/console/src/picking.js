// Decides how several lines of a list are chosen and deleted together.
import { h, icon } from "./dom.js";
import { counted, t } from "./texts.js";
import { deleteMany } from "./deletions.js";
import { say } from "./status.js";

// picking({ kind: "leads", labelOf }): `box(item)` for a line, `bar` below the list, where it moves nothing.
export const picking = ({ kind, labelOf, deleted }) => {
  const picked = new Map();
  const boxes = new Map();
  const words = h("span", { role: "status" });

  const update = () => {
    bar.hidden = picked.size === 0;
    words.textContent = picked.size ? counted("picked", picked.size) : "";
    for (const [id, one] of boxes) one.checked = picked.has(id);
  };
  const clear = () => {
    picked.clear();
    update();
  };
  const box = (item) => {
    const one = h("input", {
      type: "checkbox", checked: picked.has(item.id), "aria-label": t("pick", { name: labelOf(item) }),
      onchange: () => {
        if (one.checked) picked.set(item.id, item);
        else picked.delete(item.id);
        update();
      },
    });
    boxes.set(item.id, one);
    return h("label", { class: "pick" }, one);
  };
  const drop = async () => {
    const items = [...picked.values()];
    if (!(await deleteMany({ kind, items }))) return;
    deleted(new Set(picked.keys()));
    clear();
    say(counted("delete.done", items.length));
  };
  const bar = h("div", { class: "selection", hidden: true }, words,
    h("button", { type: "button", class: "danger", onclick: drop }, icon("trash"), t("delete.action")),
    h("button", { type: "button", class: "quiet", onclick: clear }, t("unpick")));
  return { box, bar, clear };
};
