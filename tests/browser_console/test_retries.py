"""What is sent twice is done once, what API Gateway refuses is understood, what was typed stays."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser_console import demo_data as demo
from tests.browser_console.fake_console import Call, FakeConsole, Refused
from tests.browser_console.person import enter, press, rows, title

LEAD = f"leads/{demo.SITE}/01LEAD9997"
NOTES = f"sites/{demo.SITE}/leads/01LEAD9997/notes"
# What the API takes for a key.
KEY = re.compile(r"[A-Za-z0-9_-]{16,64}")


def key_of(call: Call) -> str:
    return call.headers["idempotency-key"]


def test_a_note_sent_again_after_a_failure_carries_the_same_key(
    signed_in: Page, api: FakeConsole
) -> None:
    api.faults[f"POST {NOTES}"] = [Refused(503, "unavailable")]
    enter(signed_in, api, LEAD)
    signed_in.get_by_label("New note").fill("Called.")
    press(signed_in, "Add the note")
    expect(signed_in.get_by_text("cannot be reached just now")).to_be_visible()

    press(signed_in, "Add the note")

    expect(signed_in.locator(".notes")).to_contain_text("Called.")
    first, second = api.called("POST", "/notes")
    assert key_of(first) == key_of(second)
    assert KEY.fullmatch(key_of(first))


def test_what_is_typed_anew_or_done_anew_has_a_key_of_its_own(
    signed_in: Page, api: FakeConsole
) -> None:
    api.faults[f"POST {NOTES}"] = [Refused(503, "unavailable")]
    enter(signed_in, api, LEAD)
    box = signed_in.get_by_label("New note")
    box.fill("Called.")
    press(signed_in, "Add the note")
    expect(signed_in.get_by_text("cannot be reached just now")).to_be_visible()
    box.fill("")
    box.fill("Called.")
    press(signed_in, "Add the note")
    expect(signed_in.locator(".notes .words")).to_have_count(1)

    box.fill("Called.")
    press(signed_in, "Add the note")

    expect(signed_in.locator(".notes .words")).to_have_count(2)
    keys = {key_of(call) for call in api.called("POST", "/notes")}
    assert len(keys) == 3


@pytest.mark.parametrize("status", [401, 403])
def test_a_refusal_of_the_gateway_itself_is_the_end_of_the_session(
    signed_in: Page, api: FakeConsole, status: int
) -> None:
    enter(signed_in, api, "leads")
    refusal = Refused(status, "")
    refusal.body = {"message": "Forbidden"}
    api.faults["GET conversations"] = [refusal]

    signed_in.get_by_role("link", name="Conversations").click()

    expect(title(signed_in)).to_have_text("Sign in")
    assert signed_in.evaluate("localStorage.getItem('leadlayer.session')") is None


def test_a_refusal_for_the_role_is_not_the_end_of_the_session(
    signed_in: Page, api: FakeConsole
) -> None:
    enter(signed_in, api, "leads")
    api.faults["GET conversations"] = [Refused(403, "forbidden")]

    signed_in.get_by_role("link", name="Conversations").click()

    expect(signed_in.get_by_text("Your role does not allow this.")).to_be_visible()
    assert signed_in.evaluate("localStorage.getItem('leadlayer.session')") == "lls_first"


def test_another_language_leaves_every_field_as_it_was_typed(
    signed_in: Page, api: FakeConsole
) -> None:
    enter(signed_in, api, f"sites/{demo.SITE}")
    signed_in.get_by_label("Country").fill("BE")
    signed_in.get_by_label("Deutsch", exact=True).uncheck()
    signed_in.get_by_label("City").select_option("off")
    signed_in.get_by_role("radio", name="After consent").check()
    signed_in.get_by_label("Knowledge text").fill("Open on Sundays.")

    signed_in.locator(".language select").select_option("nl")

    expect(signed_in.locator("[name='country']")).to_have_value("BE")
    expect(signed_in.locator("[name='languages.de']")).not_to_be_checked()
    expect(signed_in.locator("[name='languages.nl']")).to_be_checked()
    expect(signed_in.locator("[name='ask.city']")).to_have_value("off")
    expect(signed_in.locator("[name='pixel_mode'][value='consent']")).to_be_checked()
    expect(signed_in.locator("[name='knowledge']")).to_have_value("Open on Sundays.")


def test_a_new_account_half_typed_survives_another_language(page: Page, api: FakeConsole) -> None:
    page.goto(f"{api.url}#/sign-up")
    page.get_by_label("Name of the account").fill("Kiln")
    page.get_by_label("E-mail address").fill("mila@exam")

    page.locator(".language select").select_option("de")

    expect(page.locator("[name='account_name']")).to_have_value("Kiln")
    expect(page.locator("[name='email']")).to_have_value("mila@exam")


def test_what_came_since_somebody_looked_is_marked_until_they_come_again(
    timed: Page, api: FakeConsole
) -> None:
    marked = timed.locator(".row.fresh")
    enter(timed, api, "leads")
    expect(marked).to_have_count(0)
    api.leads.insert(0, demo.lead(0) | {"id": "01NEW", "name": "Fenna Mulder"})
    timed.clock.run_for(15_000)
    expect(marked).to_have_count(1)
    expect(marked).to_contain_text("Fenna Mulder")

    timed.get_by_role("link", name="Conversations").click()
    api.leads.insert(0, demo.lead(0) | {"id": "01NEWER", "name": "Bas Visser"})
    timed.get_by_role("link", name="Leads").click()

    expect(rows(timed).first).to_contain_text("Bas Visser")
    expect(marked).to_have_count(1)
    expect(marked).to_contain_text("Bas Visser")
