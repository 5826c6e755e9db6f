// Decides what is kept of a conversation in this tab, and that one message is asked only once.

// s: site, c: conversation, t: its token, h: whether staff answers, m: messages {r: who said it or
// note, x: text, i: its id if staff said it, cut: half an answer, k and b: key and body of a message
// that has no whole answer yet}.
let talk = { m: [] };
let asking;

const restore = () => {
  try {
    const kept = JSON.parse(sessionStorage.getItem("leadlayer"));
    if (kept.s === ownSite && kept.m.length) talk = kept;
  } catch {}
};
const keep = () => {
  try {
    sessionStorage.setItem("leadlayer", JSON.stringify({ ...talk, s: ownSite }));
  } catch {}
};

// Somebody who scrolled up to read again is left there.
const follow = (always) => {
  const box = log.parentNode;
  if (always || box.scrollHeight - box.scrollTop - box.clientHeight < 120)
    box.scrollTop = box.scrollHeight;
};
const bubble = ({ r, x, cut }) => {
  const node = el("div", { class: r },
    TEXTS.includes(r) && el("b", {}, t(r) + ": "),
    el("span", {}, r === "you" ? x : withLinks(x)),
    cut && el("i", {}, t("broken")));
  log.append(node);
  follow(true);
  return node;
};
const add = (message) => {
  talk.m.push(message);
  trash.hidden = false;
  keep();
  return bubble(message);
};

const proof = () => ({ headers: { Authorization: "Bearer " + talk.t } });
const newTurn = (x) => ({
  r: "you", x, k: newKey(),
  b: JSON.stringify({
    message: x, conversation: talk.c, token: talk.t, page: page(), language: spoken,
  }),
});

const send = () => {
  const x = input.value.trim();
  if (!x || asking || input.disabled) return;
  input.value = "";
  const turn = newTurn(x);
  add(turn);
  ask(turn);
};
const sendOnEnter = (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  send();
};

const setBusy = (control) => {
  asking = control;
  log.ariaBusy = sendButton.ariaDisabled = !!control;
  tell(control && !talk.h ? t("writing") : "");
};

const ask = async (turn) => {
  const control = new AbortController();
  let silence;
  let answer;
  let shown;
  let finished;
  let failure;
  // Silence for a minute is a broken connection, whatever the network says.
  const alive = () => {
    clearTimeout(silence);
    silence = setTimeout(() => control.abort(), 60000);
  };
  const on = {
    start: ({ conversation, token }) => {
      talk.c = conversation;
      talk.t = token;
      // A retry gives the whole answer again: what the broken one left goes. What staff said since
      // goes too, and is heard again.
      while (talk.m[talk.m.length - 1] !== turn) talk.m.pop(), log.lastChild.remove();
      keep();
    },
    human: () => nowWith(true),
    delta: ({ text }) => {
      if (!answer) nowWith(), (shown = add((answer = { r: "ai", x: "" })));
      shown.lastChild.textContent = answer.x += text;
      follow();
    },
    lead: ({ captured }) => captured && add({ r: "note", x: t("sent") }),
    done: () => (finished = true),
    error: (reason) => (failure = reason),
  };
  warn();
  setBusy(control);
  alive();
  try {
    const response = await post(cfg.chat_url, turn.b, turn.k, "text/event-stream", control.signal);
    if (!response.ok) failure = await problem(response);
    else if (/json/.test(response.headers.get("Content-Type"))) {
      const reply = await response.json();
      on.start(reply);
      if (reply.human) on.human();
      else on.delta({ text: reply.reply });
      on.lead({ captured: reply.lead_captured });
      finished = true;
    } else await readEvents(response.body, alive, (kind, content) => {
      if (on[kind]) on[kind](content);
      return finished || failure;
    });
  } catch {
    failure = { code: answer ? "broken" : "offline", retryable: true };
  }
  clearTimeout(silence);
  // The conversation was deleted in the meantime.
  if (asking !== control) return;
  setBusy();
  pause = 10000;
  listenIn(4000);
  if (finished) turn.k = turn.b = undefined;
  else if (answer) answer.cut = 1;
  if (answer) shown.replaceWith(bubble(answer));
  keep();
  if (!finished) askAgain(turn, failure);
};

// The same key with the same body is the same question to the server. Only where the server will
// never answer that one does the retry become a new question.
const askAgain = (turn, { code, wait, retryable } = { code: "broken", retryable: true }) => {
  if (/_full|_token|not_found/.test(code)) talk.c = talk.t = undefined;
  if (/_full|_token|not_found|reused/.test(code)) {
    Object.assign(turn, newTurn(turn.x));
    retryable = true;
  }
  keep();
  const again = button(t("again"), () => asking || ask(turn), "main");
  warn(sentence({ code, wait }), ...(retryable ? [again] : []));
  follow(true);
};

// A page change in the middle of an answer leaves a message without one.
const resume = () => {
  const turn = talk.m.filter((message) => message.k).pop();
  if (turn && !asking) askAgain(turn);
};

const confirmDelete = () => {
  turnTo(chatView);
  const stay = () => {
    warn();
    resume();
    focusInput();
  };
  const drop = button(t("delete"), forget, "main");
  warn(t("sure"), drop, button(t("keep"), stay));
  follow(true);
  drop.focus();
};

const forget = async () => {
  if (asking) asking.abort();
  setBusy();
  try {
    if (talk.c) {
      const response = await call(cfg.chat_url.replace(/chat$/, "conversations/" + talk.c), {
        method: "DELETE", ...proof(),
      });
      if (!response.ok && response.status !== 404) throw 0;
    }
    talk = { m: [] };
    sessionStorage.removeItem("leadlayer");
  } catch {
    return warn(t("error"), button(t("again"), forget, "main"));
  }
  paint();
  enable();
  tell(t("deleted"));
  panel.focus();
};
