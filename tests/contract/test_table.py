"""What every slice relies on in core.table, against DynamoDB's own rules as moto plays them."""

import json

import pytest
from pynamodb.exceptions import CancellationReason, TransactWriteError, VerboseClientError

from leadlayer.core.clock import epoch
from leadlayer.core.table import (
    ConditionFailed,
    Delete,
    Item,
    Put,
    Table,
    Update,
    _failed_positions,
)
from tests.clocks import START, FixedClock
from tests.contract.notes import INDEX, PK, NoteItem, fill, note
from tests.world import World

NOW = epoch(START)
# Offsets to now, and whether such an item may be seen: a period ends at its last second.
SEEN = [(-1, False), (0, False), (1, True)]


class NeverExpires(Table):
    """The planted fault: reads trust that TTL has deleted whatever has expired."""

    def _is_live(self, item: Item) -> bool:
        return True


def amount(table: Table, sk: str) -> int | None:
    found = table.find(NoteItem, PK, sk)
    return None if found is None else int(found.amount)


def reads(table: Table, sk: str) -> list[bool]:
    """Whether each way of reading shows the note."""
    return [
        table.find(NoteItem, PK, sk) is not None,
        any(item.sk == sk for item in table.query(NoteItem, PK, prefix="").items),
        any(item.sk == sk for item in table.query_index(NoteItem, INDEX).items),
    ]


@pytest.mark.parametrize(("offset", "seen"), SEEN)
def test_no_way_of_reading_shows_an_item_from_the_second_it_expires(world: World, offset, seen):
    fill(world.table, note("N#1", expires_at=NOW + offset))
    assert reads(world.table, "N#1") == [seen] * 3
    assert len(world.rows("note")) == 1


def test_the_check_would_see_a_read_that_waits_for_ttl(world: World):
    fill(world.table, note("N#1", expires_at=NOW))
    assert reads(NeverExpires(clock=world.clock), "N#1") == [True] * 3


def test_an_item_without_an_end_is_always_shown(world: World):
    fill(world.table, note("N#1"))
    world.clock.advance(days=36_500)
    assert reads(world.table, "N#1") == [True] * 3


def test_an_item_goes_at_its_second_while_the_function_keeps_running(world: World):
    fill(world.table, note("N#1", expires_at=NOW + 2))
    seen = []
    for _ in range(3):
        seen.append(world.table.find(NoteItem, PK, "N#1") is not None)
        world.clock.advance(seconds=1)
    assert seen == [True, True, False]


def test_a_part_of_a_second_before_the_end_the_item_is_still_there(world: World):
    fill(world.table, note("N#1", expires_at=NOW + 1))
    world.clock.advance(seconds=0.999)
    assert world.table.find(NoteItem, PK, "N#1") is not None


# Writes


def test_a_new_item_does_not_overwrite_one_that_lives(world: World):
    fill(world.table, note("N#1", amount=1, expires_at=NOW + 1))
    with pytest.raises(ConditionFailed) as refused:
        world.table.write(Put(note("N#1", amount=2), only_new=True))
    assert refused.value.positions == {0}
    assert amount(world.table, "N#1") == 1


@pytest.mark.parametrize("offset", [-1, 0])
def test_a_new_item_takes_the_place_of_an_expired_leftover(world: World, offset):
    fill(world.table, note("N#1", amount=1, expires_at=NOW + offset))
    world.table.write(Put(note("N#1", amount=2), only_new=True))
    assert amount(world.table, "N#1") == 2


def test_a_new_item_does_not_overwrite_one_without_an_end(world: World):
    fill(world.table, note("N#1", amount=1))
    with pytest.raises(ConditionFailed):
        world.table.write(Put(note("N#1", amount=2), only_new=True))


def test_an_ordinary_put_overwrites(world: World):
    fill(world.table, note("N#1", amount=1), note("N#1", amount=2))
    assert amount(world.table, "N#1") == 2


@pytest.mark.parametrize("offset", [None, 1])
def test_an_update_changes_an_item_that_lives(world: World, offset):
    end = None if offset is None else NOW + offset
    fill(world.table, note("N#1", amount=1, expires_at=end))
    world.table.write(Update(NoteItem(PK, "N#1"), [NoteItem.amount.add(4)]))
    assert amount(world.table, "N#1") == 5


@pytest.mark.parametrize("offset", [-1, 0])
def test_an_update_refuses_an_expired_item_and_leaves_it_as_it_is(world: World, offset):
    fill(world.table, note("N#1", amount=1, expires_at=NOW + offset))
    before = world.rows()
    with pytest.raises(ConditionFailed):
        world.table.write(Update(NoteItem(PK, "N#1"), [NoteItem.amount.add(4)]))
    assert world.rows() == before


