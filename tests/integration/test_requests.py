"""Requests on a table: each step with its entry, once, by one; nothing of the person afterwards."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from leadlayer.core.clock import epoch, iso
from leadlayer.core.errors import Problem
from leadlayer.privacy.receipt import verified
from leadlayer.privacy.requests import Intake, check_disclosable, public_view
from leadlayer.privacy.requests_model import OPERATOR, Contact, Request
from leadlayer.privacy.requests_rules import required
from leadlayer.privacy.requests_store import RequestStore
from tests.canaries import leaks
from tests.fakes.interrupted_table import Interrupted
from tests.fakes.requests import EMAIL, SECOND, SIGNER, Desk
from tests.world import World


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world)


def code_of(caught: pytest.ExceptionInfo[Problem]) -> str:
    return caught.value.code


def row_of(desk: Desk) -> dict[str, Any]:
    (row,) = desk.world.rows("request")
    return row


def test_a_request_survives_being_written_and_read_in_every_state(desk: Desk):
    for left in ({}, {"ground": "legal_obligation", "until": desk.world.clock().date()}):
        request = desk.open()
        closed = desk.fulfilled(request, **left)
        assert desk.store.find("a_demo", request.id) == closed
        desk.world.clock.advance(seconds=1)
    running = desk.verifying(desk.open("access"))
    assert desk.store.find("a_demo", running.id) == running
    assert running.contact == Contact(email=EMAIL, details="canary-why")


def test_a_closed_request_keeps_a_keyed_hash_and_no_contact_data(desk: Desk):
    desk.fulfilled(desk.open())
    row = row_of(desk)

    assert "canary" not in str(row)
    assert row["requester"]["S"] == desk.world.keyring.requester("a_demo", EMAIL)
    assert "gsi1pk" not in row


def test_twin_contact_data_are_on_the_row_while_it_runs(desk: Desk):
    desk.in_review(desk.open())

    assert EMAIL in str(row_of(desk))


def test_a_closed_request_is_gone_three_years_after_it_was_closed(desk: Desk):
    request = desk.open()
    desk.world.clock.advance(days=20)
    desk.denied(request)
    end = desk.world.clock().replace(year=desk.world.clock().year + 3)

    assert int(row_of(desk)["expires_at"]["N"]) == epoch(end)
    desk.world.clock.now = end - timedelta(seconds=1)
    assert desk.store.find("a_demo", request.id)
    desk.world.clock.now = end
    assert desk.store.find("a_demo", request.id) is None


def test_the_receipt_is_kept_and_says_what_was_handled(desk: Desk):
    closed = desk.fulfilled(desk.open(), ground="legal_claims")
    said = verified((closed.receipt or "").encode(), SIGNER.public_key)

    assert set(said["items"]) == required(closed)
    assert said["exemptions"][0]["ground"] == "legal_claims"
    assert said["systems"] == ["customer_webhook"]
    assert said["outcome"] == "fulfilled"


def test_every_step_is_one_entry_in_a_chain_that_holds_nothing_of_the_person(desk: Desk):
    closed = desk.fulfilled(desk.open())
    entries = desk.world.rows("audit_entry")

    # The opening is one as well.
    assert len(entries) == closed.version + 1
    assert desk.log.verify("a_demo").intact
    assert all(entry["action"]["S"].startswith("request.") for entry in entries)
    assert EMAIL not in str(entries)
    assert leaks(str(entries)) == []


def test_the_same_event_twice_has_one_effect(desk: Desk):
    request = desk.in_review(desk.open())
    event = desk.event("extend", reason="complex", months=1)
    once = desk.requests.apply("a_demo", request.id, event)
    entries = len(desk.world.rows("audit_entry"))

    assert desk.requests.apply("a_demo", request.id, event) == once
    assert len(desk.world.rows("audit_entry")) == entries


def test_an_event_that_closed_it_may_come_again(desk: Desk):
    request = desk.open()
    event = desk.event("withdraw")
    closed = desk.requests.apply("a_demo", request.id, event)

    assert desk.requests.apply("a_demo", request.id, event) == closed
    with pytest.raises(Problem) as refused:
        desk.do(request, "withdraw")
    assert code_of(refused) == "request_closed"


def test_the_same_intake_twice_is_one_request(desk: Desk):
    one = desk.open(id="r_1")
    two = desk.open(id="r_1")

    assert one == two
    assert (len(desk.world.rows("request")), len(desk.world.rows("audit_entry"))) == (1, 1)
    with pytest.raises(Problem) as refused:
        desk.open(id="r_1", contact=Contact(email="canary-someone.else@mail.example"))
    assert code_of(refused) == "id_taken"


RIVALS = {
    "the same step": ("execute", "request_not_now"),
    "a withdrawal": ("withdraw", "request_closed"),
}


@pytest.mark.parametrize("at", range(1, 6))
@pytest.mark.parametrize(("rival", "refusal"), RIVALS.values(), ids=RIVALS.keys())
def test_two_workers_at_once_cannot_both_move_it(desk: Desk, at: int, rival: Any, refusal: str):
    request = desk.in_review(desk.open("access"))
    approved = desk.do(request, "approve")
    table = Interrupted(desk.world, at)
    table.rival = lambda: desk.do(request, rival)

    slow = Desk(desk.world, table)
    mine = slow.event("execute", id="mine")
    if at == 5:
        # There are four calls: the rival never came.
        assert slow.requests.apply("a_demo", request.id, mine).state == "executing"
        assert table.calls == 4
        return
    with pytest.raises(Problem) as refused:
        slow.requests.apply("a_demo", request.id, mine)
    assert code_of(refused) == refusal
    moved = desk.requests.find("a_demo", request.id)
    assert moved.version == approved.version + 1
    assert "mine" not in moved.events
    assert desk.log.verify("a_demo").entries == moved.version + 1


@pytest.mark.parametrize("at", range(1, 5))
def test_the_same_event_from_two_workers_at_once_happens_once(desk: Desk, at: int):
    request = desk.in_review(desk.open("access"))
    approved = desk.do(request, "approve")
    event = desk.event("execute")
    table = Interrupted(desk.world, at)
    table.rival = lambda: desk.requests.apply("a_demo", request.id, event)

    moved = Desk(desk.world, table).requests.apply("a_demo", request.id, event)

    assert (moved.state, moved.version) == ("executing", approved.version + 1)
    assert desk.log.verify("a_demo").entries == moved.version + 1


class Blind(RequestStore):
    """Writes over whatever has happened since it looked."""

    seen: Request

    def find(self, account_id: str, request_id: str) -> Request | None:
        return self.seen

    def _change(self, before: Request, after: Request) -> Any:
        return replace(super()._change(before, after), condition=None)


def test_twin_a_write_that_does_not_look_at_the_version_brings_back_what_was_withdrawn(desk: Desk):
    request = desk.in_review(desk.open("access"))
    blind = Blind(desk.world.table, clock=desk.world.clock)
    blind.seen = desk.do(request, "approve")
    desk.do(request, "withdraw")

    desk.with_store(blind).apply("a_demo", request.id, desk.event("execute"))

    assert desk.requests.find("a_demo", request.id).state == "executing"


def test_nobody_elses_officer_finds_it(desk: Desk):
    request = desk.open()

    for account in ("a_other", OPERATOR):
        with pytest.raises(Problem) as refused:
            desk.requests.find(account, request.id)
        assert refused.value.status == 404
        with pytest.raises(Problem):
            desk.requests.apply(account, request.id, desk.event("route"))
        assert desk.store.of_account(account, limit=10) == ([], None)
    assert desk.store.of_account("a_demo", limit=10)[0] == [request]


def test_the_person_finds_it_with_the_token_alone(desk: Desk):
    request = desk.open(person="platform_user")

    assert desk.requests.of_person(request.id, desk.requests.token(request)) == request
    for token in ("", desk.requests.token(desk.open())):
        with pytest.raises(Problem):
            desk.requests.of_person(request.id, token)
    with pytest.raises(Problem):
        desk.requests.of_person("#", desk.world.keyring.request_token("#"))


def test_an_unverified_request_shows_the_same_whatever_happens_to_it(desk: Desk):
    request = desk.open()
    first = public_view(request)
    for name in ("route", "ask_identity", "send_code"):
        request = desk.do(request, name)
        assert public_view(request) == first
        with pytest.raises(Problem):
            check_disclosable(request)
    request = desk.do(request, "verify", method="session")
    check_disclosable(request)
    assert public_view(request)["state"] == "verified"


def test_a_closed_request_is_reopened_as_a_new_one_of_the_same_person(desk: Desk):
    closed = desk.denied(desk.open())

    again = desk.open(reopens=closed.id)
    assert (again.reopens, again.state) == (closed.id, "received")
    assert desk.requests.find("a_demo", closed.id) == closed
    someone = Contact(email="canary-someone.else@mail.example")
    for wrong in ({"reopens": again.id}, {"reopens": closed.id, "contact": someone}):
        with pytest.raises(Problem) as refused:
            desk.open(id="r_wrong", **wrong)
        assert code_of(refused) == "request_nothing_to_reopen"


def test_a_duplicate_is_of_the_persons_own_open_request(desk: Desk):
    first = desk.open(id="r_1")
    second = desk.in_review(desk.open(id="r_2"))
    someone = Contact(email="canary-someone.else@mail.example")
    desk.open(id="r_3", contact=someone)

    for earlier in ("r_2", "r_3", "r_4", ""):
        with pytest.raises(Problem) as refused:
            desk.do(second, "mark_duplicate", earlier=earlier)
        assert code_of(refused) == "request_earlier_missing"
    closed = desk.do(second, "mark_duplicate", earlier=first.id)
    assert (closed.state, closed.earlier) == ("duplicate", "r_1")


def test_what_is_due_is_listed_until_it_is_closed(desk: Desk):
    first = desk.open()
    desk.world.clock.advance(days=1)
    second = desk.open(person="platform_user")

    assert desk.store.open_until(second.due, limit=10)[0] == [first, second]
    assert desk.store.open_until(first.due, limit=10)[0] == [first]
    desk.do(first, "withdraw")
    assert desk.store.open_until(second.due, limit=10)[0] == [second]


def test_a_reminder_is_given_once(desk: Desk):
    request = desk.open()

    assert desk.store.remind(request, 50)
    assert not desk.store.remind(request, 50)
    reminded = desk.requests.find("a_demo", request.id)
    assert not desk.store.remind(reminded, 50)
    assert desk.store.remind(reminded, 75)


def test_platform_users_are_answered_by_us_and_end_users_by_their_customer(desk: Desk):
    ours = desk.open(person="platform_user")

    assert ours.account_id == OPERATOR
    with pytest.raises(Problem) as refused:
        desk.do(ours, "route")
    assert code_of(refused) == "request_not_for_a_customer"
    wrong = Intake("r_1", "platform_user", "access", Contact(email=EMAIL), "nl", "a_demo")
    with pytest.raises(ValueError, match="platform users"):
        desk.requests.open(wrong)
    with pytest.raises(ValueError, match="without an address"):
        desk.open(contact=Contact())


def test_an_entry_that_cannot_be_made_leaves_the_request_as_it_was(desk: Desk):
    request = desk.open()
    table = Interrupted(desk.world)
    busy = Desk(desk.world, table)

    def rival() -> None:
        table.at = table.calls + 3
        desk.log.record(
            "a_demo", actor=SECOND, role="owner", action="x", target="", outcome="allowed"
        )

    table.at, table.rival = 3, rival
    with pytest.raises(Problem) as refused:
        busy.do(request, "route")
    assert refused.value.status == 503
    assert desk.requests.find("a_demo", request.id) == request
    assert iso(request.received_at) == iso(desk.world.clock())
