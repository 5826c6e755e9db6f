// Decides what is kept of a conversation in this tab, and that one message is asked only once.

// s: site, c: conversation, t: its token, m: messages {r: you|ai|note, x: text, cut: half an
// answer, k and b: key and body of a message that has no whole answer yet}.
let chat = { m: [] };
let busy;

const restore = () => {
  try {
    const kept = JSON.parse(sessionStorage.getItem("leadlayer"));
    if (kept.s === ownSite && kept.m.length) chat = kept;
  } catch {}
};
const keep = () => {
  try {
    sessionStorage.setItem("leadlayer", JSON.stringify({ ...chat, s: ownSite }));
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
    TEXTS.includes(r) && el("b", { class: "sr" }, t(r) + ": "),
    el("span", {}, r === "ai" ? withLinks(x) : x),
    cut && el("i", {}, t("broken")));
  log.append(node);
  follow(true);
  return node;
};
const add = (message) => {
  chat.m.push(message);
  trash.hidden = false;
  keep();
  return bubble(message);
};

const newTurn = (x) => ({
  r: "you", x, k: newKey(),
  b: JSON.stringify({
    message: x, conversation: chat.c, token: chat.t, page: page(), language: spoken,
  }),
});

const send = () => {
  const x = input.value.trim();
  if (!x || busy || input.disabled) return;
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
  busy = control;
  log.ariaBusy = sendButton.ariaDisabled = !!control;
  tell(control ? t("writing") : "");
};

const ask = async (turn) => {
  const control = new AbortController();
  let timer;
  let answer;
  let shown;
  let finished;
  let failure;
  // Silence for a minute is a broken connection, whatever the network says.
  const alive = () => {
    clearTimeout(timer);
    timer = setTimeout(() => control.abort(), 60000);
  };
  const on = {
    start: ({ conversation, token }) => {
      chat.c = conversation;
      chat.t = token;
      // A retry gives the whole answer again: what the broken one left goes.
      while (chat.m[chat.m.length - 1] !== turn) chat.m.pop(), log.lastChild.remove();
      keep();
    },
    delta: ({ text }) => {
      if (!answer) shown = add((answer = { r: "ai", x: "" }));
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
      on.delta({ text: reply.reply });
      on.lead({ captured: reply.lead_captured });
      finished = true;
    } else await readEvents(response.body, alive, (kind, content) => {
      if (on[kind]) on[kind](content);
      return finished || failure;
    });
  } catch {
    failure = { code: answer ? "broken" : "offline", retryable: true };
  }
  clearTimeout(timer);
  // The conversation was deleted in the meantime.
  if (busy !== control) return;
  setBusy();
  if (finished) turn.k = turn.b = undefined;
  else if (answer) answer.cut = 1;
  if (answer) shown.replaceWith(bubble(answer));
  keep();
  if (!finished) askAgain(turn, failure);
};

// The same key with the same body is the same question to the server. Only where the server will
// never answer that one does the retry become a new question.
const askAgain = (turn, { code, wait, retryable } = { code: "broken", retryable: true }) => {
  if (/_full|_token|not_found/.test(code)) chat.c = chat.t = undefined;
  if (/_full|_token|not_found|reused/.test(code)) {
    Object.assign(turn, newTurn(turn.x));
    retryable = true;
  }
  keep();
  const again = button(t("again"), () => busy || ask(turn), "main");
  warn(sentence({ code, wait }), ...(retryable ? [again] : []));
  follow(true);
};

// A page change in the middle of an answer leaves a message without one.
const resume = () => {
  const turn = chat.m.filter((message) => message.k).pop();
  if (turn && !busy) askAgain(turn);
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
  if (busy) busy.abort();
  setBusy();
  try {
    if (chat.c) {
      const response = await call(cfg.chat_url.replace(/chat$/, "conversations/" + chat.c), {
        method: "DELETE", headers: { Authorization: "Bearer " + chat.t },
      });
      if (!response.ok && response.status !== 404) throw 0;
    }
    chat = { m: [] };
    sessionStorage.removeItem("leadlayer");
  } catch {
    return warn(t("error"), button(t("again"), forget, "main"));
  }
  paint();
  enable();
  tell(t("deleted"));
  panel.focus();
};
