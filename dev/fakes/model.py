"""Stands in for Anthropic's Messages API: streams a script, and fails on demand.

Written instead of using fakellm 0.3.5, which streams Anthropic's format and tool calls but ignores
`status` for streamed answers, has one fixed delay of 10 ms, knows no error event or broken stream
and checks neither the key nor the version header.

A visitor's message may hold a trigger: `fault:overloaded` (529 once, then fine), `fault:down`
(529 always), `fault:midstream` (an error event after two tokens), `fault:truncated` (an end
without message_stop after two tokens), `slow` (two seconds before the second token).
"""

import argparse
import json
import re
import threading
import time
import uuid
from collections import deque
from collections.abc import Iterator
from email.message import Message
from typing import Any

from dev.fakes.http_server import LOOPBACK, Handler, Server
from dev.fakes.script import Say, UseTool, newest, reply

TOKEN_DELAY = 0.03
SLOW_DELAY = 2.0
SAMPLING = ("temperature", "top_p", "top_k")
Event = dict[str, Any]


class RefusalError(Exception):
    """An answer that is an error: status and Anthropic's error type."""

    def __init__(self, status: int, kind: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"type": "error", "error": {"type": kind, "message": message}}


class Model:
    """What the stand-in remembers: the last requests, and which overloads it has already played."""

    def __init__(self) -> None:
        self.requests: deque[dict[str, Any]] = deque(maxlen=1000)
        self._overloaded: set[str] = set()
        self._lock = threading.Lock()

    def check(self, headers: Message, body: dict[str, Any]) -> None:
        if not str(headers.get("Authorization", "")).startswith("Bearer "):
            raise RefusalError(401, "authentication_error", "a bearer token is required")
        if not headers.get("anthropic-version"):
            raise RefusalError(
                400, "invalid_request_error", "anthropic-version: header is required"
            )
        for name in SAMPLING:
            if name in body:
                raise RefusalError(400, "invalid_request_error", f"{name}: not supported")
        for name in ("model", "max_tokens", "messages"):
            if not body.get(name):
                raise RefusalError(400, "invalid_request_error", f"{name}: Field required")
        _check_messages(body["messages"])
        self._play_overload(newest(body["messages"]))

    def _play_overload(self, said: str) -> None:
        if "fault:down" in said:
            raise RefusalError(529, "overloaded_error", "Overloaded")
        if "fault:overloaded" not in said:
            return
        with self._lock:
            if said not in self._overloaded:
                self._overloaded.add(said)
                raise RefusalError(529, "overloaded_error", "Overloaded")
            self._overloaded.remove(said)


def _check_messages(messages: list[dict[str, Any]]) -> None:
    """Anthropic's own rules: a user begins and ends, and a tool's result follows its use."""
    if messages[0]["role"] != "user" or messages[-1]["role"] != "user":
        raise RefusalError(
            400, "invalid_request_error", "messages: must begin and end with the user"
        )
    offered: set[str] = set()
    for message in messages:
        content = message["content"]
        if not content:
            raise RefusalError(400, "invalid_request_error", "messages: content must not be empty")
        blocks = content if isinstance(content, list) else []
        answered = {block["tool_use_id"] for block in blocks if block["type"] == "tool_result"}
        if answered != offered:
            raise RefusalError(
                400, "invalid_request_error", "tool_use and tool_result do not match"
            )
        offered = {block["id"] for block in blocks if block["type"] == "tool_use"}


def whole_message(body: dict[str, Any]) -> Event:
    """A message as it looks when it is complete."""
    action = reply(body["messages"], [tool["name"] for tool in body.get("tools", [])])
    block: Event
    match action:
        case Say(text):
            block = {"type": "text", "text": text}
        case UseTool(name, arguments):
            identifier = f"toolu_{uuid.uuid4().hex[:20]}"
            block = {"type": "tool_use", "id": identifier, "name": name, "input": arguments}
    return {
        "id": f"msg_{uuid.uuid4().hex[:20]}",
        "type": "message",
        "role": "assistant",
        "model": body["model"],
        "content": [block],
        "stop_reason": "tool_use" if isinstance(action, UseTool) else "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": len(json.dumps(body)) // 4, "output_tokens": 25},
    }


def stream(body: dict[str, Any]) -> Iterator[Event]:
    """The same message as events, with the pauses and the faults that were asked for."""
    message = whole_message(body)
    block = message["content"][0]
    said = newest(body["messages"])
    opening = {**message, "content": [], "stop_reason": None}
    opening["usage"] = {**message["usage"], "output_tokens": 1}
    yield {"type": "message_start", "message": opening}
    empty = {"text": ""} if block["type"] == "text" else {"input": {}}
    yield {"type": "content_block_start", "index": 0, "content_block": {**block, **empty}}
    for index, delta in enumerate(_deltas(block)):
        time.sleep(SLOW_DELAY if index == 1 and re.search(r"\bslow\b", said) else TOKEN_DELAY)
        if index == 2 and "fault:midstream" in said:
            yield RefusalError(529, "overloaded_error", "Overloaded").body
            return
        if index == 2 and "fault:truncated" in said:
            return
        yield {"type": "content_block_delta", "index": 0, "delta": delta}
    yield {"type": "content_block_stop", "index": 0}
    ending = {"stop_reason": message["stop_reason"], "stop_sequence": None}
    yield {"type": "message_delta", "delta": ending, "usage": message["usage"]}
    yield {"type": "message_stop"}


def _deltas(block: Event) -> Iterator[Event]:
    if block["type"] == "text":
        for word in re.findall(r"\S+\s*", block["text"]):
            yield {"type": "text_delta", "text": word}
        return
    arguments = json.dumps(block["input"])
    for start in range(0, len(arguments), 16):
        yield {"type": "input_json_delta", "partial_json": arguments[start : start + 16]}


class ModelHandler(Handler):
    """POST /v1/messages as Anthropic has it; GET /requests shows tests what was sent here."""

    model: Model

    def do_GET(self) -> None:  # noqa: N802  # http.server's name
        if self.path == "/requests":
            self.answer_json(200, list(self.model.requests))
        else:
            self.answer_json(200, {"stand-in": "model"})

    def do_POST(self) -> None:  # noqa: N802  # http.server's name
        content = self.body()
        if self.path != "/v1/messages":
            self.answer_json(404, RefusalError(404, "not_found_error", "no such path").body)
            return
        identifier = {"request-id": f"req_{uuid.uuid4().hex[:20]}"}
        try:
            body = json.loads(content)
            self.model.requests.append(body)
            self.model.check(self.headers, body)
        except RefusalError as refusal:
            self.answer_json(refusal.status, refusal.body, identifier)
            return
        if body.get("stream"):
            self._stream(body, identifier)
        else:
            self.answer_json(200, whole_message(body), identifier)

    def _stream(self, body: dict[str, Any], headers: dict[str, str]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.send_header("Cache-Control", "no-cache")
        self.send_header("Transfer-Encoding", "chunked")
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        try:
            for event in stream(body):
                self._chunk(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode())
            self.wfile.write(b"0\r\n\r\n")
        except ConnectionError:
            self.close_connection = True  # whoever asked has gone

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m dev.fakes.model", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    arguments = parser.parse_args()
    ModelHandler.model = Model()
    Server((LOOPBACK, arguments.port), ModelHandler).serve_forever()


if __name__ == "__main__":
    main()
