// Decides what stays in this browser: the session, a sign-in that is under way, the language.

const PREFIX = "leadlayer.";
// A browser that forbids storage keeps the page working until the tab is closed.
const memory = new Map();

export const kept = (name) => {
  try {
    return localStorage.getItem(PREFIX + name) ?? memory.get(name) ?? null;
  } catch {
    return memory.get(name) ?? null;
  }
};

export const keep = (name, value) => {
  try {
    localStorage.setItem(PREFIX + name, value);
    memory.delete(name);
  } catch {
    memory.set(name, value);
  }
};

export const forget = (name) => {
  memory.delete(name);
  try {
    localStorage.removeItem(PREFIX + name);
  } catch {
    // It was in memory only.
  }
};

// Calls `changed` when another tab of this browser keeps or forgets something under this name.
export const watch = (name, changed, signal) =>
  addEventListener("storage", ({ key, newValue }) => key === PREFIX + name && changed(newValue), { signal });
