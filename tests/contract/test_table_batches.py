"""Deleting in batches: 25 at a time, each once, and what DynamoDB postpones is asked again."""

from typing import Any

import pytest

from leadlayer.core.table import Item, NotAllDeleted, Put, Table
from tests.world import World


class Row(Item):
    KIND = "row_of_a_batch"


def fill(world: World, count: int) -> list[Row]:
    rows = [Row("BATCH#1", f"{number:04}") for number in range(count)]
    for row in rows:
        world.table.write(Put(row))
    return rows


class Postponing:
    """Leaves the last of each batch undone, a number of times."""

    def __init__(self, times: int) -> None:
        self.times = times
        self.calls: list[int] = []

    def attach(self, monkeypatch: pytest.MonkeyPatch) -> None:
        connection: Any = Item._get_connection()
        real = connection.batch_write_item

        def batch_write_item(*, delete_items: list[dict]) -> dict:
            self.calls.append(len(delete_items))
            if self.times == 0:
                return real(delete_items=delete_items)
            self.times -= 1
            *done, last = delete_items
            answer = real(delete_items=done) if done else {}
            left = {connection.table_name: [{"DeleteRequest": {"Key": last}}]}
            return answer | {"UnprocessedItems": left}

        monkeypatch.setattr(connection, "batch_write_item", batch_write_item)


def test_everything_goes_25_at_a_time_and_what_is_named_twice_once(world: World, monkeypatch):
    rows = fill(world, 30)
    connection = Postponing(0)
    connection.attach(monkeypatch)

    world.table.delete_all([rows[0], *rows, Row("BATCH#1", "not-there")])

    assert world.rows("row_of_a_batch") == []
    assert connection.calls == [24, 7]


def test_nothing_to_delete_is_no_call(world: World, monkeypatch):
    connection = Postponing(0)
    connection.attach(monkeypatch)

    world.table.delete_all([])

    assert connection.calls == []


def test_what_is_postponed_is_asked_again_after_longer_and_longer_waits(world: World, monkeypatch):
    slept: list[float] = []
    rows = fill(world, 5)
    Postponing(3).attach(monkeypatch)

    Table(clock=world.clock, sleep=slept.append).delete_all(rows)

    assert world.rows("row_of_a_batch") == []
    assert slept == [0.05, 0.1, 0.2]


def test_a_table_that_is_busy_for_good_is_an_error_and_not_silence(world: World, monkeypatch):
    rows = fill(world, 2)
    Postponing(99).attach(monkeypatch)

    with pytest.raises(NotAllDeleted):
        Table(clock=world.clock, sleep=lambda _: None).delete_all(rows)


def test_only_what_asks_for_remains_sees_what_has_expired(world: World):
    world.table.write(Put(Row("BATCH#1", "x", expires_at=1)))

    assert world.table.find(Row, "BATCH#1", "x") is None
    assert world.table.remains(Row, "BATCH#1", "x") is not None
    assert world.table.remains(Row, "BATCH#1", "y") is None
