"""A customer and a visitor in two browsers, against everything that was deployed."""

import re
import secrets
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.visitor import (
    NOTHING,
    answers,
    message_box,
    notes,
    open_form,
    open_panel,
    panel,
    say,
    staff_messages,
    stored,
    submit,
    visit,
    warning,
)
from tests.browser_console.person import confirm, dialog, press, rows
from tests.e2e import ledger
from tests.e2e.customer_tab import CONSENT, Customer, look_again, newcomer
from tests.e2e.customers import Person, until
from tests.e2e.watched_tab import Profile, watched_profile

OPEN = "from Wednesday to Saturday"
PATIENCE_MS = 20_000


@pytest.fixture(autouse=True)
def patience() -> Iterator[None]:
    """What comes out of a queue or a stream takes longer than what a page does by itself."""
    expect.set_options(timeout=PATIENCE_MS)
    yield
    expect.set_options(timeout=None)


@pytest.fixture(scope="module")
def customer(stack: dict[str, Any], browser: Browser) -> Iterator[Customer]:
    """Most tests share one account, each with what it made itself."""
    with newcomer(stack, browser) as customer:
        customer.set_up_site()
        yield customer


@pytest.fixture
def leaver(stack: dict[str, Any], browser: Browser) -> Iterator[Customer]:
    """A new customer for the tests that change what everything else depends on."""
    with newcomer(stack, browser) as customer:
        yield customer


@pytest.fixture
def newcomers_browser(stack: dict[str, Any], browser: Browser) -> Iterator[Profile]:
    """It has never been here; it may ask the shops of these tests, the API and the chat."""
    chat = stack["chat"].partition("/v1/")[0]
    with watched_profile(browser, origins=(stack["api"], chat)) as profile:
        yield profile


@pytest.fixture
def visitor(newcomers_browser: Profile) -> Page:
    return newcomers_browser.page


def test_a_conversation_is_taken_over_answered_and_handed_back(
    customer: Customer, visitor: Page
) -> None:
    customer.go("Conversations")
    visit(visitor, customer.shop.origin)
    assert stored(visitor) == NOTHING
    open_panel(visitor)
    say(visitor, "What are your opening hours?")
    expect(answers(visitor).last).to_contain_text(OPEN)
    look_again(customer.page)
    customer.open_row("AI")
    thread = customer.page.get_by_role("log").locator(".said")
    expect(thread.first).to_contain_text("What are your opening hours?")

    press(customer.page, "Take over")
    answer = customer.page.get_by_label("Your answer to the visitor")
    answer.fill("This is Mila. We open at ten.")
    answer.press("Enter")

    look_again(visitor)
    expect(staff_messages(visitor)).to_have_text(["This is Mila. We open at ten."])
    expect(panel(visitor).locator(".staff > b")).to_have_text("Staff: ")
    said = answers(visitor).count()
    say(visitor, "How much is bowl no. 3?")
    look_again(customer.page)
    expect(thread.last).to_contain_text("How much is bowl no. 3?")
    assert answers(visitor).count() == said

    press(customer.page, "Hand back to the AI")
    expect(customer.page.locator(".head .state")).to_have_text("AI")
    say(visitor, "And how much is it?")
    expect(answers(visitor).last).to_contain_text("34 euros")
    expect(notes(visitor).last).to_be_visible()
    look_again(customer.page)
    expect(thread.last).to_contain_text("34 euros")


def test_a_lead_of_the_form_is_edited_noted_and_assigned(customer: Customer, visitor: Page) -> None:
    customer.go("Account")
    customer.page.get_by_label("Your name").fill("Mila Founder")
    press_save_of(customer.page, "Your name")
    customer.go("Leads")
    visit(visitor, customer.shop.origin)
    leave_lead(visitor, "Fenna Mulder", "fenna@example.nl")
    look_again(customer.page)
    customer.open_row("Fenna Mulder")
    expect(customer.page.locator("main")).to_contain_text("With the form")

    press(customer.page, "Edit")
    dialog(customer.page).get_by_label("City").fill("Utrecht")
    press(customer.page, "Save")
    expect(customer.page.get_by_role("dialog")).to_have_count(0)
    customer.page.get_by_label("New note").fill("Called, likes green.")
    press(customer.page, "Add the note")
    expect(customer.page.locator(".notes")).to_contain_text("Called, likes green.")
    customer.page.get_by_label("Assigned to").select_option("Mila Founder")
    expect(customer.page.locator(".toast")).to_have_text("Saved.")

    customer.page.reload()
    expect(customer.page.locator(".facts").first).to_contain_text("Utrecht")
    expect(customer.page.locator(".notes")).to_contain_text("Called, likes green.")
    chosen = customer.page.get_by_label("Assigned to").locator("option:checked")
    expect(chosen).to_have_text("Mila Founder")


def press_save_of(page: Page, label: str) -> None:
    form = page.locator("form").filter(has=page.get_by_label(label))
    form.get_by_role("button", name="Save").click()
    expect(page.locator(".toast")).to_have_text("Saved.")


def leave_lead(page: Page, name: str, email: str) -> None:
    form = open_form(page)
    form.get_by_label("Name").fill(name)
    form.get_by_label("E-mail").fill(email)
    form.get_by_role("checkbox", name=CONSENT).check()
    with page.expect_response("**/leads") as left:
        submit(form)
    assert left.value.status == 201


