"""A check writes nothing, and nothing is written beside it unless it holds."""

import pytest

from leadlayer.core.clock import epoch
from leadlayer.core.table import Check, ConditionFailed, Delete, Put, Update, _failed_positions
from tests.clocks import START
from tests.contract.notes import PK, NoteItem, fill, note
from tests.world import World

NOW = epoch(START)
HOLDS = Check(NoteItem(PK, "N#checked"), NoteItem.amount == 1)


def test_beside_a_check_that_holds_everything_is_written_and_the_checked_item_stays(world: World):
    fill(world.table, note("N#checked", amount=1))
    before = world.rows("note")

    world.table.transact([Put(note("N#new"), only_new=True), HOLDS])

    assert [row for row in world.rows("note") if row in before] == before
    assert len(world.rows("note")) == 2


@pytest.mark.parametrize(
    "rows",
    [[], [note("N#checked", amount=2)], [note("N#checked", amount=1, expires_at=NOW)]],
    ids=["missing", "changed", "expired"],
)
def test_beside_a_check_that_does_not_hold_nothing_is_written(world: World, rows):
    fill(world.table, *rows)
    before = world.rows()

    with pytest.raises(ConditionFailed) as failed:
        world.table.transact([Put(note("N#new"), only_new=True), HOLDS])

    assert failed.value.positions == {1}
    assert world.rows() == before
    with pytest.raises(ConditionFailed):
        world.table.write(HOLDS)


@pytest.mark.parametrize("at", range(4))
def test_a_check_that_does_not_hold_is_named_wherever_it_stands(world: World, at: int):
    fill(world.table, note("N#a"))
    writes = [
        Put(note("N#b"), only_new=True),
        Update(NoteItem(PK, "N#a"), [NoteItem.amount.add(1)]),
        Delete(NoteItem(PK, "N#c")),
    ]
    writes.insert(at, HOLDS)

    with pytest.raises(ConditionFailed) as failed:
        world.table.transact(writes)

    assert failed.value.positions == {at}


def test_twin_a_check_counted_in_another_place_of_the_wire_would_be_mistaken():
    writes = [Delete(NoteItem(PK, "N#c")), HOLDS]

    assert _failed_positions(writes, ["ConditionalCheckFailed", "None"]) == {1}
