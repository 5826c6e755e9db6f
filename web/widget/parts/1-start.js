// Decides whether the widget runs on this page, in which language, and what one page view tells.

const script = document.currentScript;
const ownSite = script && script.dataset.site;
if (!ownSite || window.LeadLayer) return;

const { language, pixel } = script.dataset;
const api = new URL(".", script.src).href + "v1/sites/" + encodeURIComponent(ownSite);

const LANGUAGES = ["nl", "en", "de"];
let spoken = [language, ...(navigator.languages || [])]
  .map((tag) => (tag || "").slice(0, 2).toLowerCase())
  .find((tag) => LANGUAGES.includes(tag)) || "en";
// Each key is followed by its texts, in the order of the languages.
const t = (entry) => TEXTS[TEXTS.indexOf(entry) + 1 + LANGUAGES.indexOf(spoken)];

// A path may name a person: /reset/<token>, /u/jan@example.nl. What could be an identifier never
// leaves the browser; the server scrubs again. In order: separators of data and addresses, four or
// more digits, a JWT, hexadecimal and UUID, base64url (mixed case, or letters with digits).
const IDENTIFYING = [
  /[@=;:%]/,
  /(\d\D*){4}/,
  /eyJ/,
  /[\da-f]{16}|[\da-f]{8}-[\da-f]{4}-/i,
  /(?=[\w-]*[a-z])(?=[\w-]*[A-Z])[\w-]{16}/,
  /(?=[a-z_]*\d)\w{16}/i,
];
const scrub = (segment) => {
  try {
    const plain = decodeURIComponent(segment);
    return IDENTIFYING.some((pattern) => pattern.test(plain)) ? ":id" : segment;
  } catch {
    return ":id";
  }
};
const page = () => {
  const segments = location.pathname.split("/").filter(Boolean).slice(0, 6);
  return ("/" + segments.map(scrub).join("/")).slice(0, 160);
};

const call = (url, options) =>
  fetch(url, { credentials: "omit", referrerPolicy: "no-referrer", ...options });

let counted;
let mayCount = pixel !== "consent";
const count = () => {
  if (
    pixel === "off" || !mayCount || document.prerendering || counted === location.pathname ||
    navigator.globalPrivacyControl || navigator.doNotTrack === "1"
  ) return;
  counted = location.pathname;
  call(api + "/p.gif?p=" + encodeURIComponent(page()) + (pixel === "consent" ? "&c=1" : ""), {
    mode: "no-cors", cache: "no-store", keepalive: true,
  }).catch(() => {});
};
document.addEventListener("prerenderingchange", count);
if (window.navigation) navigation.addEventListener("currententrychange", count);
count();
