// Decides how somebody is found: by e-mail address or phone number, written out in full.
import { h, fill, icon } from "./dom.js";
import { api } from "./api.js";
import { counted, t } from "./texts.js";
import { busy } from "./forms.js";
import { emptyPanel, skeleton } from "./lists.js";
import { failure } from "./problems.js";
import { conversationRow, leadRow, namesAround } from "./rows.js";
import { tell } from "./status.js";

// The API looks a person up by a keyed hash: half an address finds nothing.
const wanted = (text) => (text.includes("@") ? { email: text } : { phone: text });

const results = async ({ leads, conversations }) => {
  const names = await namesAround();
  const count = leads.length + conversations.length;
  tell(counted("search.found", count));
  if (!count) return emptyPanel("search", t("search.none"));
  return h("ul", { class: "rows", "aria-label": t("search.results") },
    leads.map((one) => leadRow(one, names)), conversations.map((one) => conversationRow(one, names)));
};

// What is searched for goes into a body and never into an address. `list` makes way for `found`.
export const searchBox = (list) => {
  const found = h("div", { class: "list", hidden: true });
  const box = h("input", { type: "search", "aria-label": t("search.label"), placeholder: t("search.label"), autocomplete: "off", spellcheck: "false" });
  const leave = () => {
    found.hidden = true;
    list.hidden = false;
  };
  const look = async () => {
    const text = box.value.trim();
    if (!text) return leave();
    list.hidden = true;
    found.hidden = false;
    fill(found, skeleton(2));
    try {
      fill(found, await results(await api.post("search", wanted(text))));
    } catch (error) {
      fill(found, failure(error, look));
    }
  };
  const ask = h("button", { class: "round", "aria-label": t("search.submit") }, icon("search"));
  const submitted = (event) => {
    event.preventDefault();
    busy(ask, look);
  };
  box.addEventListener("input", () => box.value || leave());
  return { form: h("form", { class: "search", role: "search", onsubmit: submitted }, box, ask), found };
};
