// Decides how a form behaves: says what is wrong beside the field, sends once, keeps what was typed.
import { h, fill, newId } from "./dom.js";
import { begunAnew } from "./api.js";
import { t } from "./texts.js";
import { reason, sentence } from "./problems.js";

// field(t("people.email"), h("input", { name: "email", type: "email", required: true })): the label
// above its control, a hint and the refusal below it, all of them tied to the control.
export const field = (label, control, hint) => {
  const id = newId();
  control.id = id;
  control.setAttribute("aria-describedby", `${id}e${hint ? ` ${id}h` : ""}`);
  const optional = control.required || control.dataset.plain !== undefined;
  return h("div", { class: "field" },
    h("label", { htmlFor: id }, label, !optional && h("span", { class: "soft" }, ` ${t("form.optional")}`)),
    control,
    hint && h("p", { id: `${id}h`, class: "hint" }, hint),
    h("p", { id: `${id}e`, class: "error" }),
  );
};

// A box to tick has its words behind it.
export const tick = (label, control, hint) => {
  const id = newId();
  control.id = id;
  control.setAttribute("aria-describedby", `${id}e${hint ? ` ${id}h` : ""}`);
  return h("div", { class: "field tick" },
    control,
    h("label", { htmlFor: id }, label),
    hint && h("p", { id: `${id}h`, class: "hint" }, hint),
    h("p", { id: `${id}e`, class: "error" }),
  );
};

// select({ name: "role" }, [["owner", "Owner"], …], "owner")
export const select = (attributes, options, chosen) => {
  const node = h("select", { "data-plain": "", ...attributes },
    options.map(([value, label]) => h("option", { value }, label)));
  node.value = chosen ?? options[0]?.[0] ?? "";
  return node;
};

export const valuesOf = (form) =>
  Object.fromEntries([...form.elements].filter(({ name }) => name).map((one) => [one.name, valueOf(one)]));

const valueOf = (control) => (control.type === "checkbox" ? control.checked : control.value.trim());

const refuse = (control, text) => {
  control.setAttribute("aria-invalid", "true");
  document.getElementById(`${control.id}e`)?.append(text);
};

const clean = (form) => {
  for (const control of form.querySelectorAll("[aria-invalid]")) control.removeAttribute("aria-invalid");
  for (const error of form.querySelectorAll(".error")) error.textContent = "";
};

const wordFor = ({ validity, type }) => {
  if (validity.valueMissing) return "missing";
  if (validity.typeMismatch) return type === "email" ? "email" : "url";
  return validity.tooLong || validity.rangeOverflow ? "too_long" : "value_error";
};

// What the browser can tell without asking the API.
const refusedHere = (form) => {
  const wrong = [...form.elements].filter((control) => control.name && !control.validity.valid);
  for (const control of wrong) refuse(control, reason(wordFor(control)));
  return wrong;
};

// Fields that the API refused, as far as this form has them.
const refusedThere = (form, errors) =>
  errors.flatMap(({ field: name, reason: word }) => {
    const control = form.elements[name] ?? form.elements[name.split(".")[0]];
    if (!control?.id) return [];
    refuse(control, reason(word));
    return [control];
  });

// While something is under way the button stays where it is and says so; it does not take a
// second click, and it keeps the focus, which `disabled` would lose.
export const busy = async (button, work) => {
  if (button.getAttribute("aria-disabled") === "true") return;
  button.setAttribute("aria-disabled", "true");
  button.classList.add("busy");
  try {
    return await work();
  } finally {
    button.removeAttribute("aria-disabled");
    button.classList.remove("busy");
  }
};

// form({ fields: [field(…)], submit: t("save"), send: (values) => api.patch(…), done: (answer) => … }).
// `more` stands beside the button: another button, a link.
export const form = ({ fields, submit, send, done, more, danger = false }) => {
  const alert = h("p", { class: "error", role: "alert" });
  const button = h("button", { class: danger ? "danger" : "main" }, submit);
  const act = async () => {
    clean(node);
    const wrong = refusedHere(node);
    if (wrong.length) return wrong[0].focus();
    try {
      const answer = await send(valuesOf(node));
      await done?.(answer);
    } catch (error) {
      show(error);
    }
  };
  const show = (error) => {
    const wrong = refusedThere(node, error.errors ?? []);
    fill(alert, sentence(error));
    wrong[0]?.focus();
  };
  const submitted = (event) => {
    event.preventDefault();
    busy(button, act);
  };
  const node = h("form", { class: "form", novalidate: true, onsubmit: submitted, oninput: begunAnew },
    fields, alert, h("div", { class: "actions" }, button, more));
  return node;
};

// A button that does one thing; what went wrong is said beside it by `failed`.
export const button = (label, work, { kind = "", failed, ...attributes } = {}) => {
  const act = async () => {
    try {
      await work();
    } catch (error) {
      failed(error);
    }
  };
  const node = h("button", { type: "button", class: kind, onclick: () => busy(node, act), ...attributes }, label);
  return node;
};
