"""A stand-in for LeadLayer's API that speaks its HTTP contract and does what a test says."""

import gzip
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.fake_server import served

SITE = "site_demo"
TOKEN = "tok-visitor"
CONVERSATION = "conv-1"
GIF = bytes.fromhex(
    "47494638396101000100800000ffffff00000021f90401000000002c00000000010001000002024401003b"
)
WAIT_S = 10

DISCLOSURES = {
    "nl": "Je praat met een AI-assistent. Antwoorden kunnen fouten bevatten.",
    "en": "You are talking to an AI assistant. Its answers can be wrong.",
    "de": "Sie sprechen mit einem KI-Assistenten. Antworten können Fehler enthalten.",
}
CONSENTS = {
    "nl": "Ik ga akkoord dat Kiln & Co. contact met mij opneemt.",
    "en": "I agree that Kiln & Co. may contact me about my question.",
    "de": "Ich bin einverstanden, dass Kiln & Co. mich kontaktiert.",
}
GREETINGS = {
    "nl": "Hallo! Waar kan ik mee helpen?",
    "en": "Hello! What can I help you with?",
    "de": "Hallo! Wie kann ich helfen?",
}

type Step = Callable[["Exchange"], None]


@dataclass
class Recorded:
    """A request as the server saw it."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: str

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def event(name: str, data: dict[str, Any]) -> Step:
    """A server-sent event, whole."""
    return raw(f"event: {name}\ndata: {json.dumps(data)}\n\n".encode())


def raw(data: bytes) -> Step:
    """Bytes of the stream as they are, for odd line ends and split characters."""
    return lambda exchange: exchange.write_chunk(data)


def wait_for(gate: threading.Event) -> Step:
    """Hold the stream until the test opens the gate."""

    def step(_: "Exchange") -> None:
        assert gate.wait(WAIT_S), "the test never opened the gate"

    return step


def pause(_: "Exchange") -> None:
    """Long enough for the page to read what was written before as a piece of its own."""
    time.sleep(0.1)


def cut(exchange: "Exchange") -> None:
    """Break the connection in the middle of the answer."""
    exchange.break_off()


def problem(status: int, code: str, **more: Any) -> Step:
    """An error answer instead of a stream; `retry_after` becomes the header."""
    headers = {"Retry-After": str(more.pop("retry_after"))} if "retry_after" in more else {}
    body = {"type": "about:blank", "title": code, "status": status, "code": code, **more}
    return lambda exchange: exchange.answer(
        status, json.dumps(body).encode(), "application/problem+json", headers
    )


def json_reply(reply: str, *, lead_captured: bool = False, human: bool = False) -> Step:
    """The buffered answer of a runtime that cannot stream."""
    body = {
        "conversation": CONVERSATION,
        "token": TOKEN,
        "reply": reply,
        "lead_captured": lead_captured,
        "human": human,
    }
    return lambda exchange: exchange.answer(200, json.dumps(body).encode(), "application/json")


def left_to_staff() -> list[Step]:
    """What a message gets while staff has the conversation."""
    return [start(), event("human", {}), event("done", {})]


def start() -> Step:
    return event("start", {"conversation": CONVERSATION, "token": TOKEN})


def answer(*texts: str) -> list[Step]:
    """A whole, healthy answer in as many pieces as there are texts."""
    return [start(), *(event("delta", {"text": text}) for text in texts), event("done", {})]


@dataclass
class FakeApi:
    """The server; a test scripts it through the fields and reads `requests` afterwards."""

    widget: bytes
    origin: str = ""
    requests: list[Recorded] = field(default_factory=list[Recorded])
    config: dict[str, Any] = field(default_factory=dict[str, Any])
    turns: list[list[Step]] = field(default_factory=list[list[Step]])
    lead_problems: list[Step] = field(default_factory=list[Step])
    config_gate: threading.Event = field(default_factory=threading.Event)
    # What staff said in the conversation, and who has it.
    staff_said: list[str] = field(default_factory=list[str])
    mode: str = "ai"
    reply_problems: list[Step] = field(default_factory=list[Step])
    replies_gate: threading.Event = field(default_factory=threading.Event)

    def reset(self) -> None:
        self.requests.clear()
        self.config.clear()
        self.turns.clear()
        self.lead_problems.clear()
        self.staff_said.clear()
        self.reply_problems.clear()
        self.mode = "ai"
        self.config_gate.set()
        self.replies_gate = threading.Event()
        self.replies_gate.set()

    def staff(self, *texts: str) -> None:
        """Staff has the conversation, and says something."""
        self.mode = "human"
        self.staff_said += texts

    def of(self, method: str, ending: str) -> list[Recorded]:
        """The recorded requests with this method whose path ends so."""
        return [one for one in self.requests if one.method == method and one.path.endswith(ending)]

    def wait_for(self, method: str, ending: str) -> Recorded:
        """The first such request, as soon as it arrives."""
        until = time.monotonic() + WAIT_S
        while not (seen := self.of(method, ending)):
            assert time.monotonic() < until, f"nobody sent {method} {ending}"
            time.sleep(0.01)
        return seen[0]

    def widget_config(self, language: str) -> dict[str, Any]:
        base = f"{self.origin}/v1/sites/{SITE}"
        return {
            "site": SITE,
            "name": "Kiln & Co.",
            "greeting": GREETINGS[language],
            "disclosure": {"text": DISCLOSURES[language], "version": "d1"},
            "privacy_notice_url": "https://shop.example/privacy",
            "fields": [
                {"name": "name", "required": True},
                {"name": "email", "required": False},
                {"name": "phone", "required": False},
                {"name": "city", "required": False},
                {"name": "message", "required": False},
            ],
            "consent": {"text": CONSENTS[language], "required": True, "version": "c1"},
            "chat_url": f"{base}/chat",
            "pixel_mode": "on",
            "language": language,
            "languages": ["nl", "en", "de"],
            "link_origins": ["https://shop.example"],
            "collecting": True,
            **self.config,
        }


@contextmanager
def serve_api(widget: bytes) -> Iterator[FakeApi]:
    fake = FakeApi(widget)

    class Handler(Exchange):
        api = fake

    with served(Handler) as fake.origin:
        yield fake


class Exchange(BaseHTTPRequestHandler):
    """One request and its answer."""

    api: FakeApi
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        """Stay silent: the requests are recorded."""

    def do_OPTIONS(self) -> None:
        self._record()
        self.answer(204, b"", "text/plain")

    def do_GET(self) -> None:
        request = self._record()
        name = request.path.rpartition("/")[2]
        if name == "widget.js":
            zipped = {"Content-Encoding": "gzip"}
            self.answer(200, gzip.compress(self.api.widget), "text/javascript", zipped)
        elif name == "p.gif":
            self.answer(200, GIF, "image/gif", {"Cache-Control": "no-store"})
        elif request.path == f"/v1/sites/{SITE}/widget":
            assert self.api.config_gate.wait(WAIT_S), "the test never let the configuration go"
            config = self.api.widget_config(request.query["lang"][0])
            self.answer(200, json.dumps(config).encode(), "application/json")
        elif request.path == f"/v1/sites/{SITE}/conversations/{CONVERSATION}/replies":
            self._replies(request)
        elif name == "chat":
            self.answer(204, b"", "text/plain")
        else:
            problem(404, "unknown_site")(self)

    def do_POST(self) -> None:
        request = self._record()
        if request.path.endswith("/leads"):
            self._lead()
        elif self.api.turns:
            for step in self.api.turns.pop(0):
                step(self)
            self._end_stream()
        else:
            problem(500, "internal")(self)

    def do_DELETE(self) -> None:
        request = self._record()
        if request.headers.get("authorization") == f"Bearer {TOKEN}":
            self.answer(204, b"", "text/plain")
        else:
            problem(403, "invalid_conversation_token")(self)

    def answer(
        self, status: int, body: bytes, content_type: str, headers: dict[str, str] | None = None
    ) -> None:
        self._head(status, {"Content-Type": content_type, **(headers or {})})
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def write_chunk(self, data: bytes) -> None:
        if not self._streaming:
            self._head(200, {"Content-Type": "text/event-stream", "Transfer-Encoding": "chunked"})
            self.end_headers()
            self._streaming = True
        try:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        except (BrokenPipeError, ConnectionResetError):
            self._broken = True  # the page went away, as a visitor may

    def break_off(self) -> None:
        self._broken = self.close_connection = True

    _streaming = False
    _broken = False

    def _end_stream(self) -> None:
        if self._streaming and not self._broken:
            self.write_chunk(b"")
        self._streaming = self._broken = False

    def _replies(self, request: Recorded) -> None:
        """Ids that sort by time, as the real ones do; only what is newer than `after`."""
        if self.api.reply_problems:
            self.api.reply_problems.pop(0)(self)
            return
        assert self.api.replies_gate.wait(WAIT_S), "the test never let the replies go"
        assert request.headers["authorization"] == f"Bearer {TOKEN}"
        said = {f"{number:026}": text for number, text in enumerate(self.api.staff_said, 1)}
        after = request.query.get("after", [""])[0]
        messages = [
            {"id": key, "role": "staff", "text": text, "at": "2026-11-23T10:00:00Z"}
            for key, text in said.items()
            if key > after
        ]
        body = {"mode": self.api.mode, "messages": messages}
        self.answer(200, json.dumps(body).encode(), "application/json")

    def _lead(self) -> None:
        if self.api.lead_problems:
            self.api.lead_problems.pop(0)(self)
        else:
            self.answer(201, b'{"lead": "lead-1"}', "application/json")

    def _head(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        origin = self.headers.get("Origin")
        allowed = {
            "Access-Control-Allow-Origin": origin or "*",
            "Access-Control-Allow-Headers": "content-type, idempotency-key, authorization",
            "Access-Control-Allow-Methods": "GET, POST, DELETE",
            "Access-Control-Expose-Headers": "Retry-After",
        }
        for name, value in {**allowed, **headers}.items():
            self.send_header(name, value)

    def _record(self) -> Recorded:
        url = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Recorded(self.command, url.path, parse_qs(url.query), headers, body)
        self.api.requests.append(request)
        return request
