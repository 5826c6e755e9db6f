"""A stand-in for the API that serves the built page under production's headers and speaks JSON."""

import base64
import hashlib
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from functions.web import handler as web
from leadlayer.accounts.model import Role
from tests.browser_console import demo_data as demo
from tests.browser_console.demo_desk import Desk
from tests.fake_server import served

# The page must not care where it is served, so neither API nor page is at the root.
PREFIX = "/_aws/execute-api/abc123"
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}
# Exactly what production sends with the page.
HEADERS = {**web._PAGE_HEADERS, "Content-Security-Policy": web._PAGE_POLICY}
PREVIEW_HEADERS = {
    **web._PAGE_HEADERS,
    "Content-Security-Policy": web._PREVIEW_POLICY,
    "X-Frame-Options": "SAMEORIGIN",
}


class Refused(Exception):
    """A problem answer."""

    def __init__(self, status: int, code: str, **more: Any) -> None:
        super().__init__(code)
        self.status = status
        self.body = {"type": "about:blank", "title": code, "status": status, "code": code, **more}


@dataclass
class Call:
    """A request as the server saw it."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any


type Answer = tuple[int, Any]
type Route = Callable[..., Answer]
# For everybody: what a widget shows, and a file for whoever has its link.
OPEN = re.compile("sites/[^/]+/widget|downloads/[^/]+")
ROUTES: list[tuple[str, re.Pattern[str], Route]] = []


def route(method: str, path: str) -> Callable[[Route], Route]:
    """Declares what a method of a path answers: `@route("GET", "sites/<site>")`."""
    pattern = re.compile(re.sub(r"<(\w+)>", r"(?P<\1>[^/]+)", path))

    def declare(answer: Route) -> Route:
        ROUTES.append((method, pattern, answer))
        return answer

    return declare


@dataclass
class FakeConsole:
    """The account and its API; a test changes the fields and reads `calls` afterwards."""

    page: Path
    origin: str = ""
    calls: list[Call] = field(default_factory=list[Call])

    def __post_init__(self) -> None:
        self.reset()

    @property
    def url(self) -> str:
        return f"{self.origin}{PREFIX}/console/"

    def reset(self) -> None:
        self.calls.clear()
        # Planted faults by "METHOD path": each is raised once, in their order.
        self.faults: dict[str, list[Refused]] = {}
        self.role: Role = "owner"
        self.state = "active"
        self.name = "Kiln & Co."
        self.me: dict[str, Any] = {}
        self.recent = True
        self.tokens = {"lls_first"}
        self.links: dict[str, tuple[str, list[dict[str, str]]]] = {}
        self.sites = [demo.site(demo.SITE, "Kiln & Co. shop"), demo.site(demo.OTHER_SITE, "Blog")]
        self.colleagues = [
            {"id": demo.ME, "name": "Joris Bakker"},
            {"id": demo.COLLEAGUE, "name": "Sanne Jansen"},
        ]
        self.leads = [demo.lead(number) for number in range(7)]
        self.conversations = [demo.conversation(number) for number in range(7)]
        self.messages = {one["id"]: demo.messages(one) for one in self.conversations}
        self.sessions = [
            {"id": "s_here", "current": True},
            {"id": "s_phone", "current": False},
        ]
        self.requests: list[dict[str, Any]] = []
        self.jobs: dict[str, dict[str, Any]] = {}
        self.notices: list[dict[str, Any]] = []
        self.desk = Desk()

    def called(self, method: str, ending: str) -> list[Call]:
        return [one for one in self.calls if one.method == method and one.path.endswith(ending)]

    def account(self) -> dict[str, Any]:
        document = demo.account(self.role, state=self.state)
        document["member"] |= self.me
        return document | {"name": self.name}

    def mail_link(self, link: str, accounts: list[dict[str, str]] | None = None) -> str:
        """The link that a mail would carry, for the challenge of the newest request."""
        asked = [one for one in self.calls if one.path in {"sign-in", "sign-up"}][-1]
        self.links[link] = (asked.body["challenge"], accounts or [])
        return f"{self.url}#/sign-in/{link}"

    def use_link(self, form: dict[str, Any]) -> Answer:
        challenge, accounts = self.links.get(form["token"], ("", []))
        digest = hashlib.sha256((form.get("verifier") or "").encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != challenge:
            raise Refused(403, "link_invalid")
        if accounts and "account" not in form:
            return 200, {"accounts": accounts}
        del self.links[form["token"]]
        token = f"lls_{form['token']}"
        self.tokens.add(token)
        self.recent = True
        return 201, {"token": token, "expires_at": demo.iso(demo.NOW)}

    def answer(self, call: Call) -> Answer:
        if planted := self.faults.get(f"{call.method} {call.path}"):
            raise planted.pop(0)
        if call.method == "POST" and call.path in {"sign-in", "sign-up"}:
            return 202, {}
        if call.method == "POST" and call.path == "sessions":
            return self.use_link(call.body)
        token = call.headers.get("authorization", "").removeprefix("Bearer ")
        if not OPEN.fullmatch(call.path) and token not in self.tokens:
            raise Refused(401, "unauthorized")
        for method, pattern, answer in ROUTES:
            found = pattern.fullmatch(call.path)
            if method == call.method and found:
                return answer(self, call, **found.groupdict())
        raise Refused(404, "not_found")


@contextmanager
def serve_console(page: Path) -> Iterator[FakeConsole]:
    fake = FakeConsole(page)

    class Handler(Exchange):
        api = fake

    with served(Handler) as fake.origin:
        yield fake


class Exchange(BaseHTTPRequestHandler):
    """One request and its answer."""

    api: FakeConsole
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        """Stay silent: the calls are recorded."""

    def do_GET(self) -> None:
        path = urlsplit(self.path).path.removeprefix(f"{PREFIX}/console/")
        if path == f"{PREFIX}/widget.js":
            widget = self.api.page.parent / "widget.js"
            return self._send(200, widget.read_bytes(), TYPES[".js"], {})
        if path == "/favicon.ico":
            # Asked by the browser for the picture that a tab rests at: no call of the page's.
            return self._send(404, b"", "text/plain", {})
        if path == urlsplit(self.path).path:
            return self._call()
        file = self.api.page / (path or "index.html")
        if not file.is_file():
            return self._send(404, b"", "text/plain", {})
        headers = PREVIEW_HEADERS if file.name.startswith("preview.") else HEADERS
        return self._send(200, file.read_bytes(), TYPES[file.suffix], headers)

    def do_POST(self) -> None:
        self._call()

    do_PATCH = do_DELETE = do_POST  # noqa: N815  # the names that the library calls

    def _call(self) -> None:
        url = urlsplit(self.path)
        text = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        headers = {name.lower(): value for name, value in self.headers.items()}
        path = url.path.removeprefix(f"{PREFIX}/v1/")
        call = Call(self.command, path, query, headers, json.loads(text) if text else None)
        self.api.calls.append(call)
        try:
            status, body = self.api.answer(call)
        except Refused as problem:
            status, body = problem.status, problem.body
        content = b"" if status == 204 else json.dumps(body).encode()
        self._send(status, content, "application/json", {"Cache-Control": "no-store"})

    def _send(self, status: int, body: bytes, kind: str, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Type": kind}.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
