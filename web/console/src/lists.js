// Decides how a list comes: a page at a time, kept up to date without moving what is being read.
import { h, fill, icon } from "./dom.js";
import { t } from "./texts.js";
import { failure, sentence, wasLeft } from "./problems.js";
import { busy } from "./forms.js";

// Grey bars of the height of what will come, so that nothing jumps when it does.
export const skeleton = (rows = 6) =>
  h("div", { class: "skeleton", "aria-hidden": "true" },
    Array.from({ length: rows }, () => h("div", {}, h("i"), h("i"))));

export const emptyPanel = (name, text, ...actions) =>
  h("div", { class: "panel empty" }, icon(name), h("p", {}, text),
    actions.some(Boolean) && h("div", { class: "actions" }, actions));

// What a list is after its first page was read again: what came, then what stood behind it before.
export const merged = (before, fresh) => {
  const ids = new Set(fresh.map(({ id }) => id));
  const last = before.findLastIndex(({ id }) => ids.has(id));
  if (last < 0) return { items: fresh, rest: [] };
  const rest = before.slice(last + 1);
  return { items: [...fresh, ...rest], rest };
};

// The newest id that was shown of each list that marks what came since; ids are in order of time.
const newest = new Map();

// pagedList({ label, load: (cursor) => api.get(…), row: (item) => node, empty: () => node }).
// `row` is called again for an item that changed. Rows are `li` elements. `marks` names the list
// when what came since somebody looked at it shall be seen.
export const pagedList = ({ label, load, row, empty, marks, changed = () => {} }) => {
  let items = [];
  let next = null;
  const rows = new Map();
  let seen = newest.get(marks);
  const list = h("ul", { class: "rows", "aria-label": label });
  const problem = h("p", { class: "error", role: "alert" });
  const more = h("button", { type: "button", onclick: () => busy(more, loadMore) }, t("list.more"));
  const foot = h("div", { class: "actions centre", hidden: true }, more, problem);
  const node = h("div", { class: "list" }, skeleton());

  const rowOf = (item) => {
    const written = JSON.stringify(item);
    if (rows.get(item.id)?.written !== written) rows.set(item.id, { written, node: row(item) });
    const { node: line } = rows.get(item.id);
    line.classList.toggle("fresh", item.id > seen);
    return line;
  };

  // At the first look everything has been seen.
  const look = () => {
    const last = items.reduce((most, { id }) => (id > most ? id : most), newest.get(marks) ?? "");
    seen ??= last;
    newest.set(marks, last);
  };

  // Moves only what has to move: a row that is read or focused stays untouched.
  const draw = () => {
    if (marks) look();
    const wanted = items.map(rowOf);
    for (const child of [...list.children]) if (!wanted.includes(child)) child.remove();
    wanted.forEach((child, index) => {
      if (list.children[index] !== child) list.insertBefore(child, list.children[index] ?? null);
    });
    foot.hidden = !next;
    if (items.length) {
      if (list.parentNode !== node) fill(node, list, foot);
    } else fill(node, empty());
    changed(items);
  };

  const loadMore = async () => {
    problem.textContent = "";
    try {
      const page = await load(next);
      const known = new Set(items.map(({ id }) => id));
      items = [...items, ...page.items.filter(({ id }) => !known.has(id))];
      next = page.next;
      draw();
    } catch (error) {
      if (wasLeft(error)) return;
      if (error.code === "invalid_cursor") return start();
      problem.textContent = sentence(error);
    }
  };

  const start = async () => {
    fill(node, skeleton());
    try {
      const page = await load(null);
      rows.clear();
      fill(list);
      ({ items, next } = page);
      draw();
    } catch (error) {
      if (!wasLeft(error)) fill(node, failure(error, start));
    }
  };

  // Reads the first page again; answers what was not there before.
  const refresh = async () => {
    const page = await load(null);
    const before = new Set(items.map(({ id }) => id));
    const { items: all, rest } = merged(items, page.items);
    items = all;
    if (!rest.length) next = page.next;
    draw();
    return page.items.filter(({ id }) => !before.has(id));
  };

  const remove = (ids) => {
    items = items.filter(({ id }) => !ids.has(id));
    draw();
  };

  return { node, start, refresh, remove, items: () => items };
};
