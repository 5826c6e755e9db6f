"""Anthropic's streamed Messages API at a fixed pace, the same for the SDK and for the chat."""

import asyncio
import contextlib
import json
from typing import Any

from dev.lambda_front.http1 import Reply, body_pieces, read_head

# The model "thinks" this long before its first token; what is on top of it is overhead.
FIRST_TOKEN_S = 0.02
_BETWEEN_TOKENS_S = 0.002
_TOKENS = 8
_MESSAGE = {
    "id": "msg_bench",
    "type": "message",
    "role": "assistant",
    "model": "claude-haiku-5-5",
    "content": [],
    "stop_reason": None,
    "stop_sequence": None,
    "usage": {"input_tokens": 400, "output_tokens": 1},
}


class ModelStub:
    def __init__(self) -> None:
        self._server: asyncio.Server | None = None

    async def start(self) -> str:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def stop(self) -> None:
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await read_head(reader):
                async for _ in body_pieces(reader, head):
                    pass
                await _answer(Reply(writer, head))
        except (OSError, asyncio.IncompleteReadError):
            pass  # whoever measured is done
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


async def _answer(reply: Reply) -> None:
    await reply.start(200, (("Content-Type", "text/event-stream; charset=utf-8"),))
    await reply.piece(_event("message_start", message=_MESSAGE))
    block = {"type": "text", "text": ""}
    await reply.piece(_event("content_block_start", index=0, content_block=block))
    for number in range(_TOKENS):
        await asyncio.sleep(_BETWEEN_TOKENS_S if number else FIRST_TOKEN_S)
        delta = {"type": "text_delta", "text": f"woord{number} "}
        await reply.piece(_event("content_block_delta", index=0, delta=delta))
    await reply.piece(_event("content_block_stop", index=0))
    ending = {"stop_reason": "end_turn", "stop_sequence": None}
    await reply.piece(_event("message_delta", delta=ending, usage={"output_tokens": _TOKENS}))
    await reply.piece(_event("message_stop"))
    await reply.end()


def _event(kind: str, **fields: Any) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n".encode()
