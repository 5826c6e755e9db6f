// Decides how counts are drawn: bars that can be read by eye, by keyboard and as a table.
import { h, shape } from "./dom.js";
import { t } from "./texts.js";

// `<10` is a number that the role is not told exactly; it is drawn as half of it, and pale.
const size = (value) => (typeof value === "number" ? value : Number(value.slice(1)) / 2);
const percent = (part, whole) => `${whole ? (100 * part) / whole : 0}%`;

const table = (label, items) =>
  h("table", { class: "unseen" }, h("caption", {}, label),
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("views.day")), h("th", { scope: "col" }, t("views.count")))),
    h("tbody", {}, items.map(({ label: day, text }) => h("tr", {}, h("th", { scope: "row" }, day), h("td", {}, text)))));

// columns({ label, items: [{ label, short, value, text }] }): one bar each, side by side.
export const columns = ({ label, items }) => {
  const most = Math.max(1, ...items.map(({ value }) => size(value)));
  const wide = 100 / items.length;
  const hint = t("views.hint");
  const said = h("p", { class: "chart-said soft", "aria-live": "polite" }, hint);
  let chosen = -1;
  const bar = ({ value }, index) => {
    const high = value === 0 ? 0 : Math.max(1.5, (100 * size(value)) / most);
    return shape("rect", { class: typeof value === "number" ? "bar" : "bar about", x: `${(index + 0.12) * wide}%`, width: `${0.76 * wide}%`, y: `${100 - high}%`, height: `${high}%`, rx: 2 });
  };
  const bars = items.map(bar);
  const choose = (index) => {
    bars[chosen]?.classList.remove("chosen");
    chosen = index;
    bars[chosen]?.classList.add("chosen");
    said.textContent = chosen < 0 ? hint : `${items[chosen].label}: ${items[chosen].text}`;
  };
  const pointed = (event) => {
    const box = svg.getBoundingClientRect();
    choose(Math.min(items.length - 1, Math.max(0, Math.floor((items.length * (event.clientX - box.left)) / box.width))));
  };
  const keyed = (event) => {
    const last = items.length - 1;
    const to = { ArrowRight: Math.min(last, chosen + 1), ArrowLeft: Math.max(0, chosen < 0 ? last : chosen - 1), Home: 0, End: last, Escape: -1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    choose(to);
  };
  const svg = shape("svg", { class: "columns", role: "img", tabindex: 0, "aria-label": `${label}. ${hint}` }, ...bars);
  svg.addEventListener("pointermove", pointed);
  svg.addEventListener("pointerdown", pointed);
  svg.addEventListener("pointerleave", () => choose(-1));
  svg.addEventListener("keydown", keyed);
  svg.addEventListener("blur", () => choose(-1));
  return h("figure", { class: "chart" }, said, svg,
    h("div", { class: "ticks-below", "aria-hidden": "true" }, items.map(({ short }) => h("span", {}, short))),
    table(label, items));
};

// lines({ label, items: [{ label, value, text }] }): one below the other, the text in front of the bar.
export const lines = ({ label, items }) => {
  const most = Math.max(1, ...items.map(({ value }) => size(value)));
  const line = ({ label: words, value, text }) =>
    h("li", {}, h("span", { class: "bar-label" }, words), h("span", { class: "bar-count" }, text),
      shape("svg", { "aria-hidden": "true" }, shape("rect", { class: typeof value === "number" ? "bar" : "bar about", width: percent(size(value), most), height: "100%", rx: 3 })));
  return h("ol", { class: "bars", "aria-label": label }, items.map(line));
};
