"""A long log is verified in stretches, and no seam between two of them hides anything."""

from dataclasses import replace
from typing import Any

import pytest

from leadlayer.audit import service
from leadlayer.audit.model import Head
from leadlayer.audit.service import AuditLog, Verification, verified
from tests.console_calls import ConsoleCalls, people
from tests.fakes.audit import EntriesInMemory
from tests.integration.test_audit import TAMPERING, enter, key, log_of
from tests.world import TABLE, World


def stretches(world: World, most: int) -> list[Verification]:
    """As the console's page does it, until there is no next."""
    found = [log_of(world).verify("a_demo", most=most)]
    while (begin := found[-1].next) is not None:
        found.append(log_of(world).verify("a_demo", begin=begin, most=most))
    return found


def filled(world: World, count: int = 5) -> None:
    for number in range(count):
        enter(log_of(world), f"l_{number}")


@pytest.mark.parametrize("most", range(1, 8))
def test_an_untouched_log_is_intact_in_stretches_of_any_length(world: World, most: int):
    filled(world)
    found = stretches(world, most)

    assert sum(each.entries for each in found) == 5
    assert len(found) == -(-5 // most)
    assert all(each.intact for each in found)


@pytest.mark.parametrize("most", range(1, 7))
@pytest.mark.parametrize(("tamper", "at"), TAMPERING.values(), ids=TAMPERING.keys())
def test_tampering_shows_in_stretches_of_any_length(world: World, tamper: Any, at: int, most: int):
    filled(world)
    tamper(world)

    *before, last = stretches(world, most)

    assert all(each.intact for each in before)
    assert (last.intact, last.broken_at, last.next) == (False, at, None)


def test_twin_a_stretch_that_trusts_its_own_beginning_misses_what_was_put_behind_a_seam(
    world: World,
):
    entries = EntriesInMemory()
    log = AuditLog(entries, world.clock)
    for number in range(5):
        enter(log, f"l_{number}")
    # From the third on a chain of its own, in itself without a fault.
    before = "0" * 64
    for at in (2, 3, 4):
        entries.entries[at] = replace(entries.entries[at], previous=before).sealed()
        before = entries.entries[at].hash
    third, *_ = stretch = entries.entries[2:]
    trusted = Head(2, third.previous, third.previous_at)

    head, now = entries.head("a_demo"), world.clock()
    assert verified(stretch, head=head, now=now, before=trusted).intact
    assert log.verify("a_demo", begin=3).broken_at == 3


def test_a_stretch_whose_entry_before_is_gone_is_broken_there(world: World):
    filled(world)
    world.client.delete_item(TableName=TABLE, Key=key(2))

    assert log_of(world).verify("a_demo", begin=3, most=2).broken_at == 2


@pytest.mark.parametrize(("begin", "intact"), [(5, True), (6, True), (7, False), (99, False)])
def test_nothing_is_intact_beyond_the_head(world: World, begin: int, intact: bool):
    filled(world)

    assert log_of(world).verify("a_demo", begin=begin).intact is intact


def test_a_request_reads_two_thousand_entries_at_most_and_says_where_to_go_on(world: World):
    assert service.STRETCH == 2_000
    people(world)
    filled(world)
    calls = ConsoleCalls(world)

    status, report = calls.call("GET", "/v1/audit/verification")
    # The sixth is the look at it.
    assert (status, report) == (
        200, {"entries": 6, "intact": True, "broken_at": None, "next": None}
    )  # fmt: skip
    _, rest = calls.call("GET", "/v1/audit/verification", query={"from": 4})
    assert (rest["entries"], rest["intact"]) == (3, True)


@pytest.mark.parametrize("begin", ["0", "-1", "x", "1e3", "1" * 13, ""])
def test_a_beginning_that_is_none_is_refused(world: World, begin: str):
    people(world)

    status, _ = ConsoleCalls(world).call("GET", "/v1/audit/verification", query={"from": begin})
    assert status == 422
