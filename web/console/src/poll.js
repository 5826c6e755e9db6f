// Decides when to look for news: while somebody looks, calmly, and more slowly after failures.

const SLOWEST_MS = 60_000;

// Asks every `ms` until `signal` ends it. `ask` may answer a longer time to wait. A hidden tab asks
// nothing, and asks at once when it is shown again.
export const poll = (signal, ms, ask) => {
  let failures = 0;
  let timer;
  let asking = false;
  const plan = (wait) => {
    clearTimeout(timer);
    if (!signal.aborted && !document.hidden) timer = setTimeout(run, wait);
  };
  const run = async () => {
    if (asking) return;
    asking = true;
    let wait = ms;
    try {
      wait = (await ask()) ?? ms;
      failures = 0;
    } catch {
      failures += 1;
      wait = Math.min(SLOWEST_MS, ms * 2 ** failures);
    }
    asking = false;
    plan(wait);
  };
  document.addEventListener("visibilitychange", () => plan(0), { signal });
  signal.addEventListener("abort", () => clearTimeout(timer));
  plan(ms);
};
