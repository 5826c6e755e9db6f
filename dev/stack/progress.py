"""Decides how the stack speaks while it starts: one line per step, with the seconds so far."""

import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path


class StackError(Exception):
    """Something that stops the start; the message says what to do about it."""


class Progress:
    """Prints to stdout, a line at a time, so that it reads the same in a terminal and in a log."""

    def __init__(self) -> None:
        self._start = time.monotonic()

    @property
    def elapsed(self) -> float:
        return time.monotonic() - self._start

    def say(self, text: str) -> None:
        print(f"{self.elapsed:6.1f} s  {text}", flush=True)

    @contextmanager
    def step(self, text: str) -> Generator[None]:
        began = time.monotonic()
        self.say(f"{text} ...")
        yield
        self.say(f"{text}: done in {time.monotonic() - began:.1f} s")


def tail(log: Path, lines: int = 25) -> str:
    """The end of a log for an error message."""
    if not log.exists():
        return "(no log)"
    text = log.read_text(errors="replace").splitlines()[-lines:]
    return "\n".join(f"    {line}" for line in text)


def fail(message: str) -> int:
    print(f"\nmake run: {message}", file=sys.stderr, flush=True)
    return 1
