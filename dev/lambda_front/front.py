"""The API's side: takes requests, has them answered by the pool, passes pieces on as they come."""

import asyncio
import contextlib
import json
import sys
from collections.abc import Sequence

from .answers import Answer, MalformedAnswerError, read_answer
from .events import Resource, rest_event
from .http1 import HEAD_LIMIT, BadRequestError, Head, Reply, body_pieces, read_head
from .invocation import Invocation, InvocationFailedError
from .pool import BusyError, Pool

_BODY_LIMIT = 10 * 1024 * 1024  # API Gateway quota: payload size
_JSON = (("Content-Type", "application/json"),)
# Two hundred visitors at once are a test here; the default backlog of 100 would turn some away.
_BACKLOG = 1024
_NOT_STREAMED = (
    "an answer came as a whole proxy response: fine here and under `sam local`, "
    "but a streaming integration on AWS would answer 502"
)
# A reader that has taken nothing for this long is treated as gone.
_WRITE_TIMEOUT_S = 60.0


class Front:
    """An HTTP server on the loopback interface in front of one function."""

    def __init__(self, pool: Pool, *, resources: Sequence[Resource], stage: str) -> None:
        self._pool = pool
        self._resources = resources
        self._stage = stage
        self._server: asyncio.Server | None = None
        self._warned = False
        self._connections: set[asyncio.StreamWriter] = set()

    async def start(self, port: int) -> int:
        self._server = await asyncio.start_server(
            self._serve, "127.0.0.1", port, backlog=_BACKLOG, limit=HEAD_LIMIT
        )
        return self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for writer in list(self._connections):
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections.add(writer)
        try:
            await self._requests(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass  # the client went away: there is nobody to tell
        except BadRequestError as failure:
            with contextlib.suppress(OSError):
                await Reply(writer, None).whole(400, _JSON, _message(str(failure)))
        finally:
            self._connections.discard(writer)
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _requests(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        source_ip = str(writer.get_extra_info("peername")[0])
        while head := await read_head(reader):
            if (head.header("expect") or "").lower() == "100-continue":
                writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            reply = Reply(writer, head)
            body = await _body(reader, head)
            if body is None:
                reply.keeps_alive = False
                await reply.whole(413, _JSON, _message("Request Too Long"))
                return
            await self._answer(head, body, source_ip, reply)
            if not reply.keeps_alive:
                return

    async def _answer(self, head: Head, body: bytes, source_ip: str, reply: Reply) -> None:
        event = rest_event(
            head, body, source_ip=source_ip, stage=self._stage, resources=self._resources
        )
        if event is None:
            await reply.whole(403, _JSON, _message("Missing Authentication Token"))
            return
        try:
            invocation = self._pool.submit(event)
        except BusyError:
            await reply.whole(503, (*_JSON, ("Retry-After", "1")), _message("Service Unavailable"))
            return
        try:
            await self._relay(invocation, reply)
        finally:
            invocation.reader_leaves()

    async def _relay(self, invocation: Invocation, reply: Reply) -> None:
        try:
            answer = await read_answer(invocation)
        except (InvocationFailedError, MalformedAnswerError) as failure:
            print(f"502: {failure}", file=sys.stderr, flush=True)
            await reply.whole(502, _JSON, _message("Internal server error"))
            return
        if not answer.streams and not self._warned:
            self._warned = True
            print(_NOT_STREAMED, file=sys.stderr, flush=True)
        await _pass_on(answer, reply)


async def _pass_on(answer: Answer, reply: Reply) -> None:
    if not answer.streams:
        body = b"".join([piece async for piece in answer.body])
        await reply.whole(answer.status, answer.headers, body)
        return
    try:
        await reply.start(answer.status, answer.headers)
        async for piece in answer.body:
            await asyncio.wait_for(reply.piece(piece), _WRITE_TIMEOUT_S)
        await reply.end()
    except InvocationFailedError as failure:
        # Without the last chunk the browser sees that something is missing.
        print(f"stream cut: {failure}", file=sys.stderr, flush=True)
        reply.keeps_alive = False


async def _body(reader: asyncio.StreamReader, head: Head) -> bytes | None:
    pieces: list[bytes] = []
    size = 0
    async for piece in body_pieces(reader, head):
        size += len(piece)
        if size > _BODY_LIMIT:
            return None
        pieces.append(piece)
    return b"".join(pieces)


def _message(text: str) -> bytes:
    return json.dumps({"message": text}).encode()
