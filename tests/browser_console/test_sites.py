"""Sites: adding one, its settings part by part, and what roles that only look are shown."""

import json

import pytest
from playwright.sync_api import Page, expect

from leadlayer.sites.forms import FIELDS
from leadlayer.sites.model import MODELS
from leadlayer.sites.texts import GREETING
from tests.browser_console import demo_data as demo
from tests.browser_console.fake_console import FakeConsole, Refused
from tests.browser_console.person import dialog, enter, press, rows, title

SITE = f"sites/{demo.SITE}"


def save(page: Page, part: str) -> None:
    panel = page.get_by_role("region", name=part, exact=True)
    # The words of an earlier one may still be there.
    with page.expect_response(lambda answer: answer.request.method == "PATCH"):
        panel.get_by_role("button", name="Save").click()
    expect(page.locator(".toast")).to_have_text("Saved.")


def saved(api: FakeConsole) -> dict[str, object]:
    return api.called("PATCH", SITE)[-1].body


def test_a_site_is_added_and_its_settings_open(signed_in: Page, api: FakeConsole) -> None:
    enter(signed_in, api, "sites")
    expect(rows(signed_in)).to_have_count(2)
    press(signed_in, "Add a site")
    asked = dialog(signed_in)
    asked.get_by_label("Name").fill("New shop")
    asked.get_by_label("Web addresses").fill("www.new.example/start\nhttps://new.example")

    asked.get_by_role("button", name="Add a site").click()

    expect(title(signed_in)).to_have_text("New shop")
    assert api.called("POST", "sites")[0].body["origins"] == [
        "https://www.new.example",
        "https://new.example",
    ]
    expect(signed_in.get_by_text("This site collects nothing while")).to_be_visible()


def test_a_refused_setting_is_told_beside_its_field_and_stays(
    signed_in: Page, api: FakeConsole
) -> None:
    enter(signed_in, api, SITE)
    errors = [{"field": "privacy_notice_url", "reason": "not_an_https_url"}]
    api.faults[f"PATCH {SITE}"] = [Refused(422, "invalid_request", errors=errors)]
    box = signed_in.get_by_label("Address of your privacy notice")
    box.fill("http://shop.example/privacy")

    panel = signed_in.get_by_role("region", name="General")
    panel.get_by_role("button", name="Save").click()

    expect(box).to_have_attribute("aria-invalid", "true")
    expect(panel.get_by_text("a public address with https")).to_be_visible()
    expect(box).to_have_value("http://shop.example/privacy")
    expect(box).to_be_focused()


def test_a_refused_whole_is_told_beside_what_stands_for_it(
    signed_in: Page, api: FakeConsole
) -> None:
    enter(signed_in, api, SITE)
    errors = [{"field": "lead_fields", "reason": "no_way_to_reach"}]
    api.faults[f"PATCH {SITE}"] = [Refused(422, "invalid_request", errors=errors)]

    panel = signed_in.get_by_role("region", name="Lead form")
    panel.get_by_role("button", name="Save").click()

    expect(panel.get_by_text("Ask for e-mail or phone, or both.")).to_be_visible()
    expect(panel.get_by_label("Name")).to_be_focused()


def test_each_part_is_saved_on_its_own(signed_in: Page, api: FakeConsole) -> None:
    enter(signed_in, api, SITE)

    signed_in.get_by_label("Greeting (English)").fill("Hi there")
    save(signed_in, "Greeting")
    assert saved(api) == {"greetings": {"en": "Hi there"}}

    form = signed_in.get_by_role("region", name="Lead form")
    form.get_by_label("City").select_option("off")
    form.get_by_label("E-mail").select_option("required")
    save(signed_in, "Lead form")
    assert saved(api)["lead_fields"] == [
        {"name": name, "required": name == "email"} for name in FIELDS if name != "city"
    ]

    signed_in.get_by_role("radio", name="After consent").check()
    save(signed_in, "Counting page views")
    assert saved(api) == {"pixel_mode": "consent"}

    signed_in.get_by_label("Questions per day").fill("500")
    save(signed_in, "Model and limits")
    assert saved(api) == {
        "model": MODELS[0],
        "limits": {
            "turns_per_conversation": 40,
            "turns_per_day": 500,
            "tokens_per_day": 2_000_000,
            "answer_tokens": 700,
        },
    }

    languages = signed_in.get_by_role("region", name="Languages")
    languages.get_by_role("checkbox", name="Deutsch").uncheck()
    save(signed_in, "Languages")
    assert saved(api) == {"languages": ["nl", "en"], "language": "nl", "country": "NL"}


