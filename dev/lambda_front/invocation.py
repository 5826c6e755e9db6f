"""One invocation: the event for the function, and its answer on the way back."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass

# How much of an answer may wait for a slow reader before the function has to wait as well.
_WAITING_PIECES = 64


class InvocationFailedError(Exception):
    """The function gave no answer, or stopped in the middle of one; the text says why."""


@dataclass(frozen=True)
class _End:
    failure: str | None = None


class Invocation:
    """Filled from the worker's side, read from the front's side; both in one event loop."""

    def __init__(self, event: bytes, timeout_s: float) -> None:
        self.id = str(uuid.uuid4())
        self.event = event
        self.deadline_ms = 0
        self.streams = False
        self.ended = False
        self._timeout_s = timeout_s
        self._pieces: asyncio.Queue[bytes | _End] = asyncio.Queue()
        self._room = asyncio.Event()
        self._room.set()
        self._answered = asyncio.Event()
        self._reader_left = False

    def begin(self) -> float:
        """A worker has it now: the function's timeout starts. Returns its length in seconds."""
        self.deadline_ms = int((time.time() + self._timeout_s) * 1000)
        return self._timeout_s

    def answer_begins(self, *, streams: bool) -> None:
        self.streams = streams
        self._answered.set()

    async def feed(self, piece: bytes) -> None:
        """A piece of the answer. A real API too reads on when its client has gone away."""
        if self._reader_left or self.ended:
            return
        self._pieces.put_nowait(piece)
        if self._pieces.qsize() >= _WAITING_PIECES:
            self._room.clear()
            await self._room.wait()

    def end(self, failure: str | None = None) -> None:
        """No more comes; the first call counts."""
        if not self.ended:
            self.ended = True
            self._pieces.put_nowait(_End(failure))
            self._answered.set()
            self._room.set()

    def reader_leaves(self) -> None:
        self._reader_left = True
        self._room.set()

    async def answered(self) -> None:
        """Return when the answer has begun, or has failed."""
        await self._answered.wait()

    async def pieces(self) -> AsyncIterator[bytes]:
        while not isinstance(piece := await self._pieces.get(), _End):
            if self._pieces.qsize() < _WAITING_PIECES // 2:
                self._room.set()
            yield piece
        if piece.failure is not None:
            raise InvocationFailedError(piece.failure)
