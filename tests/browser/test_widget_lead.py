"""The lead form: consent is given, never assumed; a retry never becomes a second lead."""

from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.fake_api import CONSENTS, CONVERSATION, TOKEN, FakeApi, answer, problem
from tests.browser.shop import Shop
from tests.browser.visitor import (
    answers,
    fill_lead,
    open_form,
    open_panel,
    panel,
    say,
    submit,
    visit,
)

THANKS = "Thank you! Your details have been sent."


def test_the_form_shows_the_customers_consent_unticked(page: Page, shop: Shop) -> None:
    visit(page, shop.origin)
    form = open_form(page)
    box = form.get_by_role("checkbox", name=CONSENTS["en"])
    expect(box).not_to_be_checked()
    notice = form.get_by_role("link", name="Privacy notice")
    expect(notice).to_have_attribute("href", "https://shop.example/privacy")
    for label, autocomplete, mode in [
        ("Name *", "name", "text"),
        ("E-mail", "email", "email"),
        ("Phone", "tel", "tel"),
        ("City", "address-level2", "text"),
    ]:
        field = form.get_by_label(label)
        expect(field).to_have_attribute("autocomplete", autocomplete)
        expect(field).to_have_attribute("inputmode", mode)


def test_without_the_required_consent_nothing_is_sent(
    page: Page, shop: Shop, fake_api: FakeApi
) -> None:
    visit(page, shop.origin)
    form = open_form(page)
    fill_lead(form, consent=False)
    submit(form)

    box = form.get_by_role("checkbox")
    expect(box).to_be_focused()
    expect(box).to_have_accessible_description("Without consent we cannot send anything.")
    assert fake_api.of("POST", "/leads") == []


def test_the_first_fault_gets_the_focus_and_each_is_told_at_its_field(
    page: Page, shop: Shop, fake_api: FakeApi
) -> None:
    visit(page, shop.origin)
    form = open_form(page)
    submit(form)
    name, email = form.get_by_label("Name"), form.get_by_label("E-mail")
    expect(name).to_be_focused()
    expect(name).to_have_attribute("aria-invalid", "true")
    expect(name).to_have_accessible_description("Please fill this in correctly.")
    contact = "Please give an e-mail address or phone number."
    expect(email).to_have_accessible_description(contact)

    name.fill("Noor")
    email.fill("not an address")
    form.get_by_role("checkbox").check()
    submit(form)
    expect(email).to_be_focused()
    expect(name).to_have_attribute("aria-invalid", "false")
    assert fake_api.of("POST", "/leads") == []


def test_a_lead_carries_its_consent_evidence(page: Page, shop: Shop, fake_api: FakeApi) -> None:
    visit(page, shop.origin, "/product.html")
    form = open_form(page)
    fill_lead(form, consent=True)
    form.get_by_label("City").fill("  ")
    submit(form)

    expect(panel(page).get_by_text(THANKS).last).to_be_focused()
    (lead,) = fake_api.of("POST", "/leads")
    assert lead.json == {
        "name": "Noor de Wit",
        "email": "noor@example.nl",
        "page": "/product.html",
        "language": "en",
        "widget_version": "1.1.0",
        "consent": {"given": True, "version": "c1"},
    }
    panel(page).get_by_role("button", name="Back").click()
    expect(panel(page).get_by_role("log")).to_contain_text(THANKS)


def test_a_lead_names_the_conversation_it_came_from(
    page: Page, shop: Shop, fake_api: FakeApi
) -> None:
    fake_api.turns = [answer("Yes.")]
    visit(page, shop.origin)
    open_panel(page)
    say(page, "Hello")
    expect(answers(page).last).to_have_text("Yes.")
    panel(page).get_by_role("button", name="Leave your details").click()
    form = panel(page).locator("form")
    fill_lead(form, consent=True)
    submit(form)
    expect(panel(page).get_by_text(THANKS).last).to_be_visible()
    lead = fake_api.of("POST", "/leads")[0].json
    assert (lead["conversation"], lead["token"]) == (CONVERSATION, TOKEN)


