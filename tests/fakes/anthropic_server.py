"""Anthropic's Messages API on a loopback port: scripted answers, and every byte it was sent."""

import json
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Reply:
    """One HTTP answer. `cut` closes the connection before the promised end of the body."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False


@dataclass
class Recorded:
    line: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return "\n".join([self.line, str(self.headers), self.body.decode()])


@dataclass
class AnthropicServer:
    url: str
    replies: list[Reply]
    requests: list[Recorded] = field(default_factory=list)


def event(kind: str, **data: Any) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **data})}\n\n".encode()


def opening(**usage: int) -> bytes:
    message = {
        "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-haiku-5-5",
        "content": [], "stop_reason": None, "stop_sequence": None,
        "usage": {"input_tokens": 30, "output_tokens": 1, **usage},
    }  # fmt: skip
    return event("message_start", message=message)


def text_block(*pieces: str, index: int = 0) -> bytes:
    return b"".join(
        [
            event(
                "content_block_start", index=index, content_block={"type": "text", "text": ""}
            ),
            *(
                event("content_block_delta", index=index, delta={"type": "text_delta", "text": p})
                for p in pieces
            ),
            event("content_block_stop", index=index),
        ]
    )  # fmt: skip


def tool_block(*json_pieces: str, name: str = "capture_lead", index: int = 0) -> bytes:
    block = {"type": "tool_use", "id": "toolu_1", "name": name, "input": {}}
    return b"".join(
        [
            event("content_block_start", index=index, content_block=block),
            *(
                event(
                    "content_block_delta",
                    index=index,
                    delta={"type": "input_json_delta", "partial_json": p},
                )
                for p in json_pieces
            ),
            event("content_block_stop", index=index),
        ]
    )


def closing(stop_reason: str = "end_turn", output_tokens: int = 12) -> bytes:
    delta = {"stop_reason": stop_reason, "stop_sequence": None}
    return event(
        "message_delta", delta=delta, usage={"output_tokens": output_tokens}
    ) + event("message_stop")  # fmt: skip


def stream(body: bytes, *, cut: bool = False) -> Reply:
    return Reply(body, headers={"content-type": "text/event-stream"}, cut=cut)


def answer(*pieces: str) -> Reply:
    return stream(opening() + text_block(*pieces) + closing())


def refusal(status: int, kind: str, **headers: str) -> Reply:
    body = {"type": "error", "error": {"type": kind, "message": "jan@example.com"}}
    return Reply(json.dumps(body).encode(), status, {"content-type": "application/json", **headers})


@contextmanager
def anthropic_server(replies: Sequence[Reply] = ()) -> Generator[AnthropicServer]:
    """Sends the replies in turn, the last one again and again."""
    http = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    http.daemon_threads = True
    fake = AnthropicServer(f"http://127.0.0.1:{http.server_address[1]}", list(replies))
    http.fake = fake  # type: ignore[attr-defined]
    # A short poll, so that closing does not wait half a second each time.
    thread = threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        http.shutdown()
        http.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        fake: AnthropicServer = self.server.fake  # type: ignore[attr-defined]
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        fake.requests.append(Recorded(self.requestline, headers, body))
        reply = fake.replies.pop(0) if len(fake.replies) > 1 else fake.replies[0]
        self.send_response_only(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(reply.body) + (100 if reply.cut else 0)))
        self.send_header("connection", "close")
        self.end_headers()
        self.wfile.write(reply.body)
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base's name
        """Quiet: a test's output is read for what must not be in it."""
