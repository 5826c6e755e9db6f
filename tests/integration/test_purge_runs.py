"""A run of the purge is cut off anywhere and gone on with, costs what it removes, and tells."""

import json
from typing import Any

import pytest

from functions.purge.handler import build
from leadlayer.core.table import Item
from leadlayer.exports.model import Export
from leadlayer.exports.store import ExportStore
from leadlayer.privacy.erasure import Eraser, Head
from leadlayer.privacy.purge_budget import Budget
from leadlayer.privacy.purge_store import LEASE_S
from tests.integration.inbox_calls import Shop
from tests.integration.purge_calls import (
    DAY,
    ENDS,
    Killed,
    Mortal,
    Rig,
    everything_of_a_neighbour,
    two_years_later,
)
from tests.integration.test_erasure import PERSONAL, everything, left
from tests.world import TABLE, Context, World, load_event


@pytest.fixture
def rig(world: World) -> Rig:
    return Rig(world)


@pytest.fixture
def shop(world: World) -> Shop:
    return Shop(world)


def calls_of(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every operation that is asked of DynamoDB from now on."""
    connection: Any = Item._get_connection().connection
    real, asked = connection._make_api_call, list[str]()

    def counting(operation: str, *args: Any, **more: Any) -> Any:
        asked.append(operation)
        return real(operation, *args, **more)

    monkeypatch.setattr(connection, "_make_api_call", counting)
    return asked


# Cut off


def test_killed_at_every_call_and_started_again_loses_nothing_and_leaves_nothing(
    shop: Shop, rig: Rig
):
    everything(shop)
    going = places(shop.world)
    shop.world.clock.advance(days=3)
    everything_of_a_neighbour(shop)
    neighbours = [row for row in personal(shop.world) if place(row) not in going]
    two_years_later(rig, DAY)
    life = Mortal()
    before = shop.world.rows()
    rig.run(life)

    for lived in range(life.calls):
        put_back(shop.world, before)
        with pytest.raises(Killed):
            rig.run(Mortal(lived))
        assert [row for row in neighbours if row not in shop.world.rows()] == []
        rig.at(ENDS + DAY + LEASE_S)
        rig.run()
        assert personal(shop.world) == neighbours
        rig.at(ENDS + DAY)
    assert life.calls > 5


def put_back(world: World, rows: list[dict[str, Any]]) -> None:
    there = world.rows()
    for row in (row for row in there if row not in rows):
        world.client.delete_item(TableName=TABLE, Key={k: row[k] for k in ("pk", "sk")})
    for row in (row for row in rows if row not in there):
        world.client.put_item(TableName=TABLE, Item=row)


def personal(world: World) -> list[dict[str, Any]]:
    return sorted((row for kind in PERSONAL for row in world.rows(kind)), key=place)


def place(row: dict[str, Any]) -> tuple[str, str]:
    return row["pk"]["S"], row["sk"]["S"]


def places(world: World) -> set[tuple[str, str]]:
    return {place(row) for row in personal(world)}


def test_twin_a_purge_that_begins_with_the_head_leaves_something_for_good(
    shop: Shop, rig: Rig, monkeypatch: pytest.MonkeyPatch
):
    def heads_first(self: Eraser, heads: list[Head]) -> None:
        rows = [row for head in heads for row in self._rows(head)]
        self.table.delete_all(heads)
        self.table.delete_all(rows)

    everything(shop)
    two_years_later(rig)
    monkeypatch.setattr(Eraser, "remove", heads_first)

    list(rig.killed_at_every_call())

    assert left(shop.world) != []


def test_a_run_that_is_killed_leaves_evidence_and_blocks_the_next_no_longer_than_its_lease(
    shop: Shop, rig: Rig
):
    shop.leave()
    two_years_later(rig)
    with pytest.raises(Killed):
        rig.run(Mortal(3))

    assert rig.run() == {"busy": 1}
    assert [row["state"]["S"] for row in shop.world.rows("purge_run")] == ["running"]
    shop.world.clock.advance(seconds=LEASE_S)
    rig.run()
    assert left(shop.world) == []


def test_a_run_stops_when_its_time_is_short_and_the_next_one_goes_on(shop: Shop, rig: Rig):
    for number in range(3):
        shop.leave(email=f"v{number}@example.com")
    two_years_later(rig, DAY)

    class Hurried(Context):
        asked = 0

        def get_remaining_time_in_millis(self) -> int:
            return 29_000

    assert Rig(shop.world, rig.files, rig.ledger, Hurried()).run() == {}
    assert len(shop.world.rows("lead")) == 3
    assert rig.run() == {"lead": 3}
    states = {row["state"]["S"] for row in shop.world.rows("purge_run")}
    assert states == {"cut_off", "done"}


def test_a_budget_ends_with_its_rows_and_slows_down_what_is_too_fast():
    slept: list[float] = []
    budget = Budget(
        lambda: 900, most=600, per_second=100, sleep=slept.append, monotonic=lambda: 5.0
    )

    budget.took(50)
    assert (slept, budget.is_spent) == ([], False)
    budget.took(550)

    assert (slept, budget.is_spent) == ([6.0], True)


def test_what_cannot_go_keeps_nothing_else_and_is_tried_again(shop: Shop, rig: Rig, capsys):
    store = ExportStore(shop.world.table, clock=shop.world.clock)
    store.add(Export("e_1", "a_demo", "m_owner", "json", "2026-11-23T10:00:00Z", ENDS))
    shop.leave(email="kanarie.noor@example.org")
    two_years_later(rig)

    class Broken(type(rig.files)):
        def delete(self, key: str) -> None:
            raise OSError("kanarie.noor@example.org")

    broken = Rig(shop.world, rig.files, rig.ledger)
    working, broken.files.__class__ = broken.files.__class__, Broken
    try:
        counts = build_with(broken)
    finally:
        broken.files.__class__ = working

    assert counts == {"lead": 1, "failed": 1}
    said = capsys.readouterr().out
    assert "purge_failed" in said
    assert "kanarie" not in said
    rig.at(ENDS + 3 * DAY)
    assert rig.run() == {"export": 1}


def build_with(rig: Rig) -> dict[str, int]:
    from functions.purge.handler import Deps

    world = rig.world
    deps = Deps(world.settings, world.table, world.clock, rig.ledger, rig.files)
    return build(deps)({}, Context())


# What it costs, and what it says


def test_the_cost_follows_what_goes_and_not_what_is_there(
    shop: Shop, rig: Rig, monkeypatch: pytest.MonkeyPatch
):
    found: list[list[str]] = []
    for others in (1, 12):
        shop.leave(email="over@example.com")
        rig.at(ENDS - 1)
        rig.finish_until_now()
        for number in range(others):
            shop.leave(email=f"v{number}@example.com")
        rig.at(ENDS)
        with monkeypatch.context() as patch:
            asked = calls_of(patch)
            assert rig.run() == {"lead": 1}
            found.append(sorted(asked))
        rig.at(1795428000)

    assert found[0] == found[1]
    assert "Scan" not in found[0]


def test_a_purge_with_nothing_to_do_asks_for_its_days_and_no_more(
    shop: Shop, rig: Rig, monkeypatch: pytest.MonkeyPatch
):
    everything(shop)
    rig.finish_until_now()
    asked = calls_of(monkeypatch)

    assert rig.run() == {}

    assert sorted(asked) == ["GetItem", "PutItem", "PutItem", "Query", "UpdateItem", "UpdateItem"]


def test_a_dry_run_says_what_would_go_and_changes_nothing(shop: Shop, rig: Rig):
    everything(shop)
    two_years_later(rig)
    before = shop.world.rows()

    counts = rig.run(event=load_event("purge.dry_run"))

    assert counts == {"lead": 1, "conversation": 1}
    assert shop.world.rows() == before


def test_evidence_and_metrics_are_numbers(shop: Shop, rig: Rig, capsys):
    everything(shop)
    two_years_later(rig)

    rig.run(event=load_event("purge.schedule"))

    (row,) = shop.world.rows("purge_run")
    assert json.loads(row["counts"]["S"]) == {"lead": 1, "conversation": 1}
    assert (row["state"]["S"], row["ended_at"]["S"]) == ("done", "2028-11-23T10:00:01Z")
    line = json.loads(capsys.readouterr().out.splitlines()[-1])
    (told,) = line["_aws"]["CloudWatchMetrics"]
    assert told["Namespace"] == "LeadLayer/local"
    values = {metric["Name"]: line[metric["Name"]] for metric in told["Metrics"]}
    assert values["PurgeRuns"] == values["PurgedLead"] == values["PurgedConversation"] == 1
    assert line.keys() == {"_aws", "timestamp", "event", "level", *values}


def test_a_day_is_finished_an_hour_after_its_end_and_never_before_an_unfinished_one(
    world: World, rig: Rig
):
    def finished() -> str:
        return next(row["finished_day"]["S"] for row in world.rows("purge_state"))

    rig.run()
    assert finished() == "2026-11-22"
    midnight = 1795478400
    for seconds, day in ((3_500, "2026-11-22"), (3_700 + LEASE_S, "2026-11-23")):
        rig.at(midnight + seconds)
        rig.run()
        assert finished() == day
