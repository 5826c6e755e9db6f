// Decides what the panel shows and when it may be used: not before its AI disclosure is on screen.

let cfg, root, launcher, panel, chatView, formView;
let log, input, sendButton, details, trash, progress, alertBox;

const open = () => {
  mount();
  if (!panel || panel.open) return;
  launcher.hidden = true;
  // Where the panel covers the page, the page behind it must be out of reach for the keyboard too.
  if (matchMedia("(max-width:480px),(max-height:480px)").matches) panel.showModal();
  else panel.show();
  panel.focus();
  if (!cfg) return load();
  enable();
  listen();
};
const close = () => panel && panel.close();
const closed = () => {
  launcher.hidden = false;
  launcher.focus();
};

// On a touch screen the keyboard would cover what has to be read first.
const focusInput = () => matchMedia("(pointer:coarse)").matches || input.focus();

const tell = (line) => (progress.textContent = line);
const warn = (line, ...actions) =>
  alertBox.replaceChildren(...(line ? [el("p", {}, line), ...actions] : []));

const fetchConfig = async () => {
  const response = await call(api + "/widget?lang=" + spoken);
  if (!response.ok) throw await problem(response);
  cfg = await response.json();
  if (LANGUAGES.includes(cfg.language)) spoken = cfg.language;
};

const load = async () => {
  warn();
  tell(t("loading"));
  try {
    await fetchConfig();
  } catch (failure) {
    tell("");
    const { code = "offline", retryable = true } = failure.errors ? failure : {};
    return warn(sentence({ code }), ...(retryable ? [button(t("again"), load, "main")] : []));
  }
  restore();
  paint();
  if (!usable()) return warn(t("unknown_site"));
  // Wakes the chat function up while the visitor reads.
  call(cfg.chat_url, { mode: "no-cors" }).catch(() => {});
  requestAnimationFrame(() => requestAnimationFrame(enable));
  resume();
  listen();
};

const usable = () => cfg && cfg.collecting && cfg.disclosure.text;

// First called after the frame in which the disclosure was painted: people are told that they talk
// to an AI before they can (AI Act, article 50).
const enable = () => {
  if (!usable() || !root.getElementById("ai-notice").offsetHeight) return;
  setDisabled(false);
  if (root.activeElement === panel) focusInput();
};

const setDisabled = (disabled) => {
  for (const control of [input, sendButton, details]) control.disabled = disabled;
};

const paint = () => {
  const label = t("write");
  trash = iconButton(t("delete"), confirmDelete, "icon", "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13");
  log = el("div", { role: "log", "aria-live": "polite" });
  progress = el("p", { role: "status" });
  alertBox = el("div", { role: "alert" });
  input = el("textarea", {
    rows: 1, maxLength: 2000, onkeydown: sendOnEnter, placeholder: label, "aria-label": label,
  });
  sendButton = iconButton(t("send"), send, "icon main", "M5 12h14M13 6l6 6-6 6");
  details = button(t("details"), openForm, "quiet");
  setDisabled(true);
  const notice = el("p", { id: "ai-notice" }, cfg && cfg.disclosure.text + " ", privacyLink());
  chatView = el("div", { class: "view" },
    el("div", { class: "scroll" }, notice, log, progress, alertBox),
    el("div", { class: "composer" }, input, sendButton),
    details);
  formView = el("div", { class: "view", hidden: true });
  form = undefined;
  panel.lang = spoken;
  panel.replaceChildren(
    el("header", {},
      el("div", {}, el("h2", { id: "title" }, cfg && cfg.name), el("p", { id: "ai" }, t("ai"))),
      trash, iconButton(t("close"), close, "icon", "M6 6l12 12M18 6L6 18")),
    chatView, formView);
  if (usable() && cfg.greeting) bubble({ r: "ai", x: cfg.greeting });
  talk.m.forEach(bubble);
  trash.hidden = !talk.m.length;
};

const turnTo = (view) => {
  chatView.hidden = view !== chatView;
  formView.hidden = view !== formView;
};
