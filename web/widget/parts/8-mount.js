// Decides where the widget stands in the page, and what the page may ask of it.

const mount = () => {
  if (root || !document.body) return;
  const host = document.createElement("leadlayer-widget");
  root = host.attachShadow({ mode: "open" });
  // Constructed sheets pass a page's style-src policy, style elements do not.
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(CSS_TEXT);
  root.adoptedStyleSheets = [sheet];
  launcher = button(t("launch"), open, "launch", icon("M4 5h16v11H9l-5 4z"));
  panel = el("dialog", {
    tabIndex: -1, onclose: closed,
    "aria-labelledby": "title ai", "aria-describedby": "ai-notice",
    onkeydown: ({ key }) => {
      if (key === "Escape") close();
    },
  });
  // The page sees typing in a shadow tree as typing on nothing, and would run its own shortcuts.
  for (const type of ["keydown", "keypress", "keyup"])
    host.addEventListener(type, (event) => event.stopPropagation());
  // The on-screen keyboard covers the layout viewport; pinch zoom must not shrink the panel.
  const view = window.visualViewport;
  if (view) view.onresize = () => {
    if (view.scale < 1.1) panel.style.setProperty("--h", view.height + "px");
  };
  paint();
  root.append(launcher, panel);
  document.body.append(host);
};

window.LeadLayer = {
  open,
  close,
  consent: (given) => {
    mayCount = !!given;
    count();
  },
};
mount();
document.addEventListener("DOMContentLoaded", mount);
