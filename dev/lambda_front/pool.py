"""Decides which worker takes which invocation, when another is started and when it is too much."""

import asyncio
import sys
from collections import deque

from .invocation import Invocation
from .worker import Function, Worker


class BusyError(Exception):
    """More invocations are waiting than the queue holds."""


class Pool:
    """Like Lambda, starts workers as they are needed, up to a limit; unlike it, then queues."""

    def __init__(self, function: Function, *, workers: int, queue: int) -> None:
        self._function = function
        self._limit = workers
        self._queue_limit = queue
        self._workers: set[Worker] = set()
        self._idle: deque[Worker] = deque()
        self._waiting: deque[Invocation] = deque()
        self._starting = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = False
        self._changed = asyncio.Event()
        self._init_error: str | None = None

    async def start(self) -> None:
        """Start one worker and return when it waits for work; raise when its init fails."""
        self._grow()
        while not self._idle:
            self._changed.clear()
            await self._changed.wait()
            if self._init_error is not None:
                raise RuntimeError(f"the function does not start: {self._init_error}")

    def submit(self, event: bytes) -> Invocation:
        invocation = Invocation(event, self._function.timeout_s)
        if self._idle:
            self._idle.pop().give(invocation)  # the one used last is the warmest
            return invocation
        if len(self._waiting) >= self._queue_limit:
            raise BusyError
        self._waiting.append(invocation)
        self._grow()
        return invocation

    async def stop(self) -> None:
        self._stopping = True
        while self._waiting:
            self._waiting.popleft().end("the front is stopping")
        await asyncio.gather(*self._tasks)
        await asyncio.gather(*(worker.stop() for worker in list(self._workers)))

    def _grow(self) -> None:
        room = self._limit - len(self._workers) - self._starting
        if room > 0 and not self._stopping:
            self._starting += 1
            task = asyncio.create_task(self._start_worker())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _start_worker(self) -> None:
        worker = Worker(self._function, on_idle=self._on_idle, on_exit=self._on_exit)
        self._workers.add(worker)
        self._starting -= 1
        await worker.start()

    def _on_idle(self, worker: Worker) -> None:
        if self._waiting:
            worker.give(self._waiting.popleft())
        else:
            self._idle.append(worker)
        self._changed.set()

    def _on_exit(self, worker: Worker) -> None:
        self._workers.discard(worker)
        if worker in self._idle:
            self._idle.remove(worker)
        if self._stopping:
            return
        if not worker.was_ready:
            # A broken function would be started again for ever: fail what waits instead.
            self._init_error = worker.init_error
            while self._waiting and not self._workers:
                self._waiting.popleft().end("the function does not start")
        elif self._waiting:
            self._grow()
        self._changed.set()
        print(f"worker ended: {worker.init_error}", file=sys.stderr, flush=True)