def test_an_update_never_makes_an_item_that_is_not_there(world: World):
    before = world.rows()
    with pytest.raises(ConditionFailed):
        world.table.write(Update(NoteItem(PK, "N#1"), [NoteItem.amount.add(4)]))
    assert world.rows() == before


def test_an_update_can_ask_for_more_than_that_the_item_lives(world: World):
    fill(world.table, note("N#1", amount=1))
    refused = Update(NoteItem(PK, "N#1"), [NoteItem.amount.add(1)], NoteItem.amount == 2)
    with pytest.raises(ConditionFailed):
        world.table.write(refused)
    world.table.write(Update(NoteItem(PK, "N#1"), [NoteItem.amount.add(1)], NoteItem.amount == 1))
    assert amount(world.table, "N#1") == 2


def upsert(condition=None) -> Update:
    actions = [NoteItem.amount.add(1), NoteItem.type.set("note")]
    return Update(NoteItem(PK, "N#1"), actions, condition, upsert=True)


def test_an_upsert_makes_what_is_missing_and_counts_on(world: World):
    world.table.write(upsert())
    world.table.write(upsert())
    assert amount(world.table, "N#1") == 2


def test_an_upsert_keeps_to_its_own_condition(world: World):
    below_two = NoteItem.amount.does_not_exist() | (NoteItem.amount < 2)
    for _ in range(2):
        world.table.write(upsert(below_two))
    with pytest.raises(ConditionFailed):
        world.table.write(upsert(below_two))
    assert amount(world.table, "N#1") == 2


def test_a_delete_removes_and_a_second_one_is_no_error(world: World):
    fill(world.table, note("N#1"))
    for _ in range(2):
        world.table.write(Delete(NoteItem(PK, "N#1")))
    assert world.rows("note") == []


# Transactions


def test_a_transaction_names_the_writes_that_do_not_hold_in_the_order_given(world: World):
    fill(world.table, note("N#other"), note("N#gone"))
    writes = [
        Update(NoteItem(PK, "N#missing"), [NoteItem.amount.add(1)]),
        Put(note("N#new"), only_new=True),
        Delete(NoteItem(PK, "N#gone")),
        Put(note("N#other"), only_new=True),
        Delete(NoteItem(PK, "N#never")),
    ]
    before = world.rows()
    with pytest.raises(ConditionFailed) as refused:
        world.table.transact(writes)
    assert refused.value.positions == {0, 3}
    assert world.rows() == before


@pytest.mark.parametrize("wrong", range(4))
def test_one_write_that_does_not_hold_is_named_wherever_it_stands(world: World, wrong):
    fill(world.table, note("N#taken"), note("N#a"))
    writes = [
        Put(note("N#b"), only_new=True),
        Update(NoteItem(PK, "N#a"), [NoteItem.amount.add(1)]),
        Delete(NoteItem(PK, "N#c")),
    ]
    writes.insert(wrong, Put(note("N#taken"), only_new=True))
    before = world.rows()
    with pytest.raises(ConditionFailed) as refused:
        world.table.transact(writes)
    assert refused.value.positions == {wrong}
    assert world.rows() == before


def test_the_check_would_see_positions_in_the_order_of_the_wire():
    # On the wire: the delete, both puts, the update. Without translation 3 would be reported as 2.
    writes = [
        Update(NoteItem(PK, "N#a"), [NoteItem.amount.add(1)]),
        Put(note("N#b"), only_new=True),
        Delete(NoteItem(PK, "N#c")),
        Put(note("N#d"), only_new=True),
    ]
    reasons = ["None", "None", "ConditionalCheckFailed", "None"]
    assert _failed_positions(writes, reasons) == {3}
    assert {position for position, reason in enumerate(reasons) if reason != "None"} == {2}


def test_a_transaction_that_holds_does_all_of_it(world: World):
    fill(world.table, note("N#a", amount=1), note("N#c"))
    world.table.transact(
        [
            Update(NoteItem(PK, "N#a"), [NoteItem.amount.add(1)]),
            Put(note("N#b", amount=7), only_new=True),
            Delete(NoteItem(PK, "N#c")),
        ]
    )
    assert [amount(world.table, sk) for sk in ("N#a", "N#b", "N#c")] == [2, 7, None]


def test_a_transaction_treats_an_expired_leftover_as_nothing(world: World):
    fill(world.table, note("N#old", amount=1, expires_at=NOW))
    world.table.transact([Put(note("N#old", amount=2), only_new=True)])
    assert amount(world.table, "N#old") == 2
    fill(world.table, note("N#old", amount=1, expires_at=NOW))
    with pytest.raises(ConditionFailed):
        world.table.transact([Update(NoteItem(PK, "N#old"), [NoteItem.amount.add(1)])])


