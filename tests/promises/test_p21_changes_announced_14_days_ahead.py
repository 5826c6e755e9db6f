"""P21, its half in the app: who has seen a notice since when, and from when a change may hold.

NOT HERE YET: policy versions and sub-processors that wait for this, and the mail beside it, are a
later part's. What is shown here is what they will ask: nobody's two weeks are cut short.
"""

from datetime import UTC, datetime, timedelta

import pytest

from leadlayer.notices.model import Notice
from leadlayer.notices.service import earliest_effect
from leadlayer.notices.store import NoticeStore
from tests.clocks import START
from tests.console_calls import ROLES, ConsoleCalls, other_account, people
from tests.world import World

EVERYBODY = [f"m_{role}" for role in ROLES]


def announce(world: World) -> str:
    people(world)
    return NoticeStore(world.table, clock=world.clock).add("a_demo", "policy_change")


def see(calls: ConsoleCalls, notice: str, role: str) -> int:
    return calls.call("POST", f"/v1/notices/{notice}/shown", role=role)[0]


def noticed(world: World) -> Notice:
    (notice,) = NoticeStore(world.table, clock=world.clock).list("a_demo", limit=10)
    return notice


def test_a_change_may_hold_14_days_after_the_last_person_saw_it(world: World):
    calls, notice = ConsoleCalls(world), announce(world)
    for role in ROLES:
        assert earliest_effect(noticed(world), EVERYBODY) is None
        assert see(calls, notice, role) == 204
        world.clock.advance(hours=5)

    last = START + timedelta(hours=5 * (len(ROLES) - 1))
    assert earliest_effect(noticed(world), EVERYBODY) == last + timedelta(days=14)


@pytest.mark.parametrize(("seconds", "may"), [(-1, False), (0, True)])
def test_refused_a_second_before_14_days_and_accepted_at_them(seconds: int, may: bool):
    notice = Notice("n", "policy_change", "", {"m_1": "2026-11-23T10:00:00Z"})
    effect = datetime(2026, 12, 7, 10, 0, 0, tzinfo=UTC) + timedelta(seconds=seconds)
    earliest = earliest_effect(notice, ["m_1"])

    assert earliest is not None
    assert (effect >= earliest) is may


def test_twin_one_person_who_was_not_reached_holds_it_up(world: World):
    calls, notice = ConsoleCalls(world), announce(world)
    for role in ROLES[:-1]:
        see(calls, notice, role)

    assert earliest_effect(noticed(world), EVERYBODY[:-1]) is not None
    assert earliest_effect(noticed(world), EVERYBODY) is None


def test_the_first_showing_counts_however_often_it_is_shown(world: World):
    calls, notice = ConsoleCalls(world), announce(world)
    see(calls, notice, "owner")
    world.clock.advance(days=3)

    assert see(calls, notice, "owner") == 204
    assert noticed(world).shown == {"m_owner": "2026-11-23T10:00:00Z"}


def test_everybody_sees_the_notice_and_only_when_they_saw_it_themselves(world: World):
    calls, notice = ConsoleCalls(world), announce(world)
    see(calls, notice, "agent")

    for role in ROLES:
        _, page = calls.call("GET", "/v1/notices", role=role)
        (shown,) = page["items"]
        assert (shown["id"], shown["kind"]) == (notice, "policy_change")
        assert (shown["shown_at"] is not None) is (role == "agent")


def test_a_program_cannot_have_seen_a_notice_and_a_stranger_neither(world: World):
    calls, notice = ConsoleCalls(world), announce(world)
    other_account(world)
    path = f"/v1/notices/{notice}/shown"

    assert calls.call("POST", path, role="agent", api_key=True)[0] == 403
    assert calls.call("POST", path, account="a_other")[0] == 404
    assert noticed(world).shown == {}
