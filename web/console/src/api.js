// Decides how the API is spoken to: relative addresses, the token in a header, problems as errors.
import { kept, forget } from "./keep.js";

const BASE = new URL("../v1/", document.baseURI);

// `code` is the API's stable word for what went wrong, or `network` when nothing was answered.
export class ApiProblem extends Error {
  constructor(status, { code = "internal", errors = [] }, wait = null) {
    super(code);
    Object.assign(this, { status, code, errors, wait });
  }
}

export const token = () => kept("session");

// Refusals of API Gateway itself have a status and no code: it asks who is calling before we do.
const CODES = { 401: "unauthorized", 403: "unauthorized", 429: "too_many_requests", 503: "unavailable" };

// What the sign-in decides; it sets these at the start.
const asked = { signedOut: () => {}, recentSignIn: async () => false };
export const answerFor = (answers) => Object.assign(asked, answers);

const address = (path, query) => {
  const url = new URL(path, BASE);
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value) url.searchParams.set(name, value);
  }
  return url;
};

const fetched = async (url, request) => {
  try {
    return await fetch(url, request);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiProblem(0, { code: "network" });
  }
};

const content = async (response) => {
  if (response.status === 204) return null;
  try {
    return await response.json();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    // An answer that broke off, or one of something that stands between the API and us.
    throw new ApiProblem(response.status, { code: response.ok ? "network" : "internal" });
  }
};

const once = async (method, path, { body, query, signal, as, key }) => {
  const headers = { Accept: "application/json" };
  if (as) headers.Authorization = `Bearer ${as}`;
  if (key) headers["Idempotency-Key"] = key;
  if (body) headers["Content-Type"] = "application/json";
  const response = await fetched(address(path, query), {
    method, headers, signal, body: body && JSON.stringify(body),
    cache: "no-store", credentials: "omit", redirect: "error",
  });
  const answer = await content(response);
  if (response.ok) return answer;
  throw new ApiProblem(response.status, { code: CODES[response.status], ...answer }, response.headers.get("Retry-After"));
};

// Calls as whoever is signed in. Another tab may have signed in anew since `as` was read: only a
// token that is still the present one can end the session.
const call = async (method, path, options = {}) => {
  const as = token();
  try {
    return await once(method, path, { ...options, as });
  } catch (error) {
    if (error.code === "recent_sign_in_required" && (await asked.recentSignIn())) {
      return call(method, path, options);
    }
    if (error.code !== "unauthorized") throw error;
    if (token() !== as) return call(method, path, options);
    forget("session");
    asked.signedOut();
    throw error;
  }
};

// A POST that was not answered may have arrived: sent again as it was, it has the same key and is
// done once. Whoever types again means something new.
const unanswered = new Map();
export const begunAnew = () => unanswered.clear();

const mayHaveArrived = ({ code, status }) => code === "network" || status >= 500;

const post = async (path, body = {}) => {
  const what = `${path} ${JSON.stringify(body)}`;
  const key = unanswered.get(what) ?? crypto.randomUUID();
  unanswered.set(what, key);
  try {
    const answer = await call("POST", path, { body, key });
    unanswered.delete(what);
    return answer;
  } catch (error) {
    if (!mayHaveArrived(error)) unanswered.delete(what);
    throw error;
  }
};

export const api = {
  get: (path, query, signal) => call("GET", path, { query, signal }),
  post,
  patch: (path, body) => call("PATCH", path, { body }),
  delete: (path) => call("DELETE", path),
  // Before there is a session, and for ending one that is no longer the present one.
  open: (path, body) => once("POST", path, { body }),
  end: (as) => once("DELETE", "sessions/current", { as }),
};

// Ids come from the API, but an address is put together here.
export const at = (...parts) => parts.map(encodeURIComponent).join("/");
