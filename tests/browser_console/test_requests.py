"""What people ask about their data: what is open first, each step, and a refusal by two."""

import pytest
from playwright.sync_api import Page, expect

from leadlayer.accounts.model import Role
from tests.browser_console import demo_data as demo
from tests.browser_console.fake_console import FakeConsole, Refused
from tests.browser_console.fake_requests import request
from tests.browser_console.person import dialog, enter, press, rows, title

PROPOSED = {"decision": "denied", "ground": "excessive", "by": f"member:{demo.COLLEAGUE}"}


def act(page: Page, name: str) -> None:
    """Open a step and confirm it."""
    press(page, name)
    dialog(page).get_by_role("button", name=name, exact=True).click()
    expect(page.get_by_role("dialog")).to_have_count(0)


def sent(api: FakeConsole) -> dict[str, object]:
    return api.called("POST", "steps")[-1].body


def test_open_requests_come_first_and_closed_ones_on_demand(
    signed_in: Page, api: FakeConsole
) -> None:
    api.requests = [
        request("r_open", "access"),
        request("r_late", "erasure", due="2026-11-01"),
        request("r_closed", "portability", "denied"),
    ]
    enter(signed_in, api, "requests")

    expect(rows(signed_in)).to_have_count(2)
    expect(rows(signed_in).nth(0)).to_contain_text("Access")
    expect(rows(signed_in).nth(1)).to_contain_text("Late since")
    signed_in.get_by_label("Which").select_option("closed")
    expect(rows(signed_in)).to_have_count(1)
    expect(rows(signed_in).first).to_contain_text("Denied")


def test_a_request_is_reviewed_extended_and_an_erasure_waits_its_hours(
    signed_in: Page, api: FakeConsole
) -> None:
    api.requests = [request("r_one", "erasure")]
    enter(signed_in, api, "requests/r_one")

    act(signed_in, "Review")
    assert sent(api) == {"step": "review"}
    act(signed_in, "Extend")
    assert sent(api) == {"step": "extend", "reason": "complex", "months": 2}
    act(signed_in, "Resume the review")
    press(signed_in, "Approve")
    dialog(signed_in).get_by_label("Time to take it back").select_option("72")
    dialog(signed_in).get_by_role("button", name="Approve", exact=True).click()

    expect(signed_in.get_by_text("Can still be taken back")).to_be_visible()
    assert sent(api) == {"step": "approve", "hours": 72}
    assert len({call.headers["idempotency-key"] for call in api.called("POST", "steps")}) == 4


def test_who_proposes_a_denial_leaves_it_to_somebody_else(
    signed_in: Page, api: FakeConsole
) -> None:
    api.requests = [request("r_one", "access", "in_review")]
    enter(signed_in, api, "requests/r_one")
    press(signed_in, "Propose to deny")
    dialog(signed_in).get_by_label("Ground").select_option("excessive")
    dialog(signed_in).get_by_role("button", name="Propose to deny", exact=True).click()

    expect(signed_in.get_by_text("Somebody proposes to deny this: Excessive")).to_be_visible()
    expect(signed_in.get_by_role("button", name="Deny", exact=True)).to_have_count(0)
    assert sent(api) == {"step": "propose", "decision": "denied", "ground": "excessive"}


def test_the_second_person_denies_and_the_address_is_gone(
    signed_in: Page, api: FakeConsole
) -> None:
    api.requests = [request("r_one", "access", "in_review", proposal=PROPOSED)]
    enter(signed_in, api, "requests/r_one")
    expect(signed_in.get_by_text("jan@example.nl")).to_be_visible()

    act(signed_in, "Deny")

    expect(signed_in.get_by_text("jan@example.nl")).to_have_count(0)
    assert api.called("POST", "denial")[0].body == {"ground": "excessive"}


def test_what_is_kept_is_asked_for_on_demand_and_is_text(signed_in: Page, api: FakeConsole) -> None:
    api.requests = [request("r_one", "access")]
    enter(signed_in, api, "requests/r_one")
    assert api.called("GET", "data") == []

    press(signed_in, "Show the data")

    expect(signed_in.get_by_text("About <b>tiles</b>")).to_be_visible()


def test_before_it_is_known_who_asks_no_data_is_offered(signed_in: Page, api: FakeConsole) -> None:
    api.requests = [request("r_one", "access", "identity_pending")]
    enter(signed_in, api, "requests/r_one")

    expect(title(signed_in)).to_have_text("Access")
    expect(signed_in.get_by_role("button", name="Show the data")).to_have_count(0)


def test_a_refused_step_says_why(signed_in: Page, api: FakeConsole) -> None:
    api.requests = [request("r_one", "access")]
    api.faults["POST requests/r_one/steps"] = [Refused(409, "request_not_now")]
    enter(signed_in, api, "requests/r_one")

    press(signed_in, "Review")
    dialog(signed_in).get_by_role("button", name="Review", exact=True).click()

    expect(dialog(signed_in).get_by_text("moved on meanwhile")).to_be_visible()


@pytest.mark.parametrize(("role", "acts"), [("admin", 0), ("privacy_officer", 1)])
def test_an_admin_sees_requests_and_an_officer_answers_them(
    signed_in: Page, api: FakeConsole, role: Role, acts: int
) -> None:
    api.role, api.requests = role, [request("r_one", "access")]
    enter(signed_in, api, "requests/r_one")

    expect(title(signed_in)).to_have_text("Access")
    expect(signed_in.get_by_role("button", name="Review", exact=True)).to_have_count(acts)
