"""An export's maker says how far it is, at most once a second, and stops when nobody wants it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

import pytest

from leadlayer.exports.model import Export
from leadlayer.exports.service import Maker

ASKED = Export("e_1", "a_1", "m_1", "json", "2026-11-23T10:00:00Z", expires_at=10**10)


class Rows:
    """One export, as its row would be."""

    def __init__(self) -> None:
        self.export = ASKED
        self.told: list[int] = []
        self.is_wanted = True

    def find(self, account_id: str, export_id: str) -> Export | None:
        return self.export

    def add(self, export: Export, *, follows=()) -> bool:
        return True

    def claim(self, export: Export) -> Export | None:
        self.export = replace(export, state="running", tries=export.tries + 1)
        return self.export

    def progress(self, export: Export, percent: int) -> bool:
        self.told.append(percent)
        return self.is_wanted

    def release(self, export: Export) -> None:
        self.export = replace(self.export, state="queued")

    def ready(self, export: Export, *, size: int, follows: Sequence[Any] = ()) -> bool:
        if self.is_wanted:
            self.export = replace(export, state="ready", bytes=size)
        else:
            self.export = replace(export, state="withdrawn")
        return self.is_wanted

    def fail(self, export: Export) -> bool:
        self.export = replace(export, state="failed")
        return True

    def forget_job(self, export: Export) -> None:
        """Nothing is listed here."""


class Files:
    def __init__(self) -> None:
        self.bytes = 0
        self.there = False

    def writer(self, key: str) -> Self:
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: object, trace: TracebackType | None
    ) -> None:
        self.there = kind is None

    def delete(self, key: str) -> None:
        self.there = False


class Watch:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def make(rows: Rows, work: Callable[[Callable[[float], None], Watch], None]) -> Files:
    files, watch = Files(), Watch()

    def fill(export: Export, file: Any, tell: Callable[[float], None]) -> None:
        work(tell, watch)

    maker = Maker(exports=rows, files=files, fill=fill, follows=lambda _: [], monotonic=watch)
    maker.make("a_1", "e_1")
    return files


def test_progress_is_passed_on_once_a_second_at_most():
    rows = Rows()

    def work(tell: Callable[[float], None], watch: Watch) -> None:
        for step in range(1_000):
            watch.now += 0.01
            tell(step / 10)

    files = make(rows, work)

    assert 9 <= len(rows.told) <= 10
    assert rows.told == sorted(rows.told)
    assert (rows.export.state, files.there) == ("ready", True)


def test_a_hundred_is_said_by_nothing_but_being_ready():
    rows = Rows()

    def work(tell: Callable[[float], None], watch: Watch) -> None:
        watch.now += 2
        tell(100)

    make(rows, work)

    assert rows.told == [99]


def test_an_export_that_nobody_wants_any_more_stops_at_the_next_look():
    rows = Rows()
    done: list[int] = []

    def work(tell: Callable[[float], None], watch: Watch) -> None:
        rows.is_wanted = False
        for step in range(100):
            watch.now += 0.4
            tell(step)
            done.append(step)

    files = make(rows, work)

    assert len(done) == 2
    assert (rows.told, files.there) == ([2], False)


def test_one_withdrawn_at_the_last_moment_is_deleted():
    rows = Rows()

    def work(tell: Callable[[float], None], watch: Watch) -> None:
        rows.is_wanted = False

    files = make(rows, work)

    assert (rows.export.state, files.there) == ("withdrawn", False)


@pytest.mark.parametrize(("tries", "state"), [(0, "queued"), (1, "queued"), (2, "failed")])
def test_the_third_failure_is_the_last(tries: int, state: str):
    rows = Rows()
    rows.export = replace(ASKED, tries=tries)

    def work(tell: Callable[[float], None], watch: Watch) -> None:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        make(rows, work)

    assert rows.export.state == state


@pytest.mark.parametrize("state", ["ready", "failed"])
def test_what_is_done_is_not_made_again(state: Any):
    rows = Rows()
    rows.export = replace(ASKED, state=state)

    def work(tell: Callable[[float], None], watch: Watch) -> None:
        pytest.fail("made again")

    make(rows, work)

    assert rows.export.state == state
