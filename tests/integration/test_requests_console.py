"""Requests before whoever answers them: seen, moved and denied over the console's routes."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from leadlayer.console import requests as routes
from leadlayer.privacy.requests_model import Contact
from tests.console_calls import ConsoleCalls, other_account, people
from tests.fakes.requests import EMAIL, Desk
from tests.integration import lead_calls
from tests.world import Context, World

LEAD = lead_calls.LEAD | {"email": EMAIL, "message": "canary-message"}


@dataclass
class Office:
    """A customer's people, and the requests they are to answer."""

    world: World
    desk: Desk = field(init=False)
    console: ConsoleCalls = field(init=False)

    def __post_init__(self) -> None:
        people(self.world)
        self.desk = Desk(self.world)
        self.console = ConsoleCalls(self.world)

    def call(self, method: str, path: str, body: Any = None, **caller: Any) -> tuple[int, Any]:
        return self.console.call(method, f"/v1/requests{path}", body, **caller)

    def step(self, request_id: str, name: str, **more: Any) -> tuple[int, Any]:
        caller = {"role": more.pop("role", "privacy_officer")}
        return self.call("POST", f"/{request_id}/steps", {"step": name, **more}, **caller)


@pytest.fixture
def office(world: World) -> Office:
    return Office(world)


def test_requests_are_one_list_newest_first_by_state_in_pages(office: Office):
    ids = []
    for right in ("access", "erasure", "rectification"):
        ids.append(office.desk.open(right).id)
        office.world.clock.advance(minutes=1)
    office.desk.denied(_of(office, ids[1]))
    newest = list(reversed(ids))

    assert _listed(office) == newest
    assert _listed(office, limit=1) == newest
    assert _listed(office, state="denied") == _listed(office, state="closed") == [ids[1]]
    assert _listed(office, state="open", limit=1) == [ids[2], ids[0]]
    assert _listed(office, state="in_review") == []


def _of(office: Office, request_id: str) -> Any:
    return office.desk.requests.find("a_demo", request_id)


def _listed(office: Office, **query: Any) -> list[str]:
    found: list[str] = []
    while True:
        status, page = office.call("GET", "", query=query, role="admin")
        assert status == 200
        found += [each["id"] for each in page["items"]]
        if page["next"] is None:
            return found
        query["cursor"] = page["next"]


def test_an_erasure_is_reviewed_and_approved_and_waits_its_hours(office: Office):
    request = office.desk.verified(office.desk.open("erasure"))

    assert office.step(request.id, "review")[1]["state"] == "in_review"
    status, shown = office.step(request.id, "approve", hours=48)

    assert (status, shown["state"], shown["decision"]) == (200, "cooling_off", "approved")
    assert shown["decided_by"] == "member:m_privacy_officer"
    assert shown["cooling_until"] == "2026-11-25T10:00:00Z"


def test_a_denial_takes_a_second_person_with_the_same_ground(office: Office):
    request = office.desk.in_review(office.desk.open("access"))
    proposal = {"decision": "denied", "ground": "excessive"}
    assert office.step(request.id, "propose", **proposal)[0] == 200
    denial = f"/{request.id}/denial"

    same = office.call("POST", denial, {"ground": "excessive"}, role="privacy_officer")
    other = office.call("POST", denial, {"ground": "cannot_identify"}, role="owner")
    second = office.call("POST", denial, {"ground": "excessive"}, role="owner")

    assert [status for status, _ in (same, other, second)] == [409, 409, 200]
    assert same[1]["code"] == "request_second_person_missing"
    assert (second[1]["state"], second[1]["contact"]) == ("denied", None)


def test_what_is_kept_about_the_person_is_shown_once_it_is_known_who_asks(office: Office):
    assert lead_calls.post(office.world, LEAD)["statusCode"] == 201
    request = office.desk.open("access")

    before = office.call("GET", f"/{request.id}/data", role="privacy_officer")
    office.desk.verified(request)
    status, data = office.call("GET", f"/{request.id}/data", role="privacy_officer")

    assert (before[0], before[1]["code"]) == (403, "request_not_verified")
    assert status == 200
    assert [row["message"] for row in data["items"] if row["type"] == "lead"] == ["canary-message"]


def test_a_number_beside_the_proved_address_shows_nothing_of_whoever_has_it(office: Office):
    others = lead_calls.LEAD | {"email": "other@mail.example", "phone": "+31612345678"}
    assert lead_calls.post(office.world, others)["statusCode"] == 201
    contact = Contact(email=EMAIL, phone="+31612345678")
    request = office.desk.verified(office.desk.open("access", contact=contact))

    assert office.call("GET", f"/{request.id}/data")[1] == {"items": [], "more": False}
    # With the number alone it would be the other one's.
    by_phone = office.desk.open("access", contact=Contact(phone="+31612345678"))
    shown = office.call("GET", f"/{office.desk.verified(by_phone).id}/data")[1]["items"]
    assert "other@mail.example" in json.dumps(shown)


def test_twin_without_its_check_the_data_would_be_shown_to_anybody(
    office: Office, monkeypatch: pytest.MonkeyPatch
):
    assert lead_calls.post(office.world, LEAD)["statusCode"] == 201
    request = office.desk.open("access")
    monkeypatch.setattr(routes, "check_disclosable", lambda _: None)

    assert office.call("GET", f"/{request.id}/data", role="privacy_officer")[0] == 200


def test_a_step_sent_twice_happens_once(office: Office):
    request = office.desk.in_review(office.desk.open("access"))
    event = office.console.event(
        "POST",
        f"/v1/requests/{request.id}/steps",
        {"step": "extend", "reason": "complex", "months": 2},
        role="owner",
    )
    event["headers"]["idempotency-key"] = "k" * 32

    first, second = (json.loads(office.console.handle(event, Context())["body"]) for _ in range(2))

    assert first == second
    assert (first["state"], _of(office, request.id).version) == ("extended", request.version + 1)


@pytest.mark.parametrize(
    ("step", "more"),
    [
        ("execute", {}),
        ("fulfil", {}),
        ("verify", {}),
        ("cool_off", {"hours": 73}),
        ("extend", {"months": 3, "reason": "complex"}),
        ("propose", {"decision": "approved"}),
    ],
)
def test_what_only_the_system_or_nobody_may_do_is_no_step(office: Office, step: str, more: Any):
    request = office.desk.in_review(office.desk.open("erasure"))

    status, problem = office.step(request.id, step, **more)

    assert (status, problem["code"]) == (422, "invalid_request")
    assert _of(office, request.id) == request


def test_another_customers_request_is_like_one_that_is_not_there(office: Office):
    other_account(office.world)
    request = office.desk.verified(office.desk.open("access"))

    for method, path, body in (
        ("GET", f"/{request.id}", None),
        ("GET", f"/{request.id}/data", None),
        ("POST", f"/{request.id}/steps", {"step": "review"}),
        ("POST", f"/{request.id}/denial", {"ground": "excessive"}),
    ):
        status, problem = office.call(method, path, body, account="a_other")
        assert (status, problem["code"]) == (404, "not_found")
    assert _of(office, request.id) == request
