"""The Lambda Runtime API as one worker sees it: next, response, error and init/error.

Source: AWS Lambda developer guide, "Using the Lambda runtime API".
"""

import asyncio
import contextlib
import json
import uuid
from typing import Protocol

from .http1 import BadRequestError, Head, Reply, body_pieces, read_head
from .invocation import Invocation

_PREFIX = "/2018-06-01/runtime"
_JSON = (("Content-Type", "application/json"),)
_ACCEPTED = json.dumps({"status": "OK"}).encode()


class Dispatcher(Protocol):
    """What a worker's Runtime API asks for and tells."""

    async def next_invocation(self) -> Invocation | None: ...

    def current(self, invocation_id: str) -> Invocation | None: ...

    def answered(self, invocation: Invocation) -> None: ...

    def init_failed(self, reason: str) -> None: ...


class RuntimeApi:
    """A server on a free port of the loopback interface, for exactly one worker process."""

    def __init__(self, dispatcher: Dispatcher, function_arn: str) -> None:
        self._dispatcher = dispatcher
        self._function_arn = function_arn
        self._server: asyncio.Server | None = None
        self._connections: dict[asyncio.Task[object], asyncio.StreamWriter] = {}

    async def start(self) -> str:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        return f"127.0.0.1:{port}"

    async def stop(self, grace_s: float) -> None:
        """Read what a worker that has ended still had sent, then close."""
        if self._server is not None:
            self._server.close()
        if self._connections:
            await asyncio.wait(list(self._connections), timeout=grace_s)
        for writer in list(self._connections.values()):
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a connection is served in a task")
        self._connections[task] = writer
        try:
            while head := await read_head(reader):
                reply = Reply(writer, head)
                await self._route(reader, head, reply)
                if not reply.keeps_alive:
                    break
        except (OSError, asyncio.IncompleteReadError, BadRequestError):
            pass  # the worker's end of it is watched by its process, not by its connections
        finally:
            del self._connections[task]
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _route(self, reader: asyncio.StreamReader, head: Head, reply: Reply) -> None:
        match head.target.removeprefix(_PREFIX).strip("/").split("/"):
            case ["invocation", "next"]:
                await self._next(reply)
            case ["invocation", invocation_id, "response"]:
                await self._response(reader, head, reply, invocation_id)
            case ["invocation", invocation_id, "error"]:
                await self._error(reader, head, reply, invocation_id)
            case ["init", "error"]:
                self._dispatcher.init_failed(_reason(await _whole(reader, head)))
                await reply.whole(202, _JSON, _ACCEPTED)
            case _:
                await reply.whole(404, _JSON, b"{}")

    async def _next(self, reply: Reply) -> None:
        invocation = await self._dispatcher.next_invocation()
        if invocation is None:
            raise ConnectionAbortedError("the worker is stopping")
        headers = (
            *_JSON,
            ("Lambda-Runtime-Aws-Request-Id", invocation.id),
            ("Lambda-Runtime-Deadline-Ms", str(invocation.deadline_ms)),
            ("Lambda-Runtime-Invoked-Function-Arn", self._function_arn),
            ("Lambda-Runtime-Trace-Id", f"Root=1-{uuid.uuid4().hex};Sampled=0"),
        )
        await reply.whole(200, headers, invocation.event)

    async def _response(
        self, reader: asyncio.StreamReader, head: Head, reply: Reply, invocation_id: str
    ) -> None:
        invocation = self._dispatcher.current(invocation_id)
        if invocation is None:
            await self._unknown(reader, head, reply)
            return
        mode = head.header("lambda-runtime-function-response-mode")
        invocation.answer_begins(streams=mode == "streaming")
        try:
            async for piece in body_pieces(reader, head):
                await invocation.feed(piece)
        except (OSError, asyncio.IncompleteReadError):
            invocation.end("the function stopped in the middle of its answer")
            raise
        invocation.end()
        self._dispatcher.answered(invocation)
        await reply.whole(202, _JSON, _ACCEPTED)

    async def _error(
        self, reader: asyncio.StreamReader, head: Head, reply: Reply, invocation_id: str
    ) -> None:
        invocation = self._dispatcher.current(invocation_id)
        if invocation is None:
            await self._unknown(reader, head, reply)
            return
        invocation.end(_reason(await _whole(reader, head)))
        self._dispatcher.answered(invocation)
        await reply.whole(202, _JSON, _ACCEPTED)

    async def _unknown(self, reader: asyncio.StreamReader, head: Head, reply: Reply) -> None:
        await _whole(reader, head)
        answer = {"errorType": "InvalidRequestID", "errorMessage": "no such invocation"}
        await reply.whole(400, _JSON, json.dumps(answer).encode())


async def _whole(reader: asyncio.StreamReader, head: Head) -> bytes:
    return b"".join([piece async for piece in body_pieces(reader, head)])


def _reason(error: bytes) -> str:
    """Only the error's type: its message may repeat what the visitor sent."""
    try:
        return str(json.loads(error)["errorType"])
    except (ValueError, KeyError, TypeError):
        return "an error without a type"
