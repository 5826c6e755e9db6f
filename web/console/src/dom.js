// Decides how elements are made: text is always a text node, so nobody's words become markup.
import { SHAPES } from "./icons.js";

const PROPERTIES = new Set(["value", "checked", "disabled", "hidden", "tabIndex", "htmlFor"]);

// h("a", { href: "#/leads", class: "link", onclick: go }, "Leads", [more]). What is null,
// undefined or false is left out, among attributes as among children.
export const h = (tag, attributes, ...children) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (PROPERTIES.has(name)) node[name] = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  return fill(node, ...children);
};

const wanted = (children) =>
  children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);

export const fill = (node, ...children) => {
  node.replaceChildren(...wanted(children));
  return node;
};

const SVG = "http://www.w3.org/2000/svg";

export const shape = (tag, attributes, ...children) => {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
};

// An icon never speaks: the control that holds it has words, or a label.
export const icon = (name) =>
  shape("svg", { viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true" }, ...SHAPES[name].map((d) => shape("path", { d })));

let ids = 0;
export const newId = () => `n${(ids += 1)}`;
