// Decides what a widget in the console's preview is answered: the settings being typed, and every
// request but the one for its public configuration here, in the frame. Nothing is sent or stored.
(() => {
  const ask = window.fetch.bind(window);
  const disclosures = new Map();
  let told = null;
  let drawing = false;
  let again = false;

  const answer = (status, content) =>
    new Response(status === 204 ? null : JSON.stringify(content), { status, headers: { "Content-Type": "application/json" } });

  // The words that every visitor reads first are the service's own: only it can say them.
  const disclosure = async (url) => {
    if (!disclosures.has(url)) {
      const response = await ask(url, { credentials: "omit", referrerPolicy: "no-referrer" });
      if (!response.ok) throw new TypeError("no configuration");
      disclosures.set(url, (await response.json()).disclosure);
    }
    return disclosures.get(url);
  };

  const configuration = async () => {
    const { site, shown } = told;
    const url = new URL(`../v1/sites/${encodeURIComponent(site)}/widget?lang=${shown.language}`, location.href).href;
    return { site, ...shown, pixel_mode: "off", chat_url: new URL("/preview/chat", location.href).href, disclosure: await disclosure(url) };
  };

  window.fetch = async (wanted, { method = "GET" } = {}) => {
    const { pathname } = new URL(wanted, location.href);
    if (method === "GET" && pathname.endsWith("/widget")) return answer(200, await configuration());
    if (method === "POST" && pathname.endsWith("/chat"))
      return answer(200, { conversation: "preview", token: "preview", reply: told.answer, lead_captured: false });
    if (method === "POST" && pathname.endsWith("/leads")) return answer(201, {});
    if (pathname.endsWith("/replies")) return answer(200, { mode: "ai", messages: [] });
    return answer(204);
  };

  // The conversation of a preview lives as long as the frame, not in the tab's storage.
  const kept = new Map();
  Object.defineProperty(window, "sessionStorage", {
    value: { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value), removeItem: (key) => kept.delete(key) },
  });

  // The widget takes the focus when it opens; here somebody is typing in the page around it.
  const focus = HTMLElement.prototype.focus;
  HTMLElement.prototype.focus = function (options) {
    if (document.hasFocus()) focus.call(this, options);
  };
  HTMLDialogElement.prototype.show = HTMLDialogElement.prototype.showModal = function () {
    this.setAttribute("open", "");
  };

  const formOf = (host) => host?.shadowRoot.querySelector("form");

  // Whoever looked at the form goes on looking at it.
  const toForm = (host) => {
    const details = host.shadowRoot.querySelector(".view > .quiet");
    if (!details?.disabled) return details?.click();
    if (host.isConnected) requestAnimationFrame(() => toForm(host));
  };

  const finish = () => {
    drawing = false;
    if (again) draw();
    again = false;
  };

  // Another widget for every change. The old one stays below until the new one can be seen.
  const draw = () => {
    if (drawing) return (again = true);
    drawing = true;
    const [before] = document.querySelectorAll("leadlayer-widget");
    const atForm = formOf(before)?.checkVisibility();
    if (before) before.inert = true;
    delete window.LeadLayer;
    const script = document.createElement("script");
    script.dataset.site = told.site;
    script.dataset.language = told.shown.language;
    script.dataset.pixel = "off";
    script.src = "../widget.js";
    script.onerror = finish;
    script.onload = () => {
      script.remove();
      window.LeadLayer.open();
      if (atForm) toForm(document.body.lastElementChild);
      setTimeout(() => {
        before?.remove();
        finish();
      }, 250);
    };
    document.head.append(script);
  };

  addEventListener("message", ({ source, origin, data }) => {
    if (source !== parent || origin !== location.origin) return;
    told = data;
    draw();
  });
  parent.postMessage("ready", location.origin);
})();
