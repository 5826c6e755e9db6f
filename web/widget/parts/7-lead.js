// Decides what the lead form asks and checks, and keeps what was typed until it has been sent.

const AUTOCOMPLETE = {
  name: "name", email: "email", phone: "tel", city: "address-level2", message: "off",
};
let form, formAlert, sending, lastTyped, lastContent, lastKey;

const isContact = ({ name }) => name === "email" || name === "phone";
const row = (name, ...children) =>
  el("div", { class: "field" }, ...children, el("p", { id: name + "-error", class: "error" }));

const textField = (old) => ({ name, required }) => {
  const autocomplete = AUTOCOMPLETE[name];
  const type = /tel|email/.test(autocomplete) ? autocomplete : "text";
  const control = el(name === "message" ? "textarea" : "input", {
    id: name, name, required, autocomplete, type, inputmode: type,
    maxLength: name === "message" ? 2000 : 200, "aria-describedby": name + "-error",
  });
  control.value = (old && old.get(name)) || "";
  return row(name, el("label", { for: name }, t(name) + (required ? " *" : "")), control);
};

const consentField = ({ text, required }) =>
  text && row("consent", el("label", { class: "tick" }, el("input", {
    type: "checkbox", name: "consent", required, "aria-describedby": "consent-error",
  }), text));

const openForm = () => {
  if (!form) paintForm();
  turnTo(formView);
  form.elements[0].focus();
};
const backToChat = () => {
  turnTo(chatView);
  focusInput();
};
const fillForm = (...children) =>
  formView.replaceChildren(...children, button(t("back"), backToChat, "quiet"));

const paintForm = () => {
  const old = form && new FormData(form);
  formAlert = el("p", { role: "alert", class: "error" });
  form = el("form", { class: "scroll", noValidate: true, onsubmit: submitLead },
    el("h2", {}, t("details")),
    // Where the customer insists on neither, one of the two will do.
    !cfg.fields.some((one) => isContact(one) && one.required) && el("p", {}, t("contact_missing")),
    cfg.fields.filter(({ name }) => AUTOCOMPLETE[name]).map(textField(old)),
    consentField(cfg.consent), privacyLink(), formAlert,
    el("button", { class: "main" }, t("send")));
  fillForm(form);
};

// Shows each fault at its field, takes the visitor to the first one and says whether there was any.
const point = (faults) => {
  let first;
  for (const control of form.elements) {
    const place = root.getElementById(control.name + "-error");
    if (!place) continue;
    const fault = faults[control.name] || "";
    place.textContent = fault && t(fault);
    control.ariaInvalid = !!fault;
    if (fault && !first) (first = control).focus();
  }
  return first;
};

const faultsOf = (controls) => {
  const faults = {};
  const contacts = controls.filter(isContact);
  if (contacts[0] && !contacts.some((control) => control.value.trim()))
    faults[contacts[0].name] = "contact_missing";
  for (const { name, type, validity } of controls)
    if (!validity.valid) faults[name] = type === "checkbox" ? "consent_required" : "wrong";
  return faults;
};

const submitLead = async (event) => {
  event.preventDefault();
  if (point(faultsOf([...form.elements])) || sending) return;
  const entries = new FormData(form);
  const filled = {};
  for (const [label, line] of entries) if (line.trim()) filled[label] = line.trim();
  filled.consent = { given: entries.has("consent"), version: cfg.consent.version };
  // While the visitor changes nothing it is the same lead, however often the connection breaks and
  // whatever happens in the chat or the page in between: the very same body goes again.
  const typed = JSON.stringify(filled);
  if (typed !== lastTyped) {
    lastTyped = typed;
    lastKey = newKey();
    lastContent = JSON.stringify({
      ...filled, page: page(), language: spoken, conversation: talk.c, token: talk.t,
      widget_version: VERSION,
    });
  }
  sending = true;
  formAlert.textContent = "";
  try {
    const response = await post(api + "/leads", lastContent, lastKey, "application/json");
    if (response.ok) leadSent();
    else await leadRefused(await problem(response));
  } catch {
    formAlert.textContent = t("offline");
  }
  sending = false;
};

const leadSent = () => {
  const thanks = el("p", { class: "scroll", tabIndex: -1 }, t("sent"));
  fillForm(thanks);
  form = lastTyped = undefined;
  add({ r: "note", x: t("sent") });
  thanks.focus();
};

const leadRefused = async (failure) => {
  const { code, errors, retryable } = failure;
  const faults = {};
  for (const { field } of errors) faults[field] = "wrong";
  // What was refused for good was not stored: the next try may be a new one.
  if (!retryable) lastTyped = undefined;
  // The customer changed the form after it was painted.
  if (/outdated/.test(code) || errors.some(({ reason }) => reason === "not_asked")) {
    await fetchConfig();
    paintForm();
    failure.code = faults.consent = "consent_version_outdated";
  }
  if (code === "consent_required") faults.consent = code;
  if (!point(faults)) formAlert.textContent = sentence(failure);
};
