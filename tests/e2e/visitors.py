"""A visitor of the demo shop, without a browser: one network address, one origin."""

import http.client
import json
import secrets
import socket
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

TIMEOUT_S = 90


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes
    # When each piece of the body came, in seconds after the request.
    pieces: list[tuple[float, bytes]] = field(default_factory=list[tuple[float, bytes]])

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def events(self) -> list[tuple[str, Any]]:
        """Server-sent events as (name, data)."""
        blocks = [block.split("\n") for block in self.body.decode().strip().split("\n\n") if block]
        return [
            (lines[0].removeprefix("event: "), json.loads(lines[1].removeprefix("data: ")))
            for lines in blocks
            if lines[0].startswith("event: ")
        ]

    @property
    def said(self) -> str:
        return "".join(data["text"] for name, data in self.events if name == "delta")

    def first_piece_with(self, text: bytes) -> float:
        """When `text` was complete."""
        seen = b""
        for moment, piece in self.pieces:
            seen += piece
            if text in seen:
                return moment
        raise AssertionError(f"{text!r} never came")


class Visitor:
    """`number` gives each one a network of its own, because limits count by network."""

    def __init__(self, stack: dict[str, Any], number: int = 1) -> None:
        self._stack = stack
        self._forwarded = f"10.{number // 250}.{number % 250}.9"
        # The whole of 127/8 is this machine (on Linux): the chat server sees distinct addresses.
        self._loopback = f"127.{1 + number // 250}.{number % 250}.9"
        self.conversation: dict[str, str] = {}

    @property
    def site(self) -> str:
        return self._stack["site"]

    def get(self, path: str, **headers: str) -> Answer:
        return self.request("GET", f"{self._stack['api']}{path}", headers=headers)

    def view(self, path: str) -> Answer:
        return self.get(f"/v1/sites/{self.site}/p.gif?p={path}")

    def leave(self, *, key: str | None = None, **lead: Any) -> Answer:
        body = {"consent": {"given": True, "version": "1"}, **lead}
        headers = {"Idempotency-Key": key} if key else {}
        url = f"{self._stack['api']}/v1/sites/{self.site}/leads"
        return self.request("POST", url, body=body, headers=headers)

    def say(self, message: str, *, accept: str = "text/event-stream") -> Answer:
        """One turn; the next one continues the conversation."""
        headers = {"Accept": accept, "Idempotency-Key": secrets.token_urlsafe(24)}
        body = {"message": message, **self.conversation}
        answer = self.request("POST", self._stack["chat"], body=body, headers=headers)
        if answer.status == 200:
            start = answer.json if accept == "application/json" else dict(answer.events)["start"]
            self.conversation = {name: start[name] for name in ("conversation", "token")}
        return answer

    def request(
        self,
        method: str,
        url: str,
        *,
        body: Any = None,
        headers: dict[str, str] | None = None,
        origin: str | None = None,
    ) -> Answer:
        parts = urlsplit(url)
        sent = {"Origin": origin or self._stack["demo"], "X-Forwarded-For": self._forwarded}
        content = None
        if body is not None:
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            sent["Content-Type"] = "application/json"
        connection = http.client.HTTPConnection(
            parts.hostname or "",
            parts.port,
            timeout=TIMEOUT_S,
            source_address=(self._loopback, 0) if _has_whole_loopback() else None,
        )
        try:
            target = f"{parts.path}?{parts.query}" if parts.query else parts.path
            began = time.monotonic()
            connection.request(method, target or "/", content, {**sent, **(headers or {})})
            return _read(connection.getresponse(), began)
        finally:
            connection.close()


def _read(response: http.client.HTTPResponse, began: float) -> Answer:
    pieces: list[tuple[float, bytes]] = []
    while piece := response.read1(65536):
        pieces.append((time.monotonic() - began, piece))
    headers = {name.lower(): value for name, value in response.getheaders()}
    return Answer(response.status, headers, b"".join(piece for _, piece in pieces), pieces)


def _has_whole_loopback() -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.1.0.9", 0))
        except OSError:
            return False
    return True