def test_everything_is_exported_with_progress_and_downloaded_as_one_file(
    customer: Customer,
) -> None:
    email = f"taken-{secrets.token_hex(4)}@example.com"
    assert customer.visitor(50).leave(email=email).status == 201
    customer.go("Exports")
    press(customer.page, "Start the export")
    expect(customer.page.get_by_role("progressbar")).to_be_visible()
    expect(rows(customer.page).first).to_contain_text("Ready")

    with customer.page.expect_download() as download:
        press(customer.page, "Download")

    with zipfile.ZipFile(download.value.path()) as archive:
        assert archive.testzip() is None
        text = "".join(archive.read(name).decode() for name in archive.namelist())
    for words in (email, CONSENT, customer.email, customer.account):
        assert words in text


def test_leads_are_deleted_one_or_many_after_the_word_and_out_of_exports(
    customer: Customer,
) -> None:
    mark = secrets.token_hex(4)
    for number in range(4):
        left = customer.visitor(51).leave(name=f"{mark} {number}", email=f"m{number}@example.com")
        assert left.status == 201
    customer.go("Exports")
    press(customer.page, "Start the export")
    expect(rows(customer.page).first).to_contain_text("Ready")
    customer.go("Leads")
    customer.open_row(f"{mark} 0")
    customer.delete()
    expect(customer.row(f"{mark} 1")).to_be_visible()
    expect(customer.row(f"{mark} 0")).to_have_count(0)

    for number in (1, 2, 3):
        customer.page.get_by_role("checkbox", name=f"Select {mark} {number}").check()
    press(customer.page, "Delete")
    confirm(customer.page, "DELETE")
    expect(dialog(customer.page).get_by_role("progressbar")).to_be_visible()

    expect(customer.page.get_by_role("dialog")).to_have_count(0)
    expect(customer.row(mark)).to_have_count(0)
    stored_leads = ledger.rows(customer.stack, f"LEADS#{customer.site}")
    assert [row for row in stored_leads if mark in str(row)] == []
    customer.go("Exports")
    expect(rows(customer.page).first).to_contain_text("Withdrawn")


def test_a_site_collects_nothing_without_a_notice_and_an_ended_account_nothing_at_all(
    leaver: Customer, newcomers_browser: Profile, visitor: Page, revoked_within_s: int
) -> None:
    tag = f'src="{leaver.stack["api"]}/widget.js" data-site="{leaver.site}"'
    assert leaver.shop.snippet == f"<script async {tag}></script>"
    assert told(leaver, visitor) == (200, False)
    leaver.set_up_site()
    assert told(leaver, visitor) == (200, True)
    key = Person(leaver.stack, leaver.make_key())
    assert key.get("/v1/leads")["items"] == []

    leaver.go("Account")
    press(leaver.page, "Terminate the account")
    confirm(leaver.page, leaver.account, "Terminate the account")
    expect(leaver.page.get_by_text("This account is terminated.").first).to_be_visible()

    visit(visitor, leaver.shop.origin).click()
    expect(warning(visitor)).to_be_visible()
    expect(message_box(visitor)).to_be_disabled()
    # Of a site that does not exist nobody may read more than that.
    newcomers_browser.forgive("blocked by CORS policy")
    views = ledger.rows(leaver.stack, f"VIEWS#{leaver.site}")
    late = leaver.visitor(52)
    assert late.get(f"/v1/sites/{leaver.site}/widget").status == 404
    refused = {late.say("hello").status, late.leave(email="late@example.com").status}
    assert refused <= {403, 404}
    late.view("/late")
    assert ledger.rows(leaver.stack, f"VIEWS#{leaver.site}") == views
    assert any(key.call("GET", "/v1/leads").status in {401, 403} for _ in until(revoked_within_s))


def told(customer: Customer, visitor: Page) -> tuple[int, bool | None]:
    """What the widget on the shop's page hears about its site when it is opened."""
    launcher = visit(visitor, customer.shop.origin)
    with visitor.expect_response(f"**/v1/sites/{customer.site}/widget*") as answer:
        launcher.click()
    return answer.value.status, answer.value.json().get("collecting")


def test_who_ended_an_account_signs_in_exports_and_comes_back(
    leaver: Customer, visitor: Page
) -> None:
    leaver.set_up_site()
    leaver.go("Account")
    press(leaver.page, "Terminate the account")
    confirm(leaver.page, leaver.account, "Terminate the account")
    expect(leaver.page.get_by_text("This account is terminated.").first).to_be_visible()

    press(leaver.page, "Sign out")
    leaver.sign_in()
    leaver.page.get_by_role("link", name="Export the data").click()
    press(leaver.page, "Start the export")
    expect(rows(leaver.page).first).to_contain_text("Ready")
    press(leaver.page, "Reactivate the account")

    expect(leaver.page.get_by_text("This account is terminated.")).to_have_count(0)
    visit(visitor, leaver.shop.origin)
    open_panel(visitor)
    say(visitor, "What are your opening hours?")
    expect(answers(visitor).last).to_contain_text(re.compile(OPEN))
