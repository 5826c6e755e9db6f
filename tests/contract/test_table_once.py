"""What may be used once is used once, and a range of sort keys has both its ends."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from leadlayer.core.clock import epoch
from leadlayer.core.table import ConditionFailed, Delete
from tests.clocks import START
from tests.contract.notes import INDEX, PK, NoteItem, fill, note
from tests.world import World

NOW = epoch(START)


@pytest.mark.parametrize("end", [NOW - 1, NOW])
def test_an_expired_item_cannot_be_used_up(world: World, end: int):
    fill(world.table, note("N#1", expires_at=end))
    with pytest.raises(ConditionFailed):
        world.table.write(Delete(note("N#1"), present=True))


def test_what_is_missing_cannot_be_used_up_alone_or_in_a_transaction(world: World):
    with pytest.raises(ConditionFailed):
        world.table.write(Delete(note("N#1"), present=True))
    with pytest.raises(ConditionFailed) as failed:
        world.table.transact([Delete(note("N#2")), Delete(note("N#1"), present=True)])
    assert failed.value.positions == {1}


def test_only_one_of_many_uses_it_up(world: World):
    fill(world.table, note("N#1", expires_at=NOW + 1))

    def use(_: int) -> bool:
        try:
            world.table.write(Delete(note("N#1"), present=True))
        except ConditionFailed:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(use, range(12))).count(True) == 1


def test_a_range_includes_both_its_ends_in_the_partition_and_in_the_index(world: World):
    fill(world.table, *(note(f"N#{number}") for number in range(5)))
    table = world.table
    within = table.query(NoteItem, PK, between=("N#1", "N#3")).items
    listed = table.query_index(NoteItem, INDEX, between=("N#1", "N#3"), newest_first=True).items
    assert [item.sk for item in within] == ["N#1", "N#2", "N#3"]
    assert [item.sk for item in listed] == ["N#3", "N#2", "N#1"]
