"""The audit log on a table: no fork and no gap with rivals in between, and tampering shows."""

from datetime import timedelta
from typing import Any

import pytest

from leadlayer.audit.model import Entry
from leadlayer.audit.service import AuditLog
from leadlayer.audit.store import AuditStore
from leadlayer.core.table import Table
from tests.console_calls import ConsoleCalls, other_account, people
from tests.world import TABLE, World


def log_of(world: World, table: Table | None = None) -> AuditLog:
    return AuditLog(AuditStore(table or world.table), world.clock, sleep=lambda _: None)


def enter(log: AuditLog, target: str, account: str = "a_demo") -> None:
    log.record(
        account, actor="member:m_1", role="agent", action="leads.read", target=target,
        outcome="allowed",
    )  # fmt: skip


def targets(world: World, account: str = "a_demo") -> list[str]:
    found = AuditStore(world.table).newest(account, before=None, limit=100)
    return [entry.target for entry in reversed(found)]


class Interrupted(Table):
    """Somebody else's entry comes between a writer's look at the head and its own entry."""

    rivals: list[str]
    world: World

    def transact(self, writes: Any) -> None:
        if self.rivals:
            enter(log_of(self.world), self.rivals.pop(0))
        super().transact(writes)


def test_writers_that_cross_each_other_make_one_chain_with_everybody_in_it(world: World):
    table = Interrupted(clock=world.clock)
    table.world, table.rivals = world, ["rival 1", "rival 2", "rival 3"]

    enter(log_of(world, table), "mine")
    enter(log_of(world), "after")

    assert targets(world) == ["rival 1", "rival 2", "rival 3", "mine", "after"]
    report = log_of(world).verify("a_demo")
    assert (report.entries, report.intact) == (5, True)
    (head,) = world.rows("audit_head")
    assert head["seq"]["N"] == "5"


def test_twin_a_writer_that_does_not_look_at_the_head_forks_the_chain(world: World):
    enter(log_of(world), "first")

    class Blind(AuditStore):
        def append(self, account_id: str, entry: Entry) -> bool:
            head = self.head(account_id)
            lost = Entry(**{**entry.__dict__, "seq": head.seq + 1, "previous": ""}).sealed()
            return super().append(account_id, Entry(**{**lost.__dict__, "previous": head.hash}))

    enter(AuditLog(Blind(world.table), world.clock), "second")

    assert log_of(world).verify("a_demo").broken_at == 2


def test_each_account_has_a_chain_of_its_own(world: World):
    enter(log_of(world), "one")
    enter(log_of(world), "other", account="a_other")

    assert (targets(world), targets(world, "a_other")) == (["one"], ["other"])


def test_an_entry_and_the_head_are_written_together_or_not_at_all(world: World):
    enter(log_of(world), "one")
    store = AuditStore(world.table)
    (last,) = store.newest("a_demo", before=None, limit=1)

    assert not store.append("a_demo", last)
    assert len(world.rows("audit_entry")) == 1


def key(number: int) -> dict[str, Any]:
    return {"pk": {"S": "AUDIT#a_demo"}, "sk": {"S": f"{number:012}"}}


def change(world: World, number: int, **values: str) -> None:
    for name, value in values.items():
        world.client.update_item(
            TableName=TABLE,
            Key=key(number),
            UpdateExpression="SET #n = :v",
            ExpressionAttributeNames={"#n": name},
            ExpressionAttributeValues={":v": {"S": value}},
        )


def forge(world: World) -> None:
    row = world.client.get_item(TableName=TABLE, Key=key(5))["Item"]
    row["sk"] = key(6)["sk"]
    world.client.put_item(TableName=TABLE, Item=row)
    head = {"pk": {"S": "AUDIT#a_demo"}, "sk": {"S": "HEAD"}}
    world.client.update_item(
        TableName=TABLE,
        Key=head,
        UpdateExpression="SET seq = :n",
        ExpressionAttributeValues={":n": {"N": "6"}},
    )


def swap(world: World) -> None:
    rows = [world.client.get_item(TableName=TABLE, Key=key(n))["Item"] for n in (2, 3)]
    for row, number in zip(rows, (3, 2), strict=True):
        world.client.put_item(TableName=TABLE, Item=row | {"sk": key(number)["sk"]})


TAMPERING = {
    "changed": (lambda world: change(world, 3, actor="member:m_2"), 3),
    "removed": (lambda world: world.client.delete_item(TableName=TABLE, Key=key(3)), 3),
    "first removed": (lambda world: world.client.delete_item(TableName=TABLE, Key=key(1)), 1),
    "last removed": (lambda world: world.client.delete_item(TableName=TABLE, Key=key(5)), 5),
    "reordered": (swap, 2),
    "forged": (forge, 6),
}


@pytest.mark.parametrize(("tamper", "at"), TAMPERING.values(), ids=TAMPERING.keys())
def test_tampering_shows_to_who_may_verify(world: World, tamper: Any, at: int):
    people(world)
    calls = ConsoleCalls(world)
    for number in range(5):
        enter(log_of(world), f"l_{number}")
    assert log_of(world).verify("a_demo").intact
    tamper(world)

    # The rows alone: asking through the console is an entry of its own, after the damage.
    assert log_of(world).verify("a_demo").broken_at == at
    _, report = calls.call("GET", "/v1/audit/verification", role="privacy_officer")
    assert not report["intact"]


def test_what_has_expired_is_not_missed_although_the_table_may_still_have_it(world: World):
    for month in range(1, 7):
        enter(log_of(world), f"month {month}")
        world.clock.advance(days=31)
    world.clock.now += timedelta(days=365 - 100)

    report = log_of(world).verify("a_demo")

    assert report.intact
    assert 0 < report.entries < 6
    for number in range(1, 7 - report.entries):
        world.client.delete_item(TableName=TABLE, Key=key(number))
    assert log_of(world).verify("a_demo") == report


def test_the_log_is_read_in_pages_the_newest_first_and_without_its_own_account_mixed(world: World):
    people(world)
    other_account(world)
    for number in range(5):
        enter(log_of(world), f"l_{number}")
    calls, seen, cursor = ConsoleCalls(world), [], None
    while True:
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        _, page = calls.call("GET", "/v1/audit", query=query, role="admin")
        seen += [(each["seq"], each["target"]) for each in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break

    # The sixth is the admin's own look at it.
    assert seen == [(6, ""), (5, "l_4"), (4, "l_3"), (3, "l_2"), (2, "l_1"), (1, "l_0")]
    assert calls.call("GET", "/v1/audit", account="a_other")[1]["items"][0]["seq"] == 1


@pytest.mark.parametrize("limit", ["0", "101", "x", "-1", "1e3"])
def test_a_limit_that_is_none_is_refused(world: World, limit: str):
    people(world)

    assert ConsoleCalls(world).call("GET", "/v1/audit", query={"limit": limit})[0] == 422
