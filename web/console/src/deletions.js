// Decides how several leads or conversations are deleted: typed, one site after another, counted.
import { api, at } from "./api.js";
import { confirmTyped, progressBar } from "./dialogs.js";
import { counted, number, t } from "./texts.js";

const ASK_MS = 1000;
const SLOW_MS = 5000;

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// A job goes on without us: what is read here is only how far it is.
const finished = async (id, update) => {
  for (let wait = ASK_MS; ; wait = Math.min(SLOW_MS, wait * 1.2)) {
    const job = await api.get(at("deletions", id));
    update(job.done, job.total);
    if (job.state === "done") return job;
    await pause(wait);
  }
};

// Jobs that were started keep their ids, so that trying again after a lost answer waits for them.
const runner = (requests, bar) => {
  const jobs = new Map();
  return async () => {
    let before = 0;
    for (const request of requests) {
      if (!jobs.has(request)) jobs.set(request, (await api.post("deletions", { ...request, confirmation: "DELETE" })).id);
      const job = await finished(jobs.get(request), (done, total) =>
        bar.update(before + done, before + total, t("delete.progress", { done: number(before + done) })));
      before += job.total;
    }
  };
};

// deleteMany({ kind: "leads", items }): items of one list, of any site. Answers whether it was done.
export const deleteMany = ({ kind, items }) => {
  const bar = progressBar(t("delete.progress_label"));
  const bySite = Object.groupBy(items, ({ site }) => site);
  const requests = Object.entries(bySite).map(([site, of]) => ({ site, [kind]: of.map(({ id }) => id) }));
  return confirmTyped({
    title: counted(`delete.${kind}.title`, items.length),
    text: t(`delete.${kind}.text`),
    word: t("confirm.word"),
    action: t("delete.action"),
    shown: [bar.node],
    work: runner(requests, bar),
  });
};

export const deleteBefore = ({ site, before, text }) => {
  const bar = progressBar(t("delete.progress_label"));
  return confirmTyped({
    title: t("cleanup.confirm"), text, word: t("confirm.word"), action: t("delete.action"),
    shown: [bar.node], work: runner([{ site, before }], bar),
  });
};

export const deleteOne = ({ kind, path, text = t(`delete.${kind}.text`) }) =>
  confirmTyped({
    title: counted(`delete.${kind}.title`, 1), text, word: t("confirm.word"), action: t("delete.action"),
    work: () => api.delete(path),
  });
