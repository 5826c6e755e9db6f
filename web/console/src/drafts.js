// Decides that words which were not sent yet are still there when their box comes back.

const drafts = new Map();

// Only in this tab's memory: what somebody types about a visitor is not left behind in a browser.
export const remember = (key, box) => {
  box.value = drafts.get(key) ?? box.value;
  box.addEventListener("input", () => drafts.set(key, box.value));
};

export const dropDraft = (key) => drafts.delete(key);
export const dropDrafts = () => drafts.clear();
