"""One function's process under the real runtime client, read whenever it waits for work."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass

from dev.bench.cpu import process_cpu_ns
from dev.lambda_front.invocation import Invocation
from dev.lambda_front.worker import Function, Worker

_PATIENCE_S = 60.0


class MeasurementError(Exception):
    """The function did not do what is to be measured."""


@dataclass(frozen=True)
class Answered:
    """What an invocation cost the process, and the answer's status if it has one."""

    cpu_ns: int
    status: int | None


class MeasuredProcess:
    """CPU is read when the process asks for its next invocation: then it has done all its work."""

    def __init__(self, function: Function) -> None:
        self._function = function
        self._waits = asyncio.Event()
        self._ended = False
        self._worker = Worker(function, on_idle=self._on_idle, on_exit=self._on_exit)
        self._cpu_ns = 0

    async def start(self) -> int:
        """Start it; the CPU of its init, from the first instruction of the interpreter."""
        await self._worker.start()
        await self._wait()
        return self._cpu_ns

    async def invoke(self, event: bytes) -> Answered:
        before = self._cpu_ns
        body = b"".join([piece async for piece in self.pieces(event)])
        return Answered(self._cpu_ns - before, _status(body))

    async def pieces(self, event: bytes) -> AsyncIterator[bytes]:
        """The answer as it comes; ends when the process waits again."""
        invocation = Invocation(event, _PATIENCE_S)
        self._waits.clear()
        self._worker.give(invocation)
        async for piece in invocation.pieces():
            yield piece
        await self._wait()

    async def stop(self) -> None:
        await self._worker.stop()

    async def _wait(self) -> None:
        await asyncio.wait_for(self._waits.wait(), _PATIENCE_S)
        if self._ended:
            name = self._function.name
            raise MeasurementError(f"{name} does not run: {self._worker.init_error}")

    def _on_idle(self, worker: Worker) -> None:
        self._cpu_ns = process_cpu_ns(worker.pid)
        self._waits.set()

    def _on_exit(self, _worker: Worker) -> None:
        self._ended = True
        self._waits.set()


def _status(body: bytes) -> int | None:
    """From a proxy response, or from the metadata before a stream's delimiter."""
    answer = json.loads(body.partition(b"\0" * 8)[0] or b"null")
    return answer.get("statusCode") if isinstance(answer, dict) else None
