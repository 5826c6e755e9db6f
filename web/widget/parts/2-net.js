// Decides how the API is spoken to: one key per content, problems as {code}, events by hand.

// 24 random bytes are 32 characters of base64, without padding; two of them make do with one sign.
const newKey = () =>
  btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(24)))).replace(/[+/]/g, "-");

const post = (url, content, once, accept, stop) =>
  call(url, {
    method: "POST", body: content, signal: stop,
    headers: { "Content-Type": "application/json", "Idempotency-Key": once, Accept: accept },
  });

const problem = async (response) => {
  const { code = "error", errors } = await response.json().catch(() => ({}));
  return {
    code,
    errors: errors || [],
    wait: response.headers.get("Retry-After"),
    retryable: response.status >= 500 || /too_many|busy/.test(code),
  };
};

const sentence = ({ code, wait }) => {
  const entry =
    /busy/.test(code) ? "too_many_requests"
    : /_full|_token|not_found/.test(code) ? "ended"
    : /site|origin/.test(code) ? "unknown_site"
    : /^invalid_r|large/.test(code) ? "wrong"
    : code;
  return t(TEXTS.includes(entry) ? entry : "error") + (wait ? ` (${wait} s)` : "");
};

// Reads a text/event-stream (HTML standard, 9.2.6) until `on` answers true. A carriage return at
// the end of a chunk waits for the next one: it may be half of a line end.
const readEvents = async (stream, alive, on) => {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  let kind;
  let lines = [];
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    alive();
    const pieces = (rest + value).split(/\r\n|\n|\r(?=[^])/);
    rest = pieces.pop();
    for (const line of pieces) {
      const [, label, content] = /^([^:]*):?\x20?(.*)/.exec(line);
      if (label === "event") kind = content;
      else if (label === "data") lines.push(content);
      else if (!line) {
        if (lines[0] && on(kind, JSON.parse(lines.join("\n")))) {
          reader.cancel().catch(() => {});
          return;
        }
        lines = [];
      }
    }
  }
};
