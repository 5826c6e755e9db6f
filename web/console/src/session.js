// Decides who is signed in, what they may do, and which sites and colleagues they see.
import { api, token } from "./api.js";
import { hasChosen, speak } from "./texts.js";

const known = { account: null, as: null, sites: null, colleagues: null };

export const account = () => known.account;

// How far the signed-in person may go: null, "yes", "masked", "rounded", "recent", "not_owners".
export const may = (action) => known.account?.actions[action] ?? null;

export const isActive = () => known.account?.state === "active";

// Whether the account was asked for by whoever is signed in now.
export const isCurrent = () => known.as === token();

export const loadAccount = async () => {
  const before = known.account;
  const as = token();
  known.as = as;
  const answer = await api.get("account");
  // Another tab has signed in meanwhile: this is the account of the one before.
  if (as !== token()) return loadAccount();
  // A change that was answered meanwhile is newer.
  if (!known.account || known.account === before) setAccount(answer);
  return known.account;
};

export const setAccount = (account) => {
  known.account = account;
  if (account && !hasChosen()) speak(account.member.language);
};

// Every page of a short list.
export const all = async (path) => {
  const items = [];
  let cursor = null;
  do {
    const page = await api.get(path, { cursor, limit: 100 });
    items.push(...page.items);
    cursor = page.next;
  } while (cursor);
  return items;
};

// Read once and shared; a failure is not remembered.
const once = (name, path) => {
  known[name] ??= all(path).catch((error) => {
    known[name] = null;
    throw error;
  });
  return known[name];
};

export const sites = () => once("sites", "sites");
export const colleagues = () => (may("colleagues.read") ? once("colleagues", "colleagues") : Promise.resolve([]));

// To be called by whoever changes sites or people.
export const forgetSites = () => (known.sites = null);
export const forgetColleagues = () => (known.colleagues = null);

export const forgetSession = () => Object.assign(known, { account: null, as: null, sites: null, colleagues: null });

export const nameOf = (list, id) => list.find((one) => one.id === id)?.name ?? null;