def test_a_transaction_carries_a_token_so_that_a_lost_answer_is_not_written_twice(world: World):
    # The SDK sends a request again when its answer is lost; DynamoDB knows it by this token.
    sent = []
    events = Item._get_connection().connection.client.meta.events
    record = lambda request, **_: sent.append(json.loads(request.body))  # noqa: E731
    events.register("before-send.dynamodb.TransactWriteItems", record)
    world.table.transact([Put(note("N#1"), only_new=True)])
    events.unregister("before-send.dynamodb.TransactWriteItems", record)
    assert sent[0]["ClientRequestToken"]


class InTheWay(Table):
    """Another transaction touches the same items at the first tries."""

    def __init__(self, tries: int, slept: list[float]) -> None:
        super().__init__(clock=FixedClock(), sleep=slept.append)
        self.tries = tries

    def _transact_once(self, writes) -> None:
        self.tries -= 1
        if self.tries < 0:
            return super()._transact_once(writes)
        canceled = {"Error": {"Code": "TransactionCanceledException"}}
        reasons = [CancellationReason(code="TransactionConflict")]
        cause = VerboseClientError(canceled, "TransactWriteItems", cancellation_reasons=reasons)
        raise TransactWriteError("m", cause)


def test_a_transaction_in_the_way_of_another_is_tried_again_after_longer_and_longer_waits(
    world: World,
):
    slept: list[float] = []
    InTheWay(3, slept).transact([Put(note("N#1"), only_new=True)])
    assert slept == [0.02, 0.04, 0.08]
    assert amount(world.table, "N#1") == 0


def test_a_transaction_that_is_always_in_the_way_gives_up_with_nothing_written(world: World):
    slept: list[float] = []
    with pytest.raises(TransactWriteError):
        InTheWay(99, slept).transact([Put(note("N#1"), only_new=True)])
    assert len(slept) == 4
    assert world.rows("note") == []


# Pages


def names(items) -> list[str]:
    return [item.sk for item in items]


def all_pages(read, limit: int) -> tuple[list[str], list[int]]:
    """Every page until the end: the names in order, and how many each page had."""
    found, sizes, after = [], [], None
    while True:
        page = read(limit=limit, after=after)
        found += names(page.items)
        sizes.append(len(page.items))
        if page.next is None:
            return found, sizes
        after = page.next


def ways(table: Table) -> list:
    return [
        lambda **to: table.query(NoteItem, PK, prefix="N#", **to),
        lambda **to: table.query_index(NoteItem, INDEX, **to),
    ]


@pytest.mark.parametrize("way", [0, 1])
@pytest.mark.parametrize("limit", [1, 2, 3, 10])
def test_pages_go_on_where_the_last_one_ended_and_skip_what_has_expired(world: World, way, limit):
    expired = {1, 2, 5, 6, 7}
    for number in range(9):
        end = NOW if number in expired else NOW + 1
        fill(world.table, note(f"N#{number}", expires_at=end))
    found, sizes = all_pages(ways(world.table)[way], limit)
    assert found == ["N#0", "N#3", "N#4", "N#8"]
    assert max(sizes) <= limit


def test_the_check_would_see_pages_that_show_what_has_expired(world: World):
    for number in range(3):
        fill(world.table, note(f"N#{number}", expires_at=NOW))
    found, _ = all_pages(ways(NeverExpires(clock=FixedClock()))[0], 2)
    assert found == ["N#0", "N#1", "N#2"]


@pytest.mark.parametrize("way", [0, 1])
def test_a_page_of_nothing_but_expired_items_is_empty_and_the_last(world: World, way):
    for number in range(5):
        fill(world.table, note(f"N#{number}", expires_at=NOW))
    page = ways(world.table)[way](limit=2)
    assert page.items == []
    assert page.next is None


def test_the_newest_come_first_when_asked(world: World):
    fill(world.table, note("N#1"), note("N#2"), note("N#3"))
    assert names(
        world.table.query(NoteItem, PK, prefix="N#", newest_first=True, limit=2).items
    ) == [
        "N#3",
        "N#2",
    ]
    assert names(world.table.query_index(NoteItem, INDEX, newest_first=True, limit=1).items) == [
        "N#3"
    ]


def test_a_query_stays_within_its_prefix_and_partition(world: World):
    fill(world.table, note("N#1"), note("O#1"), NoteItem("NOTES#12", "N#9"))
    assert names(world.table.query(NoteItem, PK, prefix="N#").items) == ["N#1"]