def test_a_voluntary_consent_may_stay_unticked(page: Page, shop: Shop, fake_api: FakeApi) -> None:
    fake_api.config = {"consent": {"text": "Newsletter", "required": False, "version": "c9"}}
    visit(page, shop.origin)
    form = open_form(page)
    fill_lead(form, consent=False)
    submit(form)
    expect(panel(page).get_by_text(THANKS).last).to_be_visible()
    lead = fake_api.of("POST", "/leads")[0].json
    assert lead["consent"] == {"given": False, "version": "c9"}


def test_the_same_content_keeps_its_key_and_other_content_gets_another(
    page: Page, shop: Shop, fake_api: FakeApi
) -> None:
    fake_api.lead_problems = [problem(503, "internal"), problem(503, "internal")]
    visit(page, shop.origin)
    form = open_form(page)
    fill_lead(form, consent=True)
    for _ in range(2):
        with page.expect_response("**/leads"):
            submit(form)
        expect(form.get_by_text("Something went wrong.")).to_be_visible()
    form.get_by_label("City").fill("Delft")
    submit(form)

    expect(panel(page).get_by_text(THANKS).last).to_be_visible()
    first, again, changed = [
        one.headers["idempotency-key"] for one in fake_api.of("POST", "/leads")
    ]
    assert first == again != changed


def lose_the_answer(route: Route) -> None:
    route.fetch()
    route.abort()


def test_a_lead_whose_answer_was_lost_is_sent_again_exactly_as_it_was(
    page: Page, shop: Shop, fake_api: FakeApi
) -> None:
    fake_api.turns = [answer("Yes.")]
    page.route("**/leads", lose_the_answer, times=1)
    visit(page, shop.origin)
    form = open_form(page)
    fill_lead(form, consent=True)
    submit(form)
    expect(form.get_by_text("No connection.")).to_be_visible()
    panel(page).get_by_role("button", name="Back").click()
    say(page, "Hello")
    expect(answers(page).last).to_have_text("Yes.")
    page.evaluate("history.pushState(null, '', '/product.html')")
    panel(page).get_by_role("button", name="Leave your details").click()
    submit(form)

    expect(panel(page).get_by_text(THANKS).last).to_be_visible()
    stored, again = fake_api.of("POST", "/leads")
    assert again.body == stored.body
    assert again.headers["idempotency-key"] == stored.headers["idempotency-key"]


def test_withdrawn_consent_is_sent_as_other_content(
    page: Page, shop: Shop, fake_api: FakeApi
) -> None:
    fake_api.config = {"consent": {"text": "Newsletter", "required": False, "version": "c9"}}
    page.route("**/leads", lose_the_answer, times=1)
    visit(page, shop.origin)
    form = open_form(page)
    fill_lead(form, consent=True)
    submit(form)
    expect(form.get_by_text("No connection.")).to_be_visible()
    form.get_by_role("checkbox").uncheck()
    submit(form)

    expect(panel(page).get_by_text(THANKS).last).to_be_visible()
    before, after = fake_api.of("POST", "/leads")
    assert after.json["consent"] == {"given": False, "version": "c9"}
    assert after.headers["idempotency-key"] != before.headers["idempotency-key"]


def test_a_lead_refused_for_good_is_sent_as_a_new_one(
    page: Page, shop: Shop, fake_api: FakeApi
) -> None:
    fake_api.lead_problems = [problem(409, "idempotency_key_reused")]
    visit(page, shop.origin)
    form = open_form(page)
    fill_lead(form, consent=True)
    submit(form)
    expect(form.get_by_text("Something went wrong.")).to_be_visible()
    submit(form)

    expect(panel(page).get_by_text(THANKS).last).to_be_visible()
    refused, fresh = [one.headers["idempotency-key"] for one in fake_api.of("POST", "/leads")]
    assert refused != fresh


def test_only_the_fields_that_the_site_asks_for_are_shown_and_sent(
    page: Page, shop: Shop, fake_api: FakeApi
) -> None:
    names = ["email", "iban"]
    fake_api.config = {"fields": [{"name": name, "required": False} for name in names]}
    visit(page, shop.origin)
    form = open_form(page)
    expect(form.get_by_role("textbox")).to_have_count(1)
    form.get_by_label("E-mail").fill("noor@example.nl")
    form.get_by_role("checkbox").check()
    submit(form)

    expect(panel(page).get_by_text(THANKS).last).to_be_visible()
    (lead,) = fake_api.of("POST", "/leads")
    assert set(lead.json) == {"email", "page", "language", "widget_version", "consent"}


