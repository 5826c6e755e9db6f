// Decides how text becomes nodes: only ever as text, with links to the site's own origins.

// Strings become attributes, everything else properties; children that are false are left out.
const el = (tag, props, ...children) => {
  const node = document.createElement(tag);
  for (const prop in props) {
    if (typeof props[prop] === "string") node.setAttribute(prop, props[prop]);
    else node[prop] = props[prop];
  }
  node.append(...children.flat().filter(Boolean));
  return node;
};

const icon = (d) => {
  const [image, line] = ["svg", "path"].map((tag) =>
    document.createElementNS("http://www.w3.org/2000/svg", tag));
  image.setAttribute("viewBox", "0 0 24 24");
  line.setAttribute("d", d);
  image.append(line);
  return image;
};

const button = (label, act, look, ...children) =>
  el("button", { type: "button", onclick: act, class: look }, ...children, label);
const iconButton = (label, act, look, d) =>
  el("button", { type: "button", onclick: act, class: look, title: label, "aria-label": label },
    icon(d));

const link = (href, label) =>
  el("a", { href, target: "_blank", rel: "noopener noreferrer" }, label);

// A model can be talked into writing any address. Only the customer's own origins become links,
// and a long query stays text, so that a click cannot carry the conversation away.
const linkOrText = (part) => {
  try {
    const url = new URL(part);
    const long = (url.search + url.hash).length > 100;
    if (cfg.link_origins.includes(url.origin) && !url.username && !long)
      return link(url.href, part);
  } catch {}
  return part;
};
const ADDRESS = /(https?:\/\/[^\s<>()[\]\x22\x27\x60]*[^\s<>()[\]\x22\x27\x60.,;:!?*_])/i;
const withLinks = (answer) =>
  answer.split(ADDRESS).map((part, index) => (index % 2 ? linkOrText(part) : part));

const privacyLink = () =>
  cfg && /^https?:/.test(cfg.privacy_notice_url) && link(cfg.privacy_notice_url, t("privacy"));
