// Decides which view an address shows, and what every change of view does: title, focus, leaving.
import { h, fill } from "./dom.js";
import { t } from "./texts.js";
import { ApiProblem, token } from "./api.js";
import { failure, wasLeft } from "./problems.js";
import { keep } from "./keep.js";
import { account, loadAccount, may } from "./session.js";
import { tell } from "./status.js";

const views = [];

// view({ path: "leads/:site/:lead", title: "lead.title", action: "leads.read", show: (place) => … }).
// README.md says what else a view may have.
export const view = (definition) => views.push(definition);

export const navigation = () =>
  views
    .filter(({ nav, action }) => nav && (!action || may(action)))
    .sort((one, other) => one.nav.order - other.nav.order);

export const main = h("main", { id: "main", tabIndex: -1 });

let leaving = new AbortController();
let first = true;
let frame = () => {};
// The shell draws what stands around the view: `frame(view)`, with null while nobody is signed in.
export const framedBy = (draw) => (frame = draw);

export const here = () => location.hash.replace(/^#\/?/, "");

export const go = (path) => {
  if (here() === path) show();
  else location.hash = `#/${path}`;
};

// The same view with another address, without a new entry in the history and without drawing anew.
export const rename = (path) => history.replaceState(null, "", `#/${path}`);

const parameters = (pattern, path) => {
  const wanted = pattern.split("/");
  const given = path.split("/");
  if (wanted.length !== given.length) return null;
  const found = {};
  for (const [index, part] of wanted.entries()) {
    if (part.startsWith(":")) found[part.slice(1)] = decoded(given[index]);
    else if (part !== given[index]) return null;
  }
  return found;
};

const decoded = (part) => {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
};

const find = (path) => {
  for (const one of views) {
    const params = parameters(one.path, path);
    if (params) return { view: one, params };
  }
  return null;
};

// The heading of a view, with its actions beside it; it takes the focus when the view is entered.
export const heading = (text, ...actions) =>
  h("div", { class: "head" }, h("h1", { tabIndex: -1 }, text), actions.some(Boolean) && h("div", { class: "actions" }, actions));

const enter = (title) => {
  document.title = `${title} · LeadLayer`;
  if (!first) {
    scrollTo(0, 0);
    (main.querySelector("[autofocus]") ?? main.querySelector("h1") ?? main).focus({ preventScroll: true });
    tell(title);
  }
  first = false;
};

const refused = (title, code) => fill(main, heading(title), failure(new ApiProblem(0, { code })));

export const show = async () => {
  leaving.abort();
  leaving = new AbortController();
  const { signal } = leaving;
  const [path, search = ""] = here().split("?");
  const found = find(path);
  if (!found?.view.open && !token()) {
    if (path) keep("place", here());
    return go("sign-in");
  }
  try {
    if (!found?.view.open && !account()) await loadAccount();
  } catch (error) {
    if (!signal.aborted && error.code !== "unauthorized") fill(main, h("h1", { class: "unseen" }, "LeadLayer"), failure(error, show));
    return;
  }
  if (!signal.aborted) open(found, path, new URLSearchParams(search), signal);
};

const open = async (found, path, query, signal) => {
  if (!path) return go(navigation()[0].path);
  frame(found?.view ?? null, found?.view.open === true);
  const title = t(found?.view.title ?? "missing.title");
  fill(main);
  if (!found) refused(title, "not_found");
  else if (found.view.action && !may(found.view.action)) refused(title, "forbidden");
  else {
    const failed = (error) => {
      if (!signal.aborted && !wasLeft(error)) fill(main, heading(title), failure(error, show));
    };
    // What a view draws before it waits is there to be focused.
    new Promise((resolve) => resolve(found.view.show({ main, title, params: found.params, query, signal }))).catch(failed);
  }
  enter(title);
};

export const start = () => {
  addEventListener("hashchange", show);
  return show();
};
