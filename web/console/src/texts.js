// Decides which language is spoken and how texts, times and numbers are written in it.
import { kept, keep } from "./keep.js";

// Names of languages stand in their own language, so that whoever is lost finds the way back.
export const LANGUAGES = { nl: "Nederlands", en: "English", de: "Deutsch" };

const known = (language) => language in LANGUAGES;
const ofBrowser = () =>
  navigator.languages.map((one) => one.slice(0, 2).toLowerCase()).find(known) ?? "en";

let spoken = known(kept("language")) ? kept("language") : ofBrowser();

export const language = () => spoken;

export const speak = (wanted) => {
  spoken = known(wanted) ? wanted : "en";
  document.documentElement.lang = spoken;
};

// What somebody chose in this browser goes before what the account says.
export const choose = (wanted) => {
  keep("language", wanted);
  speak(wanted);
};

export const hasChosen = () => known(kept("language"));

// The build puts every text in here: { key: [in each of LANGUAGES, in their order] }.
export const hasText = (key) => key in TEXTS;

// `{name}` in a text is a blank; what fills it ends up in a text node and is never markup.
export const t = (key, blanks = {}) =>
  TEXTS[key][Object.keys(LANGUAGES).indexOf(spoken)].replace(/\{(\w+)\}/g, (_, name) => String(blanks[name]));

// All three languages tell one from more than one, and nothing else.
export const counted = (key, count) =>
  t(`${key}.${count === 1 ? "one" : "other"}`, { count: number(count) });

// Dates of English readers in Europe: day before month, 24 hours.
const place = () => (spoken === "en" ? "en-GB" : spoken);

export const number = (value) => new Intl.NumberFormat(place()).format(value);

const written = (options) => (iso) =>
  new Intl.DateTimeFormat(place(), options).format(new Date(iso));

export const clock = written({ hour: "2-digit", minute: "2-digit" });
export const dayAndTime = written({ dateStyle: "medium", timeStyle: "short" });
export const longDay = written({ dateStyle: "long" });
const shortDay = written({ day: "numeric", month: "short" });
const dayOfYear = written({ day: "numeric", month: "short", year: "numeric" });

const daysAgo = (iso) => {
  const midnight = (date) => new Date(date).setHours(0, 0, 0, 0);
  return Math.round((midnight(new Date()) - midnight(iso)) / 86_400_000);
};

// As short as it can be without asking the reader to count: 14:05, yesterday, 3 Mar, 3 Mar 2025.
export const when = (iso) => {
  const days = daysAgo(iso);
  if (days === 0) return clock(iso);
  if (days === 1) return new Intl.RelativeTimeFormat(place(), { numeric: "auto" }).format(-1, "day");
  return new Date(iso).getFullYear() === new Date().getFullYear() ? shortDay(iso) : dayOfYear(iso);
};
