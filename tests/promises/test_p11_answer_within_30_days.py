"""P11: an answer is due within 30 days; one extension, told in time; pauses are few and logged.

All date vectors stand in tests/unit/privacy/test_deadlines.py; here they are those of requests. NOT
HERE YET: the function that sends the reminders and rings when a request is overdue.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from leadlayer.core import deadlines
from leadlayer.core.errors import Problem
from leadlayer.core.policy import policy
from leadlayer.privacy import requests_rules
from leadlayer.privacy.requests_model import Request
from leadlayer.privacy.requests_rules import RULES
from tests.fakes.request_walks import Walk, walked
from tests.fakes.requests import Desk
from tests.world import World


def received(walk: Walk, at: datetime) -> Request:
    walk.clock.now = at
    return Walk("access", clock=walk.clock).first


@pytest.mark.parametrize(
    ("at", "due", "legal"),
    [
        ("2026-01-31T12:00:00Z", "2026-02-28", "2026-02-28"),
        ("2026-12-01T12:00:00Z", "2026-12-31", "2027-01-01"),
        ("2026-12-31T23:30:00Z", "2027-01-31", "2027-02-01"),
    ],
)
def test_both_dates_stand_beside_each_other_from_the_day_it_came(at: str, due: str, legal: str):
    request = received(Walk("access"), datetime.fromisoformat(at))

    assert (request.due, request.legal) == (date.fromisoformat(due), date.fromisoformat(legal))


def test_the_limits_are_those_that_are_published():
    assert policy().deadline_text["request_answer"] == "P30D"
    assert deadlines.limit("request_answer").elapsed == timedelta(days=30)
    assert deadlines.limit("request_legal").months == 1
    assert deadlines.limit("request_extension").months == 2


def extend(walk: Walk, months: int = 2) -> str:
    return walk.apply(walk.event("extend", reason="complex", months=months))


def test_an_answer_is_put_off_once_with_a_reason_by_two_months_at_most():
    walk = walked("access", "in review", [])

    assert walk.apply(walk.event("extend", months=2)) == "request_reason_missing"
    assert extend(walk, 3) == extend(walk, 0) == "request_too_long"
    assert extend(walk) == ""
    assert walk.now.due == deadlines.extended(walk.first.due, 2)
    assert walk.now.legal == deadlines.extended(walk.first.legal, 2)
    assert walk.apply(walk.event("resume_review")) == ""
    assert extend(walk) == "request_extended_before"
    assert set(walk.now.answers) == {"extension"}


@pytest.mark.parametrize(("seconds", "refusal"), [(-1, ""), (0, "request_too_late")])
def test_an_extension_is_told_before_the_due_day_is_over(seconds: int, refusal: str):
    walk = walked("access", "in review", [])
    walk.clock.now = deadlines.end_of(walk.first.due) + timedelta(seconds=seconds)

    assert extend(walk) == refusal


def test_twin_a_machine_without_that_rule_extends_what_is_overdue(
    monkeypatch: pytest.MonkeyPatch,
):
    loose = replace(RULES["extend"], guards=())
    monkeypatch.setattr(requests_rules, "RULES", {**RULES, "extend": loose})
    walk = walked("access", "in review", [])
    walk.clock.now = deadlines.end_of(walk.first.due)

    assert extend(walk) == ""


def asked_after(days: float) -> Walk:
    walk = walked("access", "received", [])
    walk.clock.advance(days=days)
    for name in ("route", "ask_identity"):
        assert walk.apply(walk.event(name)) == ""
    return walk


@pytest.mark.parametrize(("asked", "waited", "moved"), [(0, 10, 9), (3, 10, 9), (4, 10, 0)])
def test_waiting_for_an_identity_stops_the_clock_if_it_was_asked_for_soon(
    asked: int, waited: int, moved: int
):
    walk = asked_after(asked)
    walk.clock.advance(days=waited)
    assert walk.apply(walk.event("verify", method="session")) == ""

    assert walk.now.due == walk.first.due + timedelta(days=moved)
    # When it was asked for and answered stays on the request.
    assert walk.now.asked_at is not None
    assert walk.now.verified_at == walk.clock()


@pytest.mark.parametrize(
    ("seconds", "verify", "expire"),
    [(-1, "", "request_closed"), (0, "request_too_late", "")],
)
def test_an_identity_is_waited_for_thirty_days_and_not_a_second_more(
    seconds: int, verify: str, expire: str
):
    if seconds < 0:
        early = asked_after(0)
        early.clock.advance(days=30, seconds=seconds)
        assert early.apply(early.event("expire")) == "request_too_early"
    walk = asked_after(0)
    walk.clock.advance(days=30, seconds=seconds)

    assert walk.apply(walk.event("verify", method="session")) == verify
    if not verify:
        return
    assert walk.apply(walk.event("expire")) == expire
    assert (walk.now.state, set(walk.now.answers)) == ("expired", {"unanswered"})


def test_reminders_are_due_at_50_75_and_90_percent_and_again_after_an_extension(world: World):
    desk = Desk(world)
    request = desk.in_review(desk.open())
    given: list[int] = []
    while not deadlines.is_overdue(request.due, world.clock()):
        percent = deadlines.reminder_due(request.received_at, request.due, world.clock())
        current = desk.requests.find("a_demo", request.id)
        if percent and desk.store.remind(current, percent):
            given.append(percent)
        world.clock.advance(days=1)
    assert given == [50, 75, 90]

    other = desk.in_review(desk.open())
    assert desk.store.remind(other, 50)
    assert desk.do(other, "extend", reason="many", months=1).reminded == 0


def test_cooling_off_never_takes_the_day_on_which_the_answer_is_due():
    walk = walked("erasure", "in review", [])
    walk.apply(walk.event("approve"))
    walk.clock.now = deadlines.end_of(walk.first.due - timedelta(days=1)) - timedelta(hours=5)

    assert walk.apply(walk.event("cool_off", hours=72)) == ""
    assert walk.now.cooling_until == walk.clock() + timedelta(hours=5)
    walk.clock.advance(hours=5)
    assert walk.apply(walk.event("execute")) == ""


def test_what_has_no_permission_to_move_the_date_leaves_it(world: World):
    desk = Desk(world)
    request = desk.open(id="r_1")
    world.clock.now = datetime(2026, 12, 1, tzinfo=UTC)

    assert desk.open(id="r_1").due == request.due
    with pytest.raises(Problem):
        desk.do(request, "extend", reason="complex", months=2)
    assert desk.requests.find("a_demo", "r_1").due == request.due