def test_a_double_click_sends_one_lead(page: Page, shop: Shop, fake_api: FakeApi) -> None:
    visit(page, shop.origin)
    form = open_form(page)
    fill_lead(form, consent=True)
    form.get_by_role("button", name="Send").dblclick()
    expect(panel(page).get_by_text(THANKS).last).to_be_visible()
    assert len(fake_api.of("POST", "/leads")) == 1


def test_a_changed_consent_text_is_shown_and_asked_again(
    page: Page, shop: Shop, fake_api: FakeApi
) -> None:
    fake_api.lead_problems = [problem(409, "consent_version_outdated")]
    visit(page, shop.origin)
    form = open_form(page)
    fill_lead(form, consent=True)
    fake_api.config = {"consent": {"text": "New text.", "required": True, "version": "c2"}}
    submit(form)

    box = form.get_by_role("checkbox", name="New text.")
    expect(box).to_be_focused()
    expect(box).not_to_be_checked()
    expect(form.get_by_label("Name")).to_have_value("Noor de Wit")
    box.check()
    submit(form)
    expect(panel(page).get_by_text(THANKS).last).to_be_visible()
    assert fake_api.of("POST", "/leads")[1].json["consent"] == {"given": True, "version": "c2"}


def test_a_fault_found_by_the_server_is_told_at_its_field(
    page: Page, shop: Shop, fake_api: FakeApi
) -> None:
    faults = [{"field": "phone", "reason": "not a phone number"}]
    fake_api.lead_problems = [problem(422, "invalid_request", errors=faults)]
    visit(page, shop.origin)
    form = open_form(page)
    fill_lead(form, consent=True)
    form.get_by_label("Phone").fill("+31")
    submit(form)
    expect(form.get_by_label("Phone")).to_be_focused()


def test_a_field_that_is_no_longer_asked_for_leaves_the_form(
    page: Page, shop: Shop, fake_api: FakeApi
) -> None:
    faults = [{"field": "phone", "reason": "not_asked"}]
    fake_api.lead_problems = [problem(422, "invalid_request", errors=faults)]
    visit(page, shop.origin)
    form = open_form(page)
    fill_lead(form, consent=True)
    form.get_by_label("Phone").fill("+31612345678")
    names = ["name", "email"]
    fake_api.config = {"fields": [{"name": name, "required": True} for name in names]}
    submit(form)

    box = form.get_by_role("checkbox")
    expect(box).to_be_focused()
    expect(box).to_have_accessible_description("This has changed. Please read it again.")
    expect(form.get_by_label("Phone")).to_have_count(0)
    expect(form.get_by_label("E-mail")).to_have_value("noor@example.nl")
    box.check()
    submit(form)
    expect(panel(page).get_by_text(THANKS).last).to_be_visible()
    assert "phone" not in fake_api.of("POST", "/leads")[1].json


@pytest.mark.parametrize(
    "errors",
    [
        [{"field": "page", "reason": "string_too_long"}],
        [{"field": "consent.version", "reason": "missing"}],
        [{"field": "email"}],
        [],
        None,
    ],
)
def test_a_refusal_is_told_whatever_it_names(
    page: Page, shop: Shop, fake_api: FakeApi, errors: Any
) -> None:
    fake_api.lead_problems = [problem(422, "invalid_request", errors=errors)]
    visit(page, shop.origin)
    form = open_form(page)
    fill_lead(form, consent=True)
    submit(form)
    expect(form.get_by_text("Please fill this in correctly.")).to_be_visible()
    submit(form)
    expect(panel(page).get_by_text(THANKS).last).to_be_visible()


def test_a_lost_connection_keeps_what_was_typed(page: Page, shop: Shop) -> None:
    page.route("**/leads", lambda route: route.abort(), times=1)
    visit(page, shop.origin)
    form = open_form(page)
    fill_lead(form, consent=True)
    submit(form)
    expect(form.get_by_text("No connection. Your text is still here.")).to_be_visible()
    expect(form.get_by_label("E-mail")).to_have_value("noor@example.nl")
    submit(form)
    expect(panel(page).get_by_text(THANKS).last).to_be_visible()
