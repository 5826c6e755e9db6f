// Decides when a visitor who waits learns what a person answered: while the panel can be seen.

let timer;
let pause = 10000;

// Whoever answers from now on is named before they say anything.
const nowWith = (staff) => {
  if (!talk.h !== !staff) add({ r: "note", x: t((talk.h = staff) ? "joined" : "returned") });
};

const lastRead = () => talk.m.reduce((last, { i = last }) => i, "");

const listenIn = (delay) => {
  clearTimeout(timer);
  timer = setTimeout(listen, delay);
};
// Every four seconds while a person answers, otherwise ever less often, a minute at most.
const listen = async () => {
  const asked = talk;
  if (!talk.c || !panel.open || document.hidden) return;
  let delay = (pause = Math.min(pause * 1.5, 60000));
  try {
    const url = api + "/conversations/" + talk.c + "/replies?after=" + lastRead();
    const { mode, messages } = await (await call(url, proof())).json();
    // The visitor deleted the conversation in the meantime.
    if (talk !== asked) return;
    for (const { id, text } of messages) {
      // Two of these questions may have been under way.
      if (id > lastRead()) nowWith(true), add({ r: "staff", x: text, i: id });
    }
    nowWith(mode === "human");
    if (talk.h) delay = 4000;
  } catch {}
  listenIn(delay);
};
document.addEventListener("visibilitychange", listen);
