// Decides how somebody signs in: a link by mail that works only in the browser that asked for it.
import { h, fill } from "./dom.js";
import { api, begunAnew, token } from "./api.js";
import { forget, keep, kept, watch } from "./keep.js";
import { language, t } from "./texts.js";
import { button } from "./forms.js";
import { cancelButton, dialog } from "./dialogs.js";
import { dropDrafts } from "./drafts.js";
import { sentence } from "./problems.js";
import { go, here, show } from "./router.js";
import { account, forgetSession, isCurrent, loadAccount } from "./session.js";
import { say } from "./status.js";

const LINK_LASTS_MS = 600_000;

const base64url = (bytes) =>
  btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

// Two mails asked for within the life of a link share a verifier, so that either of them works.
const verifier = () => {
  const [since, known] = (kept("verifier") ?? "").split(" ");
  if (known && Date.now() - since < LINK_LASTS_MS) return known;
  const made = base64url(crypto.getRandomValues(new Uint8Array(32)));
  keep("verifier", `${Date.now()} ${made}`);
  return made;
};

// RFC 7636, 4.2: the S256 challenge of a verifier.
const challenge = async () =>
  base64url(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier()))));

export const askForLink = async (form) => {
  const path = form.account_name ? "sign-up" : "sign-in";
  return api.open(path, { ...form, language: language(), challenge: await challenge() });
};

export const isUnderWay = () => kept("verifier") !== null;

// Uses the link. Answers the accounts to choose from when there are several, otherwise null.
export const useLink = async (link, chosen) => {
  const [, known] = (kept("verifier") ?? "").split(" ");
  const answer = await api.open("sessions", { token: link, verifier: known, ...(chosen && { account: chosen }) });
  if (answer.accounts) return answer.accounts;
  const before = token();
  keep("session", answer.token);
  forget("verifier");
  if (before) api.end(before).catch(() => {});
  return null;
};

// Where somebody wanted to be before they had to sign in.
export const goBack = () => {
  const place = kept("place") ?? "";
  forget("place");
  forgetSession();
  go(place);
};

const leave = () => {
  forgetSession();
  for (const open of document.querySelectorAll("dialog")) open.close();
};

// The session is over: everything of it leaves the page, the place and the drafts stay.
export const signedOut = () => {
  if (!account()) return show();
  keep("place", here());
  leave();
  say(t("signed_out"));
  return go("sign-in");
};

const dropSession = () => {
  forget("session");
  forget("place");
  dropDrafts();
  begunAnew();
  leave();
  go("sign-in");
};

export const signOut = async () => {
  const as = token();
  dropSession();
  say(t("signed_out.done"));
  await api.end(as).catch(() => {});
};

export const signOutEverywhere = async () => {
  await api.delete("sessions");
  dropSession();
  say(t("signed_out.done"));
};

const arrived = async () => {
  const before = account()?.id;
  const place = here();
  if (!before && /^sign-(in|up)/.test(place)) return goBack();
  const { id } = await loadAccount();
  // A page that was still loading goes on to the place it was opened at.
  if (before && id !== before) go("");
};

// The news may be late, and of what this page began with: a browser tells it of the page before.
export const watchOtherTabs = () =>
  watch("session", () => {
    if (token()) isCurrent() || arrived().catch(() => show());
    else if (account()) signedOut();
  });

// Asks to sign in again without leaving the place: the link opens another tab of this browser, and
// what was begun here goes on by itself. Answers whether it may go on.
export const recentSignIn = async () => {
  const email = account()?.member?.email;
  if (!email) return false;
  const listening = new AbortController();
  const problem = h("p", { class: "error", role: "alert" });
  const words = h("p", { role: "status" }, t("recent.why", { email }));
  const mail = async () => {
    keep("place", here());
    await askForLink({ email });
    fill(words, t("recent.mailed", { email }));
    fill(problem);
    fill(send, t("link.again"));
  };
  const send = button(t("recent.mail"), mail, { kind: "main", failed: (error) => fill(problem, sentence(error)) });
  const asked = dialog(t("recent.title"), words, problem, h("div", { class: "actions" }, send, cancelButton(() => asked.close())));
  watch("session", (value) => value && asked.close(true), listening.signal);
  send.focus();
  const signedIn = await asked.closed;
  listening.abort();
  return signedIn === true;
};