def test_retention_offers_only_what_is_shorter_than_promised(
    signed_in: Page, api: FakeConsole
) -> None:
    enter(signed_in, api, SITE)
    choice = signed_in.get_by_label("Keep for")

    offered = choice.locator("option").evaluate_all("all => all.map(({value}) => value)")
    assert offered == ["", *(str(months) for months in range(23, 0, -1))]
    choice.select_option("6")
    save(signed_in, "Retention")

    assert api.called("PATCH", f"{SITE}/retention")[0].body == {"months": 6}


def test_knowledge_is_counted_and_outlives_the_view(signed_in: Page, api: FakeConsole) -> None:
    enter(signed_in, api, SITE)
    box = signed_in.get_by_label("Knowledge text")
    box.fill("x" * 1234)
    expect(signed_in.get_by_text("1,234 of 100,000 characters")).to_be_visible()
    assert box.get_attribute("maxlength") == "100000"

    signed_in.get_by_role("link", name="People").click()
    expect(title(signed_in)).to_have_text("People")
    signed_in.go_back()

    expect(box).to_have_value("x" * 1234)
    save(signed_in, "Knowledge")
    assert saved(api) == {"knowledge": "x" * 1234}


def test_a_changed_consent_text_shows_its_new_version_and_the_old_ones(
    signed_in: Page, api: FakeConsole
) -> None:
    enter(signed_in, api, SITE)
    panel = signed_in.get_by_role("region", name="Consent")
    expect(panel.get_by_text("Version 2 is in use.")).to_be_visible()
    panel.get_by_label("Consent text (Deutsch)").fill("Ja, bitte.")

    save(signed_in, "Consent")

    expect(panel.get_by_text("Version 3 is in use.")).to_be_visible()
    panel.get_by_text("All versions").click()
    expect(panel.get_by_text("Oude tekst")).to_be_visible()


def test_the_snippet_names_where_the_page_was_loaded_from(
    signed_in: Page, api: FakeConsole
) -> None:
    signed_in.context.grant_permissions(["clipboard-read", "clipboard-write"])
    enter(signed_in, api, SITE)

    signed_in.get_by_role("button", name="Copy Snippet").click()

    expect(signed_in.locator(".toast")).to_have_text("Copied.")
    root = api.url.removesuffix("console/")
    assert signed_in.evaluate("navigator.clipboard.readText()") == (
        f'<script async src="{root}widget.js" data-site="{demo.SITE}"></script>'
    )


@pytest.mark.parametrize("role", ["agent", "viewer", "privacy_officer"])
def test_who_may_not_change_a_site_is_offered_no_field_of_it(
    signed_in: Page, api: FakeConsole, role: str
) -> None:
    api.role = role  # pyright: ignore[reportAttributeAccessIssue]  # one of the roles
    enter(signed_in, api, SITE)

    expect(signed_in.get_by_text("https://shop.example", exact=True)).to_be_visible()
    expect(signed_in.locator("main").get_by_role("textbox")).to_have_count(0)
    expect(signed_in.locator("iframe")).to_have_count(0)
    keeps = 1 if role == "privacy_officer" else 0
    expect(signed_in.get_by_role("button", name="Save")).to_have_count(keeps)
    enter(signed_in, api, "sites")
    expect(signed_in.get_by_role("button", name="Add a site")).to_have_count(0)


def test_the_page_knows_the_service_s_own_greetings_fields_and_models(
    signed_in: Page, api: FakeConsole
) -> None:
    enter(signed_in, api, SITE)
    shown = signed_in.locator("[name^='greetings.']").evaluate_all(
        "all => JSON.stringify(Object.fromEntries(all.map((one) => [one.lang, one.placeholder])))"
    )
    assert json.loads(shown) == GREETING
    asked = signed_in.locator("[name^='ask.']").evaluate_all("all => all.map(({name}) => name)")
    assert asked == [f"ask.{name}" for name in FIELDS]
    models = signed_in.get_by_label("Model", exact=True).locator("option")
    expect(models).to_have_text(list(MODELS))
