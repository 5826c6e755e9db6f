"""A visitor with a real browser on the demo shop, against everything that was deployed."""

import json
import secrets
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from leadlayer.core.policy import retention
from tests.browser.visitor import (
    NOTHING,
    answers,
    open_form,
    open_panel,
    panel,
    say,
    stored,
    submit,
    visit,
)
from tests.e2e import ledger

PATH = "/product.html"
PATIENCE_MS = 20_000


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A profile that has never been here, in English."""
    context = browser.new_context(locale="en-GB")
    context.set_default_timeout(PATIENCE_MS)
    errors: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert errors == []


def test_a_page_view_is_one_script_and_one_gif_and_is_counted_once(
    stack: dict[str, Any], page: Page
) -> None:
    counted_before = ledger.views(stack, PATH)
    seen: list[str] = []
    page.on("request", lambda request: seen.append(request.url))
    with page.expect_response("**/p.gif*") as answer:
        visit(page, stack["demo"], PATH)
    assert answer.value.status == 200
    foreign = [url for url in seen if not url.startswith((stack["demo"], "data:"))]
    pixel = f"{stack['api']}/v1/sites/{stack['site']}/p.gif?p=%2Fproduct.html"
    assert foreign == [f"{stack['api']}/widget.js", pixel]
    assert stored(page) == NOTHING
    assert ledger.views(stack, PATH) - counted_before == 1


def test_the_first_words_are_on_the_page_before_the_model_says_the_second(
    stack: dict[str, Any], page: Page
) -> None:
    visit(page, stack["demo"])
    opened = open_panel(page)
    expect(opened.get_by_text("AI").first).to_be_visible()
    say(page, "slow: what are your opening hours?")
    expect(answers(page).last).to_have_text("The", timeout=PATIENCE_MS)
    began = time.monotonic()
    expect(answers(page).last).to_contain_text("17:00", timeout=PATIENCE_MS)
    assert time.monotonic() - began > 1


def test_a_lead_left_through_the_form_is_stored_and_mailed_without_its_data(
    stack: dict[str, Any], page: Page
) -> None:
    canary = f"form-{secrets.token_hex(4)}"
    visit(page, stack["demo"])
    form = open_form(page)
    form.get_by_label("E-mail").fill(f"{canary}@example.com")
    form.get_by_role("checkbox").check()
    with page.expect_response("**/leads") as answer:
        submit(form)
    assert answer.value.status == 201
    _assert_stored_and_mailed(stack, canary)


def test_a_lead_left_in_conversation_is_stored_and_mailed_without_its_data(
    stack: dict[str, Any], page: Page
) -> None:
    canary = f"chat-{secrets.token_hex(4)}"
    visit(page, stack["demo"])
    open_panel(page)
    say(page, f"Please write to me: {canary}@example.com")
    expect(answers(page).last).to_contain_text("As soon as you agree", timeout=PATIENCE_MS)
    expect(panel(page).get_by_text("may use these details").first).to_be_visible()
    expect(panel(page).get_by_role("log")).to_have_attribute("aria-busy", "false")
    say(page, "yes")
    expect(answers(page).last).to_contain_text("hear from us soon", timeout=PATIENCE_MS)
    _assert_stored_and_mailed(stack, canary)


def _assert_stored_and_mailed(stack: dict[str, Any], canary: str) -> None:
    (row,) = [row for row in ledger.leads(stack) if canary in json.dumps(row, default=str)]
    came = datetime.fromisoformat(row["created_at"])
    assert row["expires_at"] == retention("lead").expiry(came)
    (mail,) = ledger.wait_for_mails(stack, about=row["sk"].removeprefix("LEAD#"))
    assert canary not in json.dumps(mail)
