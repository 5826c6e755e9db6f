"""Webhooks: a secret shown once, settings, tests, and a log of deliveries that can be retried."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from leadlayer.webhooks.signing import signed_headers
from tests.browser_console import fake_desk
from tests.browser_console.fake_console import FakeConsole
from tests.browser_console.person import confirm, dialog, enter, press, rows, title

HOOK = "webhooks/h_crm"


def test_a_webhook_is_made_and_its_secret_shown_once(signed_in: Page, api: FakeConsole) -> None:
    enter(signed_in, api, "webhooks")
    expect(rows(signed_in)).to_have_count(2)
    press(signed_in, "Add a webhook")
    asked = dialog(signed_in)
    asked.get_by_label("Address").fill("https://new.example/in")
    asked.get_by_label("New conversation").uncheck()
    asked.get_by_role("button", name="Add a webhook").click()
    expect(dialog(signed_in).get_by_text(fake_desk.SECRET)).to_be_visible()

    press(signed_in, "I have stored it")

    expect(signed_in).to_have_url(f"{api.url}#/webhooks/h_new")
    expect(dialog(signed_in)).to_have_count(0)
    assert fake_desk.SECRET not in signed_in.content()
    assert api.called("POST", "webhooks")[0].body == {
        "url": "https://new.example/in",
        "events": ["lead.created"],
    }


def test_an_address_that_is_refused_stays_with_the_reason(
    signed_in: Page, api: FakeConsole
) -> None:
    enter(signed_in, api, "webhooks")
    press(signed_in, "Add a webhook")
    asked = dialog(signed_in)
    asked.get_by_label("Address").fill("http://10.0.0.1/in")
    asked.get_by_role("button", name="Add a webhook").click()

    expect(asked.get_by_text("This address cannot be used")).to_be_visible()
    expect(asked.get_by_label("Address")).to_have_value("http://10.0.0.1/in")


def test_a_webhook_without_an_event_is_not_sent(signed_in: Page, api: FakeConsole) -> None:
    enter(signed_in, api, HOOK)
    signed_in.get_by_label("New lead").uncheck()
    press(signed_in, "Save")

    expect(signed_in.get_by_text("Choose at least one.")).to_be_visible()
    assert api.called("PATCH", HOOK) == []


def test_a_webhook_is_turned_off_and_on(signed_in: Page, api: FakeConsole) -> None:
    enter(signed_in, api, HOOK)
    press(signed_in, "Turn off")
    expect(signed_in.get_by_role("button", name="Turn on")).to_be_focused()
    press(signed_in, "Turn on")

    expect(signed_in.get_by_role("button", name="Turn off")).to_be_visible()
    assert [call.body for call in api.called("PATCH", HOOK)] == [
        {"enabled": False},
        {"enabled": True},
    ]


def test_a_new_secret_is_asked_for_and_shown_once(signed_in: Page, api: FakeConsole) -> None:
    enter(signed_in, api, HOOK)
    press(signed_in, "Make a new secret")
    expect(dialog(signed_in).get_by_text("another 24 hours")).to_be_visible()
    dialog(signed_in).get_by_role("button", name="Make a new secret").click()

    expect(dialog(signed_in).get_by_text(fake_desk.SECRET)).to_be_visible()
    press(signed_in, "I have stored it")
    expect(dialog(signed_in)).to_have_count(0)
    assert fake_desk.SECRET not in signed_in.content()


def test_the_log_says_what_became_of_each_delivery(signed_in: Page, api: FakeConsole) -> None:
    enter(signed_in, api, HOOK)

    expect(rows(signed_in).nth(0)).to_contain_text("Delivered")
    expect(rows(signed_in).nth(1)).to_contain_text("Rejected · 500")
    expect(rows(signed_in).nth(2)).to_contain_text("No answer in time")
    expect(rows(signed_in).nth(0).get_by_role("button")).to_have_count(0)
    rows(signed_in).nth(1).get_by_role("button", name="Retry").click()
    expect(signed_in.locator(".toast")).to_contain_text("within five minutes")
    assert len(api.called("POST", "deliveries/lead_01LEAD2/retry")) == 1


def test_a_test_appears_in_the_log_by_itself(timed: Page, api: FakeConsole) -> None:
    enter(timed, api, HOOK)
    expect(rows(timed)).to_have_count(3)
    press(timed, "Send a test")
    expect(timed.locator(".toast")).to_contain_text("The test is on its way")

    timed.clock.run_for(6000)

    expect(rows(timed)).to_have_count(4)
    expect(rows(timed).first).to_contain_text("Test")


def test_a_failing_webhook_says_since_when(signed_in: Page, api: FakeConsole) -> None:
    enter(signed_in, api, "webhooks/h_old")

    expect(signed_in.get_by_text("Nothing has come through since")).to_be_visible()


def test_a_webhook_is_deleted_by_the_word(signed_in: Page, api: FakeConsole) -> None:
    enter(signed_in, api, HOOK)
    press(signed_in, "Delete")
    confirm(signed_in, "DELETE")

    expect(title(signed_in)).to_have_text("Webhooks")
    expect(rows(signed_in)).to_have_count(1)


@pytest.mark.parametrize(
    ("age", "tampered"),
    [(timedelta(0), False), (timedelta(0), True), (timedelta(minutes=6), False)],
    ids=["ours", "tampered", "old"],
)
def test_the_shown_check_accepts_what_we_sign_and_nothing_else(
    signed_in: Page, api: FakeConsole, age: timedelta, *, tampered: bool
) -> None:
    enter(signed_in, api, HOOK)
    signed_in.get_by_text("Check the signature").click()
    source = signed_in.get_by_role("region", name="Python").inner_text()
    names: dict[str, Any] = {}
    exec(source, names)  # noqa: S102  # the very words that customers copy
    body = b'{"type":"test"}'
    # Not the time at which the tests began: the check refuses what is five minutes old.
    signed_at = datetime.now(UTC) - age
    headers = signed_headers("test_1", body, secrets=[fake_desk.SECRET], now=signed_at)
    lower = {name.lower(): value for name, value in headers.items()}

    sent = body + b" " if tampered else body

    assert names["is_from_leadlayer"](fake_desk.SECRET, lower, sent) is (not tampered and not age)
